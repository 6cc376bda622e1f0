// A recorded run, step by step: what was decided and why, and what would be decided by the registry of then, of now, or another.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { atTheDesk } from '../lib/behind.mjs';
import { profiles, rules } from '../lib/looking-back.mjs';
import { scratch } from '../lib/scratch.mjs';

let front, gateway, caller, recorded;
before(async () => {
  front = await atTheDesk({ rules, profiles, hold: { budget: '0s', expires: '1h' } });
  ({ gateway, caller } = front);
  const run = 'monday';
  const first = await caller.call('send_reply', { ticket: 'T-504', text: 'hello' }, { run });
  recorded = first.receipt.run;
  await caller.call('grant_access', { user: 'maya.lindqvist@example.com', role: 'viewer' }, { run });
  await caller.call('get_customer', { customer: 'C-1001' }, { run });
  await caller.call('grant_access', { user: 'maya.lindqvist@example.com', role: 'viewer' }, { run });
  await caller.call('get_ticket', { ticket: 'T-505' }, { run });
  await caller.call('send_reply', { ticket: 'T-504', text: 'hello again' }, { run });
});
after(() => front.stop());

const replayed = async (...words) => {
  const { code, stdout, stderr } = await gateway.cli('runs', 'replay', recorded, '--json', ...words);
  return { code, stderr, ...(stdout && JSON.parse(stdout)) };
};

test('the list of runs is still the list, and a run that is not there is said', async () => {
  assert.match(await gateway.must('runs'), /monday/);
  const unknown = await gateway.cli('runs', 'replay', 'tuesday');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /no run `tuesday`.*bailiwick runs/);
});

test('each step is shown in order with verdict, rules, arguments, result and time', async () => {
  const text = await gateway.must('runs', 'replay', recorded);
  const steps = [...text.matchAll(/^ +(\d+) {2}\|([ .=]{30})\| +\+\d+ ms {2}(\S+) {2}(\w+) {2}(.*)$/gm)];
  assert.deepEqual(
    steps.map(([, number, , tool, verdict]) => `${number} ${tool} ${verdict}`),
    [
      '1 desk/send_reply allow',
      '2 desk/grant_access deny',
      '3 desk/get_customer allow',
      '4 desk/grant_access allow',
      '5 desk/get_ticket allow',
      '6 desk/send_reply hold',
    ],
  );
  assert.match(text, /asked +\{"user":"maya.lindqvist@example.com"/);
  assert.match(text, /rules +reply.steered/);
  const { code, steps: all } = await replayed();
  assert.equal(code, 0);
  assert.equal(all[1].refused, 'policy');
  assert.equal(all[2].outcome, 'succeeded');
  assert.equal(all[3].rules[0], 'access.customer');
  assert.deepEqual(all[3].checks.run, { sent: 2, succeeded: 2 });
  assert.ok(all[3].result.content[0].text);
  assert.match(all[5].ticket, /^tkt_/);
});

test('by the registry of then, everything is decided as it was, also where rules look back', async () => {
  const { code, same, different, not_decided } = await replayed('--policy', 'then');
  assert.deepEqual({ code, same, different, not_decided }, { code: 0, same: 6, different: 0, not_decided: 0 });
  assert.match(await gateway.must('runs', 'replay', recorded, '--policy', 'now'), /6 the same, 0 otherwise, 0 not decided/);
});

test('by another registry, each difference is shown with its reason', async () => {
  const folder = join(scratch('registry'), 'stricter');
  cpSync(gateway.registry, folder, { recursive: true });
  const file = join(folder, 'bailiwick.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll('"untrusted" in run.labels'.replaceAll('"', '\\"'), 'run.called(\\"desk/get_customer\\")'));
  assert.notEqual(readFileSync(file, 'utf8'), text);
  const wilder = await replayed('--policy', folder);
  assert.equal(wilder.code, 0);
  assert.equal(wilder.same, 6);
  writeFileSync(file, text.replace('"reply.clean"', '"reply.any"').replaceAll('run.returned(', '!run.returned('));
  const { steps, different, same } = await replayed('--policy', folder);
  assert.deepEqual({ same, different }, { same: 3, different: 3 });
  assert.deepEqual(steps[1].again, { ...steps[1].again, verdict: 'allow', rules: ['access.customer'], differs: true });
  assert.equal(steps[3].again.verdict, 'deny');
  assert.match(steps[3].again.reason, /no rule allows/);
  const shown = await gateway.must('runs', 'replay', recorded, '--policy', folder);
  assert.match(shown, /else +deny by no rule/);
  const broken = join(folder, 'more.yaml');
  writeFileSync(broken, 'kind: Nonsense\n');
  assert.equal((await gateway.cli('runs', 'replay', recorded, '--policy', folder)).code, 1);
});

test('replay of many actions decides those that look back exactly', async () => {
  const all = ['replay', '--policy', gateway.registry, '--fail-on', 'any->any>0', '--fail-on', 'not-replayed>0'];
  assert.match(await gateway.must(...all), /6 recorded actions, 6 decided again/);
});

test('contents that were erased are said, and nothing is guessed', async () => {
  const { steps } = await replayed();
  await gateway.must('redact', steps[2].action, '--field', 'out', '--reason', 'asked for');
  await gateway.must('redact', steps[0].action, '--reason', 'asked for');
  const after = await replayed('--policy', 'then');
  assert.equal(after.code, 0);
  assert.match(after.steps[2].erased[0], /^out of entry \d+ \(by entry \d+\)$/);
  assert.equal(after.steps[0].again.not_decided, 'its arguments were erased');
  assert.equal(after.steps[3].again.not_decided, 'a result that its rules ask about was erased');
  assert.equal(after.same, 4);
  const report = JSON.parse((await gateway.cli('replay', '--policy', gateway.registry, '--json')).stdout);
  assert.deepEqual(
    report.not_replayed.map(({ reason, actions }) => [reason, actions]),
    [
      ['a result that its rules ask about was erased', 1],
      ['its arguments were erased', 1],
    ],
  );
});
