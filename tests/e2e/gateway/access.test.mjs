// Who gets in: tokens that are missing, foreign, expired or revoked, and agents that were killed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { bailiwick } from '../lib/bailiwick.mjs';
import { assertNotExecuted, governed, receiptOf, rules, textOf } from '../lib/governed.mjs';
import { agent as agentName, registry, workflow } from '../lib/registry.mjs';
import { until } from '../lib/until.mjs';

const names = ['sdk-v1', 'sdk-v2-auto', 'ai-sdk'];
let front, gateway;
before(async () => {
  front = await governed();
  gateway = front.gateway;
});
after(() => front.stop());

/** What the gateway answers to a request with these headers. */
const status = async (headers) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const answer = await fetch(gateway.mcp, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), text: await answer.text() };
};
const assertWorthNothing = (answer) => {
  assert.equal(answer.status, 401);
  assert.equal(answer.challenge, 'Bearer realm="bailiwick", error="invalid_token"');
};
const bearer = (token) => ({ authorization: `Bearer ${token}` });

describe('a token', () => {
  test('that is missing is asked for', async () => {
    const { status: code, challenge } = await status({});
    assert.equal(code, 401);
    assert.equal(challenge, 'Bearer realm="bailiwick"');
  });

  test('that is good reaches the protocol', async () => {
    assert.equal((await status(bearer(front.endpoint.token))).status, 400); // there is no session to ping in
  });

  test('of another gateway is worth nothing here', async () => {
    const other = await bailiwick({ registry: registry([]) });
    const token = await other.token(agentName, workflow);
    assertWorthNothing(await status(bearer(token)));
    await other.stop();
  });

  test('that was changed is worth nothing', async () => {
    const { token } = front.endpoint;
    for (const at of [0, Math.floor(token.length / 2), token.length - 2]) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      assertWorthNothing(await status(bearer(changed)));
    }
  });

  test('that expired ends, also in the middle of a session', async () => {
    const token = await gateway.token(agentName, workflow, '2s');
    const agent = await clients['sdk-v1']({ url: gateway.mcp, token });
    assert.equal(textOf(await agent.callTool('echo', { message: 'hi' })), 'hi');
    await until('the token expired', async () => (await status(bearer(token))).status === 401);
    assertWorthNothing(await status(bearer(token)));
    const calls = front.reached('echo', { message: 'late' });
    await assert.rejects(agent.callTool('echo', { message: 'late' }), { code: 401 });
    assert.equal(front.reached('echo', { message: 'late' }), calls);
    await agent.close();
  });

  for (const name of names) {
    test(`that was revoked ends at once for ${name}`, async () => {
      const issued = async () => (await gateway.people.get('/v1/tokens')).tokens.map(({ token }) => token);
      const before = await issued();
      const token = await gateway.token(agentName, workflow);
      const [id] = (await issued()).filter((one) => !before.includes(one));
      const agent = await clients[name]({ url: gateway.mcp, token });
      await gateway.must('token', 'revoke', id, '--reason', 'lost');
      const message = `${name} after its token was revoked`;
      await assert.rejects(agent.callTool('echo', { message }));
      assertWorthNothing(await status(bearer(token)));
      assert.equal(front.reached('echo', { message }), 0);
      await agent.close().catch(() => {});
    });
  }

  test('that was revoked takes its open streams and the calls that wait with it', async () => {
    const issued = async () => (await gateway.people.get('/v1/tokens')).tokens.map(({ token }) => token);
    const before = await issued();
    const token = await gateway.token(agentName, workflow);
    const [id] = (await issued()).filter((one) => !before.includes(one));
    const fields = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...bearer(token) };
    const post = (body, more) => fetch(gateway.mcp, { method: 'POST', headers: { ...fields, ...more }, body: JSON.stringify(body) });
    const hello = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    const opened = await post({ jsonrpc: '2.0', id: 1, method: 'initialize', params: hello });
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') };
    const stream = await fetch(gateway.mcp, { headers: { ...fields, accept: 'text/event-stream', ...session } });
    assert.equal(stream.status, 200);
    const args = { note: 'whose token is lost' };
    const waiting = post({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'increment', arguments: args } }, session);
    const review = await front.held(args);

    await gateway.must('token', 'revoke', id, '--reason', 'lost');
    await stream.text(); // it ends
    const text = await (await waiting).text();
    assert.doesNotMatch(text, /"result"/);
    await gateway.cli('approve', review.ticket, '--reason', 'too late');
    assert.equal((await post({ jsonrpc: '2.0', id: 3, method: 'ping' }, session)).status, 401);
    const other = await post({ jsonrpc: '2.0', id: 3, method: 'ping' }, { ...session, ...bearer(front.endpoint.token) });
    assert.equal(other.status, 404);
    assert.equal(front.reached('increment', args), 0);
  });

  test('of an agent that left its workflow is known and refused, also in the middle of a session', async () => {
    const agent = await clients['sdk-v1'](front.endpoint);
    assert.equal(textOf(await agent.callTool('echo', { message: 'still here' })), 'still here');
    const other = { kind: 'Agent', name: 'other', owner: 'ana', steward: 'ben', may: { environments: ['sandbox'] } };
    const files = registry([front.document], { rules, documents: [other] });
    const [[name, text]] = Object.entries(files);
    const without = text.replace(/"agents": \[[^\]]*\]/, '"agents": ["other"]');
    assert.notEqual(without, text);
    gateway.write({ [name]: without });
    await gateway.must('apply', '-m', 'it has another job');

    await assert.rejects(agent.callTool('echo', { message: 'gone' }), { code: 403 });
    const answer = await status(bearer(front.endpoint.token));
    assert.equal(answer.status, 403);
    assert.equal(answer.challenge, null);
    assert.match(JSON.parse(answer.text).error.message, new RegExp(`${agentName}.* is not in workflow .${workflow}`));
    assert.equal(front.reached('echo', { message: 'gone' }), 0);

    gateway.write(files);
    await gateway.must('apply', '-m', 'it is back');
    await agent.close().catch(() => {}); // its session ended when it left
    const again = await clients['sdk-v1'](front.endpoint);
    assert.equal(textOf(await again.callTool('echo', { message: 'back' })), 'back');
    await again.close();
  });

  test('is not issued for a workflow that the agent is not in', async () => {
    const { code, stderr } = await gateway.cli('token', 'issue', '--agent', agentName, '--workflow', 'other');
    assert.notEqual(code, 0);
    assert.match(stderr, /other/);
  });
});

describe('what was not granted', () => {
  test('reads like what does not exist, and the attempt is recorded', async () => {
    const files = registry([front.document], { rules });
    gateway.write(registry([front.document], { rules, agentMay: { tools: ['fixture/echo'], resources: [], prompts: [] } }));
    await gateway.must('apply', '-m', 'it needs less');
    const agent = await clients['sdk-v1'](front.endpoint);
    const said = (error) => error.message.replaceAll(/[\w-]*(static-text|simple_prompt|add|nothing)/g, 'X');
    const attempts = [
      ['fixture/add', () => agent.callTool('add', { a: 1, b: 2 }), () => agent.callTool('nothing', {})],
      ['test://static-text', () => agent.readResource('test://static-text')],
      ['fixture/test_simple_prompt', () => agent.getPrompt('test_simple_prompt'), () => agent.getPrompt('nothing')],
    ];
    for (const [name, attempt, unknown] of attempts) {
      const refused = await attempt().then(() => assert.fail(name), said);
      if (unknown) assert.equal(refused, await unknown().then(() => assert.fail('nothing'), said));
      assert.match(refused, /not found/);
      const { actions } = await gateway.people.get('/v1/actions?limit=1');
      assert.deepEqual([actions[0].tool, actions[0].verdict, actions[0].refused], [name, 'deny', 'not_granted']);
    }
    const { actions } = await gateway.people.get('/v1/actions?limit=1000');
    assert.equal(actions.filter((action) => action.refused === 'not_granted').length, attempts.length);
    assert.match(await gateway.must('why', actions[0].action), /not granted: agent .tester. is not granted/);
    await agent.close();
    gateway.write(files);
    await gateway.must('apply', '-m', 'it needs more');
  });
});

describe('a kill', () => {
  for (const name of names) {
    test(`stops ${name} until it is taken back`, async () => {
      const agent = await clients[name](front.endpoint);
      const call = (message) => agent.callTool('echo', { message });
      assert.equal(textOf(await call(`${name} before`)), `${name} before`);

      await gateway.must('kill', `agent:${agentName}`, '--reason', 'it runs wild');
      const refused = await call(`${name} killed`);
      assertNotExecuted(refused, /killed/);
      assert.equal(front.reached('echo', { message: `${name} killed` }), 0);
      const why = await gateway.people.why(receiptOf(refused).action);
      assert.match(JSON.stringify(why), /kill/);

      await gateway.must('unkill', `agent:${agentName}`);
      assert.equal(textOf(await call(`${name} after`)), `${name} after`);
      await agent.close();
    });
  }

  test('outranks the approval of a call that waits', async () => {
    const args = { note: 'approved while killed' };
    const agent = await clients['sdk-v2-auto'](front.endpoint);
    const call = agent.callTool('increment', args);
    const { ticket } = await front.held(args);
    await gateway.must('kill', 'tool:fixture/increment', '--reason', 'broken');
    await gateway.cli('approve', ticket, '--reason', 'too late');
    assertNotExecuted(await call, /./);
    assert.equal(front.reached('increment', args), 0);
    await gateway.must('unkill', 'tool:fixture/increment');
    await agent.close();
  });
});
