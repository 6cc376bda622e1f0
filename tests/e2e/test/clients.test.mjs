// Each real client against the fixture, with nothing in between: what these show is what the gateway must not change.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clients, drive } from '../clients/drive.mjs';
import { start } from '../lib/children.mjs';
import { assertSawEverything, everything, speaks } from '../lib/everything.mjs';
import { fixture, node22 } from '../lib/paths.mjs';

describe('over HTTP, with a token and in pages', () => {
  let server;
  before(async () => {
    server = await start(node22, [fixture, '--require-bearer', 'sesame', '--page-size', '9']);
  });
  after(() => server.stop());

  for (const name of Object.keys(clients)) {
    test(name, async () => {
      const result = await drive(name, { url: server.url, token: 'sesame' }, everything);
      assertSawEverything(result);
      assert.equal(result.protocol, speaks[name]);
    });
  }
});

describe('over stdio', () => {
  for (const name of Object.keys(clients)) {
    test(name, async () => {
      const result = await drive(name, { command: [node22, fixture, '--stdio'] }, everything);
      assertSawEverything(result);
      assert.equal(result.protocol, speaks[name]);
    });
  }
});

describe('when the server needs something from the client', () => {
  let server;
  before(async () => {
    server = await start(node22, [fixture]);
  });
  after(() => server.stop());
  const answer = { name: 'Ann', response: 'Ann' };

  for (const name of ['sdk-v1', 'sdk-v2']) {
    for (const tool of ['test_elicitation', 'ask_aside']) {
      test(`${name} answers a request sent in the middle of ${tool}`, async () => {
        const { call } = await drive(name, { url: server.url }, { tool, args: { message: 'Who?' }, answer });
        assert.match(call.content[0].text, /^accept: .*Ann/);
      });
    }
  }
  for (const name of ['sdk-v1', 'sdk-v2-auto', 'ai-sdk']) {
    test(`${name} answers a question that came as a result`, async () => {
      const tool = 'test_input_required_result_elicitation';
      const { call } = await drive(name, { url: server.url }, { tool, answer });
      assert.equal(call.content[0].text, 'Hello, Ann!');
    });
  }
  for (const name of ['sdk-v2-auto', 'ai-sdk']) {
    test(`${name} comes back ten times when asked to`, async () => {
      const { call } = await drive(name, { url: server.url }, { tool: 'come_back', args: { rounds: 10 } });
      assert.equal(call.content[0].text, 'You came back 10 times.');
    });
  }
});
