// The commands for whoever writes policy, on copies of the example registry, and on what a gateway recorded.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { binary } from '../lib/bailiwick.mjs';
import { run } from '../lib/children.mjs';
import { governed } from '../lib/governed.mjs';
import { repository } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';

const example = join(repository, 'examples/refunds');
const cli = (...words) => run(binary, words);

/** A copy of the example in which some text of the policy is another. */
function changed(from, to) {
  const folder = join(scratch('authors'), 'registry');
  cpSync(example, folder, { recursive: true });
  const file = join(folder, 'policies/refunds.yaml');
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from), from);
  writeFileSync(file, text.replace(from, to));
  return folder;
}

function file(name, value) {
  const path = join(scratch('authors'), name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

// It is as large as all the rest, and `bailiwick hook` starts for each use of a tool. The dynamic loader lists what it loads.
test('only a proof loads the prover', async () => {
  const { stdout } = await run(binary, ['--version'], { env: { ...process.env, LD_TRACE_LOADED_OBJECTS: '1' } });
  assert.match(stdout, /libsqlite3/);
  assert.doesNotMatch(stdout, /libz3/);
});

describe('bailiwick test', () => {
  test('the tests of the example cover its rules and notice every mistake', async () => {
    const junit = join(scratch('authors'), 'junit.xml');
    const { code, stdout } = await cli('test', example, '--mutate', '--json', '--junit', junit);
    assert.equal(code, 0, stdout);
    const report = JSON.parse(stdout);
    assert.equal(report.coverage.terms_full, report.coverage.terms);
    assert.equal(report.coverage.rules_decided, report.coverage.rules);
    assert.deepEqual(report.mutants.survived, []);
    assert.ok(report.mutants.killed > 25);
    assert.match(readFileSync(junit, 'utf8'), /<testsuite name="refunds" tests="11" failures="0">/);
  });

  for (const template of ['access', 'coding-agent', 'deploys', 'loops', 'mail', 'topics']) {
    test(`the tests of the template ${template} do too`, async () => {
      const folder = join(scratch('authors'), template);
      assert.equal((await cli('init', template, folder)).code, 0);
      assert.equal((await cli('check', folder)).stderr, '');
      const { code, stdout } = await cli('test', folder, '--mutate', '--json');
      assert.equal(code, 0, stdout);
      const { coverage, mutants } = JSON.parse(stdout);
      assert.equal(coverage.terms_full, coverage.terms);
      assert.equal(coverage.rules_decided, coverage.rules);
      assert.deepEqual(mutants.survived, []);
    });
  }

  test('a mistake that no test notices is named by its place, with the test that is missing', async () => {
    const folder = changed('amount_usd: 5000.0,', 'amount_usd: 4000.0,');
    const { code, stdout } = await cli('test', folder, '--mutate');
    assert.equal(code, 1);
    assert.match(stdout, /policies\/refunds\.yaml:35:27: survived: comparator flipped: `args\.amount_usd > 5000\.0` became/);
    assert.match(stdout, /a test that would notice: given \{"args":\{"amount_usd":5000\.0,.*expect hold, not deny/);
  });
});

describe('bailiwick explain', () => {
  test('shows each term with the value it read', async () => {
    const request = file('request.json', { tool: 'desk/create_refund', args: { amount_usd: 940 } });
    const { code, stdout } = await cli('explain', '--registry', example, request, '--json');
    assert.equal(code, 0);
    const { verdict, rules } = JSON.parse(stdout);
    assert.equal(verdict, 'hold');
    const small = rules.find(({ rule }) => rule === 'refund.small');
    assert.deepEqual(small.conditions[0].terms[1].read, { 'args.amount_usd': '940.0' });
    assert.equal(small.decides, false);
  });

  test('says what is wrong with a request', async () => {
    const request = file('request.json', { tool: 'desk/create_refunds' });
    const { code, stderr } = await cli('explain', '--registry', example, request);
    assert.equal(code, 1);
    assert.match(stderr, /no tool `desk\/create_refunds` in the registry/);
    const missing = await cli('explain', '--registry', example, 'no-such-file.json');
    assert.equal(missing.code, 3);
  });
});

describe('bailiwick diff', () => {
  test('finds the request at the edge that moved, and explain agrees with it', async () => {
    const folder = changed('when: args.amount_usd > 200.0', 'when: args.amount_usd > 250.0');
    const same = await cli('diff', example, example);
    assert.equal(same.code, 0);
    const { code, stdout } = await cli('diff', example, folder, '--json');
    assert.equal(code, 1);
    const { differences, rules_changed } = JSON.parse(stdout);
    assert.deepEqual(rules_changed, ['refund.large']);
    assert.deepEqual(
      differences.map(({ before, after }) => [before.verdict, after.verdict]),
      [['hold', 'deny']],
    );
    const witness = file('witness.json', differences[0].request);
    for (const [registry, verdict] of [[example, 'hold'], [folder, 'deny']]) {
      const explained = await cli('explain', '--registry', registry, witness, '--json');
      assert.equal(JSON.parse(explained.stdout).verdict, verdict);
    }
  });
});

test('bailiwick policy lower prints a registry file with the same digest', async () => {
  const { code, stdout } = await cli('policy', 'lower', example);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /^- .*"when":/m);
  assert.match(stdout, /# policies\/refunds\.yaml:\d+\n- \{.*"id":"refund\.small"/);
  const folder = join(scratch('authors'), 'registry');
  cpSync(example, folder, { recursive: true });
  rmSync(join(folder, 'meters.yaml'));
  writeFileSync(join(folder, 'policies/refunds.yaml'), stdout); // which has the meters too
  const digest = async (registry) => /digest (\w+)/.exec((await cli('check', registry)).stdout)[1];
  assert.equal(await digest(folder), await digest(example));
});

describe('bailiwick replay', () => {
  test('real calls are judged again, by the rules as they were and as they would be', async () => {
    const front = await governed();
    const { gateway } = front;
    try {
      const agent = await clients['sdk-v1'](front.endpoint);
      for (const bytes of [10, 500, 2000, 5000]) await agent.callTool('large', { bytes });
      await agent.close();
      const replayed = async (...words) => {
        const { code, stdout, stderr } = await gateway.cli('replay', '--policy', gateway.registry, '--json', ...words);
        return { code, stderr, report: JSON.parse(stdout) };
      };

      const same = await replayed('--fail-on', 'any->any>0', '--fail-on', 'not-replayed>0');
      assert.equal(same.code, 0, same.stderr);
      assert.deepEqual(same.report.matrix, {
        allow: { allow: 2, hold: 0, deny: 0 },
        hold: { allow: 0, hold: 0, deny: 0 },
        deny: { allow: 0, hold: 0, deny: 2 },
      });

      const file = join(gateway.registry, 'bailiwick.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('args.bytes > 1000', 'args.bytes > 3000'));
      const wider = await replayed('--fail-on', 'deny->allow>0');
      assert.equal(wider.code, 1);
      assert.match(wider.stderr, /deny->allow>0 is met/);
      assert.equal(wider.report.matrix.deny.allow, 1);
      const [example] = wider.report.changes[0].examples;
      assert.match(await gateway.must('why', example.action), /large/);
      assert.equal((await replayed('--to', '1h')).report.actions, 0);
      assert.equal((await gateway.cli('replay', '--policy', gateway.registry, '--fail-on', 'nonsense')).code, 2);
    } finally {
      await front.stop();
    }
  });
});
