// A client of one protocol era on an upstream of the other: neither notices, not even when the upstream has a question in
// the middle of a call, or the client changes its mind.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clients, drive } from '../clients/drive.mjs';
import { behind } from '../lib/behind.mjs';
import { callsOf } from '../lib/calls.mjs';
import { assertSawEverything, everything, speaks } from '../lib/everything.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const asking = { answer: { name: 'Ann', color: 'blue', ok: true, response: 'Ann' }, sample: 'Paris' };

// What each question needs, and what comes of it.
const rounds = [
  ['test_input_required_result_elicitation', {}, /^Hello, Ann!$/],
  ['test_input_required_result_sampling', {}, /^The model said: Paris$/],
  ['test_input_required_result_request_state', {}, /^state-ok$/],
  ['test_input_required_result_multi_round', {}, /^Ann likes blue$/],
  ['come_back', { rounds: 3 }, /^You came back 3 times\.$/],
];
const pushes = [
  ['test_elicitation', { message: 'Who?' }, /^accept: .*Ann/],
  ['ask_aside', { message: 'Who?' }, /^accept: .*Ann/],
  ['test_sampling', { prompt: 'The capital of France?' }, /^The model said: Paris$/],
];

const meetings = [
  ['modern', ['sdk-v1', 'sdk-v2'], rounds],
  ['legacy', ['sdk-v2-auto', 'ai-sdk'], [...pushes, ...rounds]],
  ['both', ['sdk-v1', 'sdk-v2'], [...pushes, ...rounds]],
  ['both', ['sdk-v2-auto', 'ai-sdk'], rounds],
];

for (const [era, names, questions] of meetings) {
  describe(`${names.join(' and ')} on an upstream that speaks ${era}`, () => {
    const log = join(scratch('eras'), 'calls.jsonl');
    let front;
    before(async () => {
      front = await behind(['--era', era, '--log', log]);
    });
    after(() => front.stop());

    for (const name of names) {
      test(`${name} sees everything`, async () => {
        const result = await drive(name, front.endpoint, everything);
        assertSawEverything(result);
        assert.equal(result.protocol, speaks[name]);
      });

      // ai-sdk can be asked to fill forms, and nothing else.
      for (const [tool, args, expected] of questions.filter(([tool]) => name !== 'ai-sdk' || !/sampling/.test(tool))) {
        test(`${name} answers what ${tool} asks`, async () => {
          const { call } = await drive(name, front.endpoint, { tool, args, ...asking });
          assert.match(call.content?.[0].text ?? JSON.stringify(call), expected);
        });
      }

      // ai-sdk tells nobody that it gave up.
      test(`${name} gives up, and the upstream hears of it`, { skip: name === 'ai-sdk' }, async () => {
        const client = await clients[name](front.endpoint);
        const before = callsOf(log, 'wait').length;
        const heard = () => callsOf(log, 'wait', 'cancelled').length;
        const heardBefore = heard();
        const abort = new AbortController();
        const call = client.callTool('wait', { ms: 30_000 }, { signal: abort.signal });
        await until('the call arrived', () => callsOf(log, 'wait').length > before);
        abort.abort();
        await assert.rejects(call);
        await until('the cancellation arrived', () => heard() > heardBefore);
        await client.close();
      });
    }
  });
}
