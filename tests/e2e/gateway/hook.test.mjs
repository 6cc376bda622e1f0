// A coding agent's hook: the payloads that such an agent pipes into it, and what it reads back. Whatever goes wrong before
// a tool runs, the agent is told not to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { bailiwick, binary } from '../lib/bailiwick.mjs';
import { office } from '../lib/office.mjs';
import { repository } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';

const session_id = '5f1f3a52-0d3e-4b7e-9d5e-0a2f8f0f7a11';
let gateway, people, token, folder, count = 0;

before(async () => {
  gateway = await bailiwick({ registry: join(repository, 'examples/coding-agent') });
  people = office(gateway);
  token = await gateway.token('coder', 'coding');
  folder = join(scratch('hook'), 'uses');
});
after(async () => {
  people.close();
  await gateway.stop();
});

/** What the hook says to this text: { code, out, error }; `out` is parsed, or undefined when it said nothing. */
async function pipe(input, { args = [], env = {}, uses = folder } = {}) {
  const given = { PATH: process.env.PATH, BAILIWICK_URL: gateway.mcp, BAILIWICK_TOKEN: token, ...env };
  const child = spawn(binary, ['hook', '--folder', uses, '--wait', '0s', ...args], { env: given });
  child.stdin.on('error', () => {}).end(input);
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, error, out: out === '' ? undefined : JSON.parse(out) };
}

const common = { session_id, transcript_path: '/tmp/t.jsonl', cwd: '/checkout', permission_mode: 'default' };
const use = (tool_name, tool_input) => ({ ...common, tool_name, tool_input, tool_use_id: `toolu_${++count}` });
const pre = (one, options) => pipe(JSON.stringify({ ...one, hook_event_name: 'PreToolUse' }), options);
const post = (one, tool_response) => pipe(JSON.stringify({ ...one, hook_event_name: 'PostToolUse', tool_response }));

function assertTurnedDown({ code, out }, words) {
  assert.equal(code, 0);
  const { hookEventName, permissionDecision, permissionDecisionReason } = out.hookSpecificOutput;
  assert.deepEqual([hookEventName, permissionDecision], ['PreToolUse', 'deny']);
  assert.match(permissionDecisionReason, /^NOT EXECUTED — /);
  assert.match(permissionDecisionReason, words);
}

const latest = async () => (await people.actions())[0];

test('what is allowed is left to the agent, and its outcome is reported', async () => {
  const one = use('Bash', { command: 'git status', description: 'Shows what changed' });
  assert.deepEqual(await pre(one), { code: 0, error: '', out: undefined });
  const { action, run } = await latest();
  assert.deepEqual([run, readdirSync(folder).length], [session_id, 1]);
  assert.deepEqual(await post(one, { stdout: 'clean', stderr: '', interrupted: false }), { code: 0, error: '', out: undefined });
  const why = await people.why(action);
  assert.deepEqual([why.outcome, why.result.stdout, why.arguments], ['succeeded', 'clean', one.tool_input]);
  assert.deepEqual(readdirSync(folder), []);
});

test('with --grants, what is allowed needs no other question', async () => {
  const { out } = await pre(use('Read', { file_path: '/checkout/README.md' }), { args: ['--grants'] });
  assert.equal(out.hookSpecificOutput.permissionDecision, 'allow');
});

test('a failure is reported with its words', async () => {
  const one = use('Bash', { command: 'make broken' });
  await pre(one);
  const { action } = await latest();
  const said = await pipe(JSON.stringify({ ...one, hook_event_name: 'PostToolUseFailure', error: 'exit code 2', is_interrupt: false }));
  assert.deepEqual(said, { code: 0, error: '', out: undefined });
  const why = await people.why(action);
  assert.deepEqual([why.outcome, why.failure], ['failed', 'exit code 2']);
});

test('what is denied is turned down in the words of its rule', async () => {
  assertTurnedDown(await pre(use('Write', { file_path: '.git/hooks/pre-push', content: '' })), /denied: .*code\.private.*Keys, and what git keeps/s);
});

test('what is held is turned down for now, and let through once a person approved', async () => {
  const input = { command: 'git push origin main' };
  const said = await pre(use('Bash', input));
  assertTurnedDown(said, /waiting for approval: .*Somebody looks at this command.*make exactly this call again later/s);
  const [, ticket] = /Ticket: (tkt_\w+)/.exec(said.out.hookSpecificOutput.permissionDecisionReason);
  assertTurnedDown(await pre(use('Bash', input)), new RegExp(ticket));
  await gateway.must('approve', ticket, '--by', 'ana', '--reason', 'it was asked for');
  const again = use('Bash', input);
  assert.equal((await pre(again)).out, undefined);
  assert.equal((await post(again, { stdout: '' })).code, 0);
  assertTurnedDown(await pre(use('Bash', input)), /its outcome is succeeded/);
});

test('a tool that the registry does not declare is turned down', async () => {
  assertTurnedDown(await pre(use('mcp__github__create_issue', { title: 'x' })), /there is no tool `code\/mcp__github__create_issue`/);
});

test('a kill turns everything down', async () => {
  await gateway.must('kill', 'agent:coder', '--reason', 'a test');
  assertTurnedDown(await pre(use('Read', { file_path: 'a' })), /agent:coder/);
  await gateway.must('unkill', 'agent:coder', '--reason', 'enough');
});

test('no gateway, no token, an odd address: turned down in words', async () => {
  const nowhere = createServer().listen(0, '127.0.0.1');
  await once(nowhere, 'listening');
  const { port } = nowhere.address();
  await once(nowhere.close(), 'close');
  const read = use('Read', { file_path: 'a' });
  for (const [env, words] of [
    [{ BAILIWICK_URL: `http://127.0.0.1:${port}` }, /Bailiwick gives no answer at http:\/\/127\.0\.0\.1:\d+: /],
    [{ BAILIWICK_URL: 'nowhere' }, /BAILIWICK_URL/],
    [{ BAILIWICK_TOKEN: '' }, /token issue/],
    [{ BAILIWICK_TOKEN: 'x.y.z' }, /status 401/],
    [{ BAILIWICK_URL: `${gateway.admin}/v1` }, /status 401/],
  ]) {
    assertTurnedDown(await pre(read, { env }), words);
  }
});

test('a gateway that answers with something else allows nothing', async (t) => {
  const answers = ['', '{}', '{"verdict":"allow"}', '{"verdict":"allow","action":"act_1","arguments":[]}', 'x'.repeat(9 << 20)];
  let answer;
  const server = createServer((request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  for (answer of answers)
    assertTurnedDown(await pre(use('Read', {}), { env: { BAILIWICK_URL: `http://127.0.0.1:${server.address().port}` } }), /cannot be read|gives no answer/);
});

test('what the hook cannot remember is not let go', async () => {
  const taken = join(scratch('hook'), 'taken');
  writeFileSync(taken, '');
  assertTurnedDown(await pre(use('Read', {}), { uses: taken }), /not a folder of this user alone/);
  chmodSync(folder, 0o755);
  assertTurnedDown(await pre(use('Read', {})), /not a folder of this user alone/);
  chmodSync(folder, 0o700);
});

test('what is no event stops the use, and what was never asked has no report', async () => {
  for (const input of ['', '{', '[]', '{"hook_event_name":"PreToolUse"}', JSON.stringify({ ...use('Bash', {}), hook_event_name: 'Stop' })]) {
    const { code, error, out } = await pipe(input);
    assert.deepEqual([code, out], [2, undefined]);
    assert.match(error, /^bailiwick: /);
  }
  const { code, error } = await post(use('Bash', { command: 'ls' }), {});
  assert.equal(code, 1);
  assert.match(error, /nothing was asked about this use of Bash/);
});
