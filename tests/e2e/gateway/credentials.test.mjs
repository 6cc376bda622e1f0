// The upstream's secret: put in on the way, and nowhere else.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clients, drive } from '../clients/drive.mjs';
import { bailiwick } from '../lib/bailiwick.mjs';
import { behind } from '../lib/behind.mjs';
import { callsOf } from '../lib/calls.mjs';
import { start } from '../lib/children.mjs';
import { everything } from '../lib/everything.mjs';
import { fixture, node22 } from '../lib/paths.mjs';
import { registry, upstream } from '../lib/registry.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const secret = 'sesame-4711-open';
const log = join(scratch('credentials'), 'calls.jsonl');
const credential = { header: 'Authorization', prefix: 'Bearer ', from: { env: 'FIXTURE_SECRET' } };

describe('a credential', () => {
  let front;
  before(async () => {
    const flags = ['--require-bearer', secret, '--log', log];
    front = await behind(flags, { keys: { credential }, env: { FIXTURE_SECRET: secret } });
  });
  after(() => front.stop());

  for (const name of Object.keys(clients).filter((name) => !name.startsWith('inspector'))) {
    test(`reaches the upstream and never ${name}, whose own token goes no further than the gateway`, async () => {
      const before = callsOf(log, 'add').length;
      const result = await drive(name, front.endpoint, everything);
      assert.deepEqual(result.call.structuredContent, { sum: 3 });
      assert.doesNotMatch(JSON.stringify(result), new RegExp(secret));
      const [call, ...more] = callsOf(log, 'add').slice(before);
      assert.equal(more.length, 0);
      assert.equal(call.headers.authorization, `Bearer ${secret}`);
      assert.ok(!JSON.stringify(call).includes(front.endpoint.token));
    });
  }

  test('is in no answer of the ledger, no file of it and no log line', async () => {
    const { actions } = await front.gateway.people.get('/v1/actions?limit=100');
    for (const { action } of actions.filter(({ tool }) => tool === 'fixture/add')) {
      const why = await front.gateway.people.why(action);
      assert.equal(why.credential, 'upstream:fixture');
      assert.doesNotMatch(JSON.stringify(why), new RegExp(secret));
    }
    assert.doesNotMatch(front.gateway.stderr(), new RegExp(secret));
    for (const file of readdirSync(front.gateway.data)) {
      const bytes = readFileSync(join(front.gateway.data, file), 'latin1');
      assert.ok(!bytes.includes(secret), file);
    }
  });

  test('is masked where the upstream repeats it', async () => {
    const { call } = await drive('sdk-v1', front.endpoint, { tool: 'echo', args: { message: `is it ${secret}?` } });
    assert.equal(call.content[0].text, 'is it [credential]?');
  });
});

test('without the secret the upstream is not reached, and people read why', async () => {
  const server = await start(node22, [fixture, '--require-bearer', secret]);
  const document = await upstream('fixture', { url: server.url }, { tools: ['echo'], credential });
  const gateway = await bailiwick({ registry: registry([document]) });
  const upstreams = () => gateway.must('upstreams');
  await until('it failed', async () => (await upstreams()).includes('failing'));
  assert.match(await upstreams(), /FIXTURE_SECRET/);
  await gateway.stop();
  await server.stop();
});
