// Actions that agents carry out themselves: they ask before and report after, and everything that holds for a call through
// the gateway holds for them too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { bailiwick } from '../lib/bailiwick.mjs';
import { decisions, shell } from '../lib/decision.mjs';
import { office } from '../lib/office.mjs';
import { agent, registry, workflow } from '../lib/registry.mjs';
import { until } from '../lib/until.mjs';

const hasty = { ...shell, name: 'hasty', timeout: '1ms' };
const rules = [
  { id: 'run.ordinary', match: { tool: 'shell/run' }, when: '!args.command.contains("rm ")', effect: 'allow', oblige: [{ stamp: { with: ['action'] } }] },
  { id: 'run.careful', match: { tool: 'shell/run' }, when: 'args.command.contains("rm -rf")', effect: 'deny', reason: 'Remove single files.' },
  { id: 'push.asks', match: { tool: 'shell/push' }, effect: 'hold', reason: 'Ana looks at pushes.' },
  { id: 'wipe.redacted', match: { tool: 'shell/wipe' }, effect: 'allow', unattended: 'a test', oblige: [{ redact: { fields: ['x'] } }] },
  { id: 'hasty.any', match: { tool: 'hasty/run' }, effect: 'allow', unattended: 'a test' },
  {
    id: 'deploy.looked_up',
    match: { tool: 'shell/deploy' },
    when: 'run.returned(args.branch, "shell/look")',
    effect: 'allow',
    unattended: 'a test',
  },
];
const meters = {
  kind: 'Meters',
  name: 'few',
  meters: { commands: { match: { tool: 'shell/run' }, window: '1h', limit: 5 }, at_once: { match: { tool: 'shell/look' }, in_flight: true, limit: 2 } },
};

const second = { kind: 'Agent', name: 'second', owner: 'ana', steward: 'ben', may: { environments: ['sandbox'], tools: ['shell/*', 'shell/run'] } };
const registries = (rules) => {
  const files = registry([shell, hasty], { rules, documents: [meters, second] });
  files['bailiwick.yaml'] = files['bailiwick.yaml'].replace(`"agents": [\n    "${agent}"`, `"agents": [\n    "second",\n    "${agent}"`);
  return files;
};

let gateway, people, bot, other;
before(async () => {
  gateway = await bailiwick({ registry: registries(rules) });
  people = office(gateway);
  await people.ready('shell');
  bot = decisions(gateway, await gateway.token(agent, workflow));
  other = decisions(gateway, await gateway.token('second', workflow));
});
after(async () => {
  people.close();
  await gateway.stop();
  const { code, stderr } = await gateway.cli('verify');
  assert.equal(code, 0, stderr);
});

const decide = (verb, ticket) => gateway.must(verb, ticket, '--by', 'ana', '--reason', 'looked at it');

test('what is allowed is let go with its receipt, and its report is its outcome', async () => {
  const said = await bot.propose('shell/run', { command: 'make' }, { run: 'build-1' });
  assert.deepEqual([said.status, said.verdict, said.arguments, said.run], [200, 'allow', { command: 'make' }, `${agent}:build-1`]);
  assert.equal(said.meta['dev.bailiwick/stamp'].action, said.action);
  assert.ok(Date.parse(said.report_by) > Date.now());
  assert.match(await gateway.must('why', said.action), /outcome +running/);

  const done = await bot.report(said.action, 'succeeded', { result: { exit: 0 } });
  assert.deepEqual([done.status, done.outcome, done.action], [200, 'succeeded', said.action]);
  const why = await people.why(said.action);
  assert.deepEqual([why.verdict, why.outcome, why.result, why.credential], ['allow', 'succeeded', { exit: 0 }, 'agent']);
  assert.match(await gateway.must('why', said.action), /the agent's own: it carried this out itself, and the outcome is its word/);
});

test('the same report again is answered alike; another one, and that of another agent, is refused', async () => {
  const { action } = await bot.propose('shell/look', { command: 'ls' });
  const stranger = await other.report(action, 'succeeded');
  assert.deepEqual([stranger.status, stranger.code], [404, 'unknown']);
  const first = await bot.report(action, 'failed', { error: 'no such folder' });
  const again = await bot.report(action, 'failed', { error: 'no such folder' });
  assert.deepEqual([again.status, again.replayed, again.leaf, again.entry], [200, true, first.leaf, first.entry]);
  for (const more of [{}, { error: 'no such folder', result: 1 }]) {
    const changed = await bot.report(action, 'failed', more);
    assert.deepEqual([changed.status, changed.code], [409, 'reported']);
  }
  assert.equal((await bot.report(action, 'succeeded')).status, 409);
  assert.equal((await people.why(action)).entries.length, 2);
});

test('a report that arrives many times at once counts once', async () => {
  const { action } = await bot.propose('shell/look', { command: 'ls' });
  const answers = await Promise.all(Array.from({ length: 20 }, () => bot.report(action, 'succeeded')));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(answers.filter(({ replayed }) => !replayed).length, 1);
});

test('what is denied is refused in words, and recorded', async () => {
  const said = await bot.propose('shell/run', { command: 'rm -rf /' });
  assert.deepEqual([said.status, said.verdict, said.code], [403, 'deny', 'run.careful']);
  assert.match(said.reason, /Remove single files\./);
  assert.equal((await people.why(said.action)).verdict, 'deny');
  assert.equal((await bot.report(said.action, 'succeeded')).status, 400);
});

test('what cannot be done where the agent acts itself is denied', async () => {
  const said = await bot.propose('shell/wipe');
  assert.equal(said.status, 403);
  assert.match(said.reason, /what an agent gets without Bailiwick cannot be redacted/);
});

test('a tool that is not there, not granted or not external', async () => {
  const nowhere = await bot.propose('shell/nothing');
  const forbidden = await other.propose('shell/push', { branch: 'x' });
  for (const said of [nowhere, forbidden]) {
    assert.deepEqual([said.status, said.code, said.action], [403, 'unknown', undefined]);
    assert.match(said.reason, /there is no tool `shell\/(nothing|push)`/);
  }
  const mcp = await clients['sdk-v2-auto']({ url: gateway.mcp, token: await gateway.token(agent, workflow) });
  assert.deepEqual((await mcp.listTools()).map(({ name }) => name).filter((name) => !name.startsWith('bailiwick_')), []);
  await assert.rejects(mcp.callTool('shell_run', { command: 'make' }), /not found/);
  await mcp.close();
});

test('what is held waits for a person, and is let go once', async () => {
  const held = await bot.propose('shell/push', { branch: 'main' }, { hold_ms: 0 });
  assert.deepEqual([held.status, held.verdict, held.rule], [409, 'hold', 'push.asks']);
  assert.deepEqual((await bot.tickets()).map(({ ticket, tool }) => [ticket, tool]), [[held.ticket, 'shell/push']]);
  assert.equal((await other.await(held.ticket)).code, 'unknown');
  assert.equal((await bot.await(held.ticket, { hold_ms: 0 })).verdict, 'hold');

  const waiting = bot.await(held.ticket);
  await decide('approve', held.ticket);
  const said = await waiting;
  assert.deepEqual([said.status, said.verdict, said.ticket, said.arguments], [200, 'allow', held.ticket, { branch: 'main' }]);
  for (const again of [await bot.await(held.ticket), await bot.propose('shell/push', { branch: 'main' })]) {
    assert.deepEqual([again.status, again.code, again.action], [403, 'used', said.action]);
    assert.match(again.reason, /has not been reported yet/);
  }
  assert.equal((await bot.report(said.action, 'succeeded')).status, 200);
  assert.match((await bot.propose('shell/push', { branch: 'main' })).reason, /its outcome is succeeded/);
  const why = await people.why(said.action);
  assert.deepEqual([why.verdict, why.outcome], ['hold', 'succeeded']);
  assert.match(why.approver.summary, /ana/);
});

test('a ticket of this door is no good at the other, and neither uses it up', async () => {
  const held = await bot.propose('shell/push', { branch: 'elsewhere' }, { hold_ms: 0 });
  await decide('approve', held.ticket);
  const mcp = await clients['sdk-v2-auto']({ url: gateway.mcp, token: await gateway.token(agent, workflow) });
  await assert.rejects(mcp.callTool('bailiwick_await', { ticket: held.ticket }), /ask the decision API/);
  await mcp.close();
  assert.equal((await bot.await(held.ticket)).verdict, 'allow');
});

test('to ask about a ticket again and again is no action, and what stands in its way by now is said', async () => {
  const held = await bot.propose('shell/push', { branch: 'on a Friday' }, { hold_ms: 0 });
  const never = { id: 'push.never', match: { tool: 'shell/push' }, effect: 'deny', reason: 'No pushes on Fridays.' };
  const apply = async (more) => {
    gateway.write(registries([...rules, ...more]));
    await gateway.must('apply', '-m', 'a test');
  };
  const entries = async () => JSON.parse(await gateway.must('verify', '--json')).entries;
  await apply([never]);
  const before = await entries();
  for (let i = 0; i < 3; ++i) {
    const said = await bot.await(held.ticket, { hold_ms: 0 });
    assert.deepEqual([said.status, said.verdict, said.ticket, said.rule, said.entry], [409, 'hold', held.ticket, undefined, undefined]);
    assert.match(said.reason, /Ana looks at pushes/);
    assert.equal(said.obstacle.code, 'push.never');
    assert.match(said.obstacle.reason, /No pushes on Fridays/);
  }
  assert.equal(await entries(), before, 'asking leaves no entry');
  await apply([]);
  const again = await bot.await(held.ticket, { hold_ms: 0 });
  assert.deepEqual([again.verdict, again.rule, again.obstacle], ['hold', 'push.asks', undefined]);
  await decide('approve', held.ticket);
  assert.equal((await bot.await(held.ticket)).verdict, 'allow');
});

test('a held request can be denied, and taken back', async () => {
  const refused = await bot.propose('shell/push', { branch: 'bad' }, { hold_ms: 0 });
  await decide('deny', refused.ticket);
  assert.match((await bot.await(refused.ticket)).reason, /denied by ana: looked at it/);
  const unwanted = await bot.propose('shell/push', { branch: 'unwanted' }, { hold_ms: 0 });
  assert.equal((await other.withdraw(unwanted.ticket)).status, 404);
  assert.deepEqual([(await bot.withdraw(unwanted.ticket)).state, (await bot.await(unwanted.ticket)).code], ['withdrawn', 'withdrawn']);
});

test('a kill stops what asks from then on; what was let go before is still reported', async () => {
  const before = await bot.propose('shell/look', { command: 'top' });
  await gateway.must('kill', 'tool:shell/look', '--reason', 'a test');
  const said = await bot.propose('shell/look', { command: 'top -n 1' });
  assert.deepEqual([said.status, said.code], [403, 'killed']);
  assert.equal((await bot.report(before.action, 'succeeded')).status, 200);
  await gateway.must('unkill', 'tool:shell/look', '--reason', 'enough');
});

test('meters count what is let go: in flight until the report, in a window whatever it says', async () => {
  const flying = [await bot.propose('shell/look', { command: 'a' }), await bot.propose('shell/look', { command: 'b' })];
  assert.equal((await bot.propose('shell/look', { command: 'c' })).code, 'meter');
  assert.equal((await bot.report(flying[0].action, 'failed')).status, 200);
  const next = await bot.propose('shell/look', { command: 'c' });
  assert.equal(next.verdict, 'allow');
  for (const { action } of [flying[1], next]) await bot.report(action, 'succeeded');

  const answers = [];
  for (let i = 0; i < 6; ++i) {
    const said = await bot.propose('shell/run', { command: `make ${i}` });
    answers.push(said.code ?? said.verdict);
    if (said.action && said.verdict === 'allow') await bot.report(said.action, 'failed', { error: 'not done after all' });
  }
  assert.deepEqual(answers, ['allow', 'allow', 'allow', 'allow', 'meter', 'meter']); // one went to the first test
});

test('what is never reported is ambiguous after its time, and blocks its retry until somebody says what happened', async () => {
  const said = await bot.propose('hasty/run', { command: 'make' });
  await until('it is overdue', async () => (await people.why(said.action)).outcome === 'ambiguous');
  const late = await bot.report(said.action, 'succeeded');
  assert.deepEqual([late.status, late.code], [409, 'reported']);
  assert.match(late.error, /ambiguous \(its agent did not report within 1ms\).*bailiwick reconcile/);
  assert.equal((await bot.propose('hasty/run', { command: 'make' })).code, 'ambiguous');
  await people.reconcile(said.action, 'succeeded');
  assert.equal((await bot.propose('hasty/run', { command: 'make' })).verdict, 'allow');
});

test('what agents report is no source that a rule trusts', async () => {
  const looked = await bot.propose('shell/look', { command: 'git branch' }, { run: 'sourced' });
  await bot.report(looked.action, 'succeeded', { result: 'main' });
  const said = await bot.propose('shell/deploy', { branch: 'main' }, { run: 'sourced' });
  assert.deepEqual([said.status, said.verdict], [403, 'deny']);
  assert.match(JSON.stringify((await people.why(said.action)).checks.unmet), /not all that `shell\/look` returned/);
});

test('bad requests are refused in words, and nothing is recorded', async () => {
  const count = (await people.actions()).length;
  for (const [path, body, status, words] of [
    ['actions', '{', 400, /at byte/],
    ['actions', '[]', 400, /expected a JSON object/],
    ['actions', '{"tool":"shell/run","arguments":{"a":1,"a":2}}', 400, /duplicate|twice/],
    ['actions', { tool: 'shell/run', argument: {} }, 400, /unknown key `argument`.*arguments/s],
    ['actions', { tool: 'run' }, 400, /expected UPSTREAM\/TOOL/],
    ['actions', { arguments: {} }, 400, /`tool` is missing/],
    ['actions', { tool: 'shell/run', arguments: [] }, 400, /`arguments`: expected an object/],
    ['actions', { tool: 'shell/run', hold_ms: 600001 }, 400, /from 0 to 600000/],
    ['actions', { tool: 'shell/run', run: 'a b' }, 400, /`run`: expected/],
    ['actions/act_1/outcome', { outcome: 'not_executed' }, 400, /expected succeeded, failed/],
    ['actions/act_1/outcome', { outcome: 'succeeded' }, 404, /no action `act_1` of this agent/],
    ['actions/act_1', {}, 404, /the decision API has/],
    ['tickets/tkt_1/await', {}, 403, /no ticket `tkt_1` of this agent/],
  ]) {
    const said = await bot.ask('POST', path, body);
    assert.equal(said.status, status, JSON.stringify([path, body, said]));
    assert.match(said.error ?? said.reason, words);
  }
  assert.equal((await bot.ask('POST', 'actions', { tool: 'shell/run' }, { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await bot.ask('PUT', 'actions', {})).status, 405);
  assert.equal((await bot.ask('POST', 'actions', {}, { authorization: 'Bearer x' })).code, 'unauthenticated');
  assert.equal((await bot.ask('POST', 'actions', { tool: 'shell/run' }, { 'bailiwick-run': 'a b' })).status, 400);
  assert.equal((await people.actions()).length, count);
});

test('a restart makes what was not reported ambiguous, and takes no late report', async () => {
  const open = await bot.propose('shell/push', { branch: 'later' }, { hold_ms: 0 });
  await decide('approve', open.ticket);
  const said = await bot.await(open.ticket);
  await gateway.restart();
  assert.equal((await people.why(said.action)).outcome, 'ambiguous');
  assert.equal((await bot.report(said.action, 'succeeded')).code, 'reported');
});
