// `bailiwick mcp` over a restart of its gateway, with a client that knows nothing of it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { bailiwick, binary } from '../lib/bailiwick.mjs';
import { run } from '../lib/children.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';

let upstream, gateway, people, bridge;
before(async () => {
  upstream = await counting({ log: join(scratch('bridge'), 'calls') });
  gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })]) });
  people = office(gateway);
  await people.ready('books');
  const token = await gateway.token('one', 'work-one');
  bridge = (...args) => ({ command: ['env', `BAILIWICK_URL=${gateway.mcp}`, `BAILIWICK_TOKEN=${token}`, binary, 'mcp', ...args] });
});
after(async () => {
  people.close();
  await gateway.stop();
  await upstream.close();
});

test('a client of a session goes on after the gateway was restarted, and nothing runs twice', async () => {
  const agent = await clients['sdk-v1'](bridge('--run', 'nightly'));
  const call = async (key) => (await agent.callTool('count', { key })).content[0].text;
  assert.equal(await call('before'), 'done');
  await gateway.restart();
  assert.deepEqual(await Promise.all(['after', 'at once', 'together'].map(call)), ['done', 'done', 'done']);
  await gateway.restart();
  assert.ok((await agent.listTools()).some(({ name }) => name === 'count'), 'listed after a restart');
  const keys = upstream.logged().map(({ key }) => key);
  assert.deepEqual(keys.toSorted(), ['after', 'at once', 'before', 'together']);
  const { actions } = await people.get('/v1/actions?run=one:nightly');
  assert.equal(actions.length, 4, 'all of them in the run that was named');
  await agent.close();
});

test('a run whose name is none is said at start', async () => {
  const [command, ...args] = bridge('--run', 'two words').command;
  const { code, stderr } = await run(command, args);
  assert.equal(code, 2);
  assert.match(stderr, /--run or BAILIWICK_RUN: .*at most 128/);
});
