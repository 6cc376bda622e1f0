// A candidate registry beside the one that decides: what it would have said, without a say.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { atTheDesk } from '../lib/behind.mjs';
import { run } from '../lib/children.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

let front, gateway, caller, candidate;
before(async () => {
  front = await atTheDesk();
  ({ gateway, caller } = front);
  candidate = join(scratch('candidate'), 'registry');
  cpSync(gateway.registry, candidate, { recursive: true });
  const rule = {
    kind: 'Policy',
    name: 'stricter',
    rules: [
      { id: 'customers.once', match: { tool: 'desk/get_customer' }, when: 'run.called("desk/get_customer")', effect: 'deny', reason: 'Once.' },
      { id: 'tickets.asked', match: { tool: 'desk/list_tickets' }, effect: 'hold', reason: 'Ask.' },
    ],
  };
  writeFileSync(join(candidate, 'stricter.yaml'), `${JSON.stringify(rule)}\n${'# much is said about it\n'.repeat(5_000)}`);
});
after(() => front.stop());

const report = async () => JSON.parse(await gateway.must('shadow', 'report', '--json'));
const metric = async (name) =>
  Number((await (await fetch(`${gateway.admin}/metrics`)).text()).match(new RegExp(`^bailiwick_shadow_${name} (\\d+)$`, 'm'))[1]);

test('without a candidate there is no report', async () => {
  const { code, stderr } = await gateway.cli('shadow', 'report');
  assert.equal(code, 1);
  assert.match(stderr, /no candidate is in shadow mode; `bailiwick shadow start`/);
  assert.equal(await metric('candidates'), 0);
});

test('a candidate that does not load is refused with what is wrong with it', async () => {
  const broken = join(scratch('broken'), 'registry');
  cpSync(candidate, broken, { recursive: true });
  writeFileSync(join(broken, 'stricter.yaml'), readFileSync(join(broken, 'stricter.yaml'), 'utf8').replace('run.called', 'run.galled'));
  const { code, stdout } = await gateway.cli('shadow', 'start', '--policy', broken);
  assert.equal(code, 1);
  assert.match(stdout, /stricter\.yaml:1:\d+: error:.*galled/);
  const headers = { authorization: `Bearer ${readFileSync(join(gateway.data, 'operator.token'), 'utf8').trim()}` };
  for (const [body, wrong] of [
    ['{}', /`files` is missing/],
    ['{"files":"all"}', /`files`: expected/],
    ['{"files":{"a.yaml":1}}', /`files.a.yaml`: expected a string/],
    ['{"files":{},"policy":"x"}', /`policy`: expected/],
    ['{"files":{"a.yaml":"kind: Nonsense\\n"},"by":"ana"}', /the candidate does not load:\na\.yaml:1:/],
    ['[', /expected|no valid JSON|JSON/],
    ['{"files":{"a.yaml":""}}', /`by` is missing: who starts the candidate/],
  ]) {
    const sent = await fetch(`${gateway.admin}/v1/shadow`, { method: 'POST', headers, body });
    assert.equal(sent.status, 400, body);
    assert.match((await sent.json()).error, wrong);
  }
  assert.equal(await metric('candidates'), 0);
});

test('a candidate judges what is decided from then on, and changes nothing', async () => {
  await caller.call('list_tickets', {}, { run: 'before' });
  assert.match(await gateway.must('shadow', 'start', '--policy', candidate), /^candidate [0-9a-f]{16} beside nothing yet, since .* by ana/);
  for (const [tool, args] of [
    ['get_customer', { customer: 'C-1001' }],
    ['get_customer', { customer: 'C-1002' }],
    ['list_tickets', {}],
    ['get_ticket', { ticket: 'T-501' }],
  ]) {
    assert.equal((await caller.call(tool, args, { run: 'shadowed' })).done, true);
  }
  await until('all four are decided again', async () => (await report()).report.actions === 4);
  const found = await report();
  assert.equal(found.enforced.length, 1);
  assert.notEqual(found.candidate, found.enforced[0]);
  assert.deepEqual(found.report.matrix.allow, { allow: 2, hold: 1, deny: 1 });
  assert.deepEqual([found.behind, found.dropped, found.report.not_replayed], [0, 0, []]);
  const rules = Object.fromEntries(found.report.changes.map(({ is, rules }) => [is, Object.keys(rules)]));
  assert.deepEqual(rules, { hold: ['tickets.asked'], deny: ['customers.once'] });
  const [example] = found.report.changes.find(({ is }) => is === 'deny').examples;
  assert.match(await gateway.must('why', example.action), /desk\/get_customer[^]*verdict +allow/);
  assert.equal(await metric('different'), 2);
  assert.equal(await metric('same'), 2);
});

test('a candidate goes on after a restart, and has looked at all since its beginning', async () => {
  const before = await report();
  await gateway.restart();
  assert.equal(await metric('candidates'), 1);
  await until('all four are decided again, again', async () => (await report()).report.actions === 4);
  assert.deepEqual(await report(), before);
});

test('what is stopped says what it found, and is gone, also for the next start', async () => {
  assert.match(await gateway.must('shadow', 'stop'), /4 recorded actions, 4 decided again/);
  assert.equal((await gateway.cli('shadow', 'stop')).code, 1);
  assert.equal(await metric('candidates'), 0);
  await gateway.restart();
  assert.doesNotMatch((await gateway.cli('shadow', 'report')).stderr, /before the restart/);
});

// What a crash between an entry and the file leaves behind, and what somebody does to the file.
for (const [how, damage, said] of [
  ['of which another was started or stopped since', ({ entry, entries }) => JSON.stringify({ entry, entries: entries - 1 }), /another one was started or stopped/],
  ['of another entry', ({ entries }) => JSON.stringify({ entry: 0, entries }), /entry 0 starts no candidate/],
  ['that nobody can read', () => 'entry 12', /does not say \{"entry":N,"entries":N\}/],
]) {
  test(`a candidate ${how} does not go on, and the report says why`, async () => {
    await gateway.must('shadow', 'start', '--policy', candidate);
    const file = join(gateway.data, 'shadow');
    await gateway.kill();
    writeFileSync(file, damage(JSON.parse(readFileSync(file, 'utf8'))));
    await gateway.restart();
    const { code, stderr } = await gateway.cli('shadow', 'report');
    assert.equal(code, 1);
    assert.match(stderr, /does not go on/);
    assert.match(stderr, said);
    assert.match(gateway.stderr(), said);
    assert.equal(existsSync(file), false);
  });
}

test('who started and stopped candidates is in the ledger', async () => {
  await gateway.stop();
  assert.match(await gateway.must('verify', '--data', gateway.data), /the ledger adds up/);
  // Evidence has the candidates beside it, and takes none of them for a registry that decided.
  const evidence = join(scratch('evidence'), 'out');
  const key = await gateway.must('key', 'show', '--data', gateway.data);
  await gateway.must('audit', 'export', '--out', evidence, '--data', gateway.data);
  await gateway.must('verify', '--export', evidence, '--key', key);
  const { code, stdout, stderr } = await run('python3', [join(evidence, 'verify.py'), evidence, key]);
  assert.equal(code, 0, stdout + stderr);
  const tiles = scratch('tiles');
  await gateway.must('tiles', tiles, '--data', gateway.data);
  const folder = join(tiles, 'tile', 'entries', '000.p');
  const leaves = readFileSync(join(folder, readdirSync(folder)[0]), 'latin1').match(/\{"v":1[^{}]*"k":"shadow"[^{}]*/g);
  const states = leaves.map((leaf) => [leaf.match(/"state":"(\w+)"/)[1], leaf.match(/"by":"(\w+)"/)[1]]);
  const started = ['started', 'ana'];
  assert.deepEqual(states, [started, ['stopped', 'ana'], started, started, started]);
});
