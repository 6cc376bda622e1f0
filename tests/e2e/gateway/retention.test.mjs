// Contents expire when the time of their class is over: not before, not under a legal hold, at once by hand and by the server itself,
// and each time with an entry that proves it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { agents } from '../lib/agents.mjs';
import { bailiwick } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const tools = { look: { tier: 'read', retention: 'short' }, count: { tier: 'write' }, echo: { tier: 'read', retention: 'mixed' } };
const never = { id: 'never', match: { tool: 'books/echo' }, when: 'has(args.no)', effect: 'deny', reason: 'not today' };
const classes = [
  { kind: 'Retention', name: 'short', keep: '1s' },
  { kind: 'Retention', name: 'long', keep: '7y', default: true },
  { kind: 'Retention', name: 'mixed', keep: '7y', fields: { out: '1s' } },
];

let upstream, gateway, people, client;
before(async () => {
  upstream = await counting({ log: join(scratch('retention'), 'calls') });
  const registry = counted([counter('books', { url: upstream.url }, { tools })], { rules: [never] });
  registry['retention.yaml'] = classes.map((one) => JSON.stringify(one)).join('\n---\n');
  gateway = await bailiwick({ registry });
  people = office(gateway);
  await people.ready('books');
  client = agents(gateway.mcp, await gateway.token('one', 'work-one'));
});
after(async () => {
  client.close();
  people.close();
  await gateway.stop();
  await upstream.close();
});

const actionOf = async (tool) => (await people.actions()).find((action) => action.tool === `books/${tool}`).action;
const shown = async (action) => JSON.stringify(await people.why(action));

test('what is over goes, and says so; what is not stays', async () => {
  await client.call('look', { key: 'plum-look' });
  await client.call('count', { key: 'plum-count' });
  await client.call('echo', { text: 'plum-echo' });
  await client.call('echo', { no: 'plum-refused' });
  await people.post('/v1/legal-holds', { scope: 'tool:books/look', on: true });
  const due = await until('both are due', async () => {
    const said = await gateway.must('prune', '--dry-run');
    return said.includes('mixed') && said.includes('short') && said;
  });
  assert.match(due, /^mixed \(1s\): contents of 1 entry of 1 action would be erased$/m);
  assert.match(due, /^short \(1s\): 1 action is kept: action act_\w+ is under the legal hold on tool:books\/look$/m);
  assert.ok((await shown(await actionOf('look'))).includes('plum-look'));

  await people.post('/v1/legal-holds', { scope: 'tool:books/look', on: false });
  const said = await gateway.must('prune');
  assert.match(said, /^short \(1s\): contents of 2 entries of 1 action are erased$/m);
  assert.equal(await gateway.must('prune'), 'nothing is due');
  assert.ok(!(await shown(await actionOf('look'))).includes('plum-look'));
  assert.ok((await shown(await actionOf('count'))).includes('plum-count'));
  const why = await gateway.must('why', await actionOf('look'));
  assert.match(why, /erased +args of entry \d+ \(by entry \d+\)/);
  assert.match(await gateway.must('verify'), /contents were erased, as entries say/);
  const metrics = await (await fetch(new URL('/metrics', gateway.admin))).text();
  assert.match(metrics, /^bailiwick_expired_entries 3$/m);
  assert.match(metrics, /^bailiwick_next_expiry_seconds \d{10,}$/m);
  assert.match(metrics, /^bailiwick_expiry_failing 0$/m);
});

test('the server does it by itself, and the export proves it', async () => {
  await client.call('look', { key: 'plum-later' });
  const action = await actionOf('look');
  await gateway.restart();
  await until('it is over', async () => !(await shown(action)).includes('plum-later'));
  const folder = join(scratch('retention-export'), 'evidence');
  await gateway.must('audit', 'export', '--out', folder);
  const key = await gateway.must('key', 'show');
  await gateway.must('verify', '--export', folder, '--key', key);
  execFileSync('python3', [join(folder, 'verify.py'), folder, key]); // throws when it does not end with 0
});
