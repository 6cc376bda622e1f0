// An OPA server beside the rules: it can be stricter than they are and never laxer, and whatever keeps it from answering denies.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bailiwick } from '../lib/bailiwick.mjs';
import { decisions } from '../lib/decision.mjs';
import { office } from '../lib/office.mjs';
import { opa } from '../lib/opa.mjs';
import { yaml } from '../lib/registry.mjs';

const schema = { type: 'object', properties: { command: { type: 'string' } } };
const tool = (tier) => ({ tier, reversible: true, input_schema: schema });
const may = { environments: ['sandbox'], tools: ['shell/look', 'shell/run', 'shell/push', 'other/look'] };
const upstream = (name, tools) => ({ kind: 'Upstream', name, external: true, environment: 'sandbox', system_owner: 'ana', risk_owner: 'rita', tools });

const registry = (port) => ({
  'bailiwick.yaml': yaml([
    ...['ana', 'rita'].map((name) => ({ kind: 'Person', name })),
    { kind: 'Agent', name: 'coder', owner: 'ana', steward: 'ana', may },
    { kind: 'Workflow', name: 'coding', accountable: 'ana', agents: ['coder'], autonomy: 'production', may },
    upstream('shell', { look: tool('read'), run: tool('write'), push: tool('write') }),
    upstream('other', { look: tool('read') }),
    {
      kind: 'Policy',
      name: 'shell',
      rules: [
        { id: 'look', match: { tier: 'read' }, effect: 'allow' },
        { id: 'run', match: { tool: 'shell/run' }, effect: 'hold', reason: 'Somebody looks at it.' },
      ],
    },
    {
      kind: 'DecisionSource',
      name: 'central-opa',
      opa: `http://127.0.0.1:${port}/v1/data/agents/decision`,
      match: { upstream: 'shell' },
      credential: { header: 'Authorization', prefix: 'Bearer ', from: { env: 'OPA_TOKEN' } },
      timeout: '2s',
      breaker: { failures: 3, open: '1h' },
    },
  ]),
});

let server, gateway, people, agent;
let says = () => 'allow';
before(async () => {
  server = await opa({ 'agents/decision': (input) => says(input) });
  gateway = await bailiwick({ registry: registry(server.port()), env: { OPA_TOKEN: 'opa-secret' } });
  people = office(gateway);
  agent = decisions(gateway, await gateway.token('coder', 'coding'));
});
after(async () => {
  people.close();
  await gateway.stop();
  await server.close();
});

const look = (command = 'ls', more) => agent.propose('shell/look', { command }, { hold_ms: 0, ...more });
const factOf = async ({ action }) => (await people.why(action)).checks.facts.find(({ fact }) => fact === 'central_opa');
const report = ({ action }) => agent.report(action, 'succeeded');

describe('what it says', () => {
  test('it is asked with what is about to be done, as itself', async () => {
    says = () => true;
    const allowed = await look('ls', { run: 'r-1' });
    assert.equal(allowed.verdict, 'allow', JSON.stringify(allowed));
    await report(allowed);
    const { path, authorization, body } = server.asked.at(-1);
    assert.deepEqual([path, authorization], ['/v1/data/agents/decision', 'Bearer opa-secret']);
    assert.deepEqual(JSON.parse(body), {
      input: {
        agent: 'coder',
        args: { command: 'ls' },
        environment: 'sandbox',
        reversible: true,
        run: 'coder:r-1',
        tier: 'read',
        tool: 'shell/look',
        upstream: 'shell',
        workflow: 'coding',
      },
    });
  });

  test('it tightens: what is allowed it holds or denies, what is held it denies', async () => {
    says = ({ args }) => ({ decision: args.command });
    assert.equal((await look('hold')).verdict, 'hold');
    assert.equal((await look('hold')).rule, 'central-opa.hold');
    const denied = await look('deny');
    assert.deepEqual([denied.verdict, denied.code], ['deny', 'central-opa.deny']);
    assert.match(denied.reason, /policy server `central-opa` does not allow this/);
    assert.equal((await agent.propose('shell/run', { command: 'deny' }, { hold_ms: 0 })).verdict, 'deny');
  });

  test('and never loosens: what is held stays held, what no rule allows stays denied', async () => {
    says = ({ args }) => args.command;
    for (const command of ['allow', 'hold']) {
      assert.equal((await agent.propose('shell/run', { command }, { hold_ms: 0 })).verdict, 'hold');
      const pushed = await agent.propose('shell/push', { command }, { hold_ms: 0 });
      assert.deepEqual([pushed.verdict, pushed.code], ['deny', 'no_rule']);
    }
  });

  test('what it is not asked about costs nothing', async () => {
    const before = server.asked.length;
    const allowed = await agent.propose('other/look', { command: 'ls' });
    assert.equal(allowed.verdict, 'allow');
    await report(allowed);
    assert.equal(server.asked.length, before);
    assert.equal((await people.why(allowed.action)).checks.facts, undefined);
  });

  test('the record says what it said, for whoever looks later', async () => {
    says = () => 'deny';
    const denied = await look('later');
    const fact = await factOf(denied);
    assert.deepEqual([fact.state, fact.value], ['known', 'deny']);
    assert.match(fact.decision_id, /^[0-9a-f-]{36}$/);
    assert.match(fact.digest, /^[0-9a-f]{64}$/);
    assert.ok([1, 5, 10, 50, 100, 500, 1000, 5000].includes(fact.within_ms));
    const text = await gateway.must('why', denied.action);
    assert.ok(text.includes(`decision ${fact.decision_id}, answer ${fact.digest.slice(0, 16)}, within `), text);
  });

  test('what was approved is asked about again: its deny outranks the approval', async () => {
    says = () => 'hold';
    const held = await look('approved');
    await people.post(`/v1/reviews/${held.ticket}/approve`);
    says = () => 'deny';
    assert.equal((await agent.await(held.ticket)).verdict, 'deny');
    says = () => 'hold';
    const again = await agent.await(held.ticket);
    assert.equal(again.verdict, 'allow', JSON.stringify(again));
    await report(again);
  });

  test('a question of AuthZEN hears of it too', async () => {
    const token = await gateway.token('coder', 'coding');
    const evaluate = async () => {
      const response = await fetch(`${gateway.agents}/access/v1/evaluation`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ subject: { type: 'agent', id: 'coder' }, action: { name: 'look' }, resource: { type: 'upstream', id: 'shell' } }),
      });
      return (await response.json()).decision;
    };
    const answers = [];
    for (const word of ['allow', 'hold', 'deny']) {
      says = () => word;
      answers.push(await evaluate());
    }
    assert.deepEqual(answers, [true, false, false]);
  });
});

// Each was taken for a permission by some enforcement point.
describe('what is no permission', () => {
  const denies = async (detail, state = 'unavailable') => {
    const denied = await look(`because ${detail}`);
    assert.deepEqual([denied.verdict, denied.code], ['deny', 'central-opa.deny'], JSON.stringify(denied));
    const fact = await factOf(denied);
    assert.equal(fact.state, state);
    assert.match(fact.detail, detail);
    assert.match(await gateway.must('why', denied.action), detail);
  };
  const next = (answer) => server.answers.push(answer);

  test('an undefined decision, as before the first bundle is there', async () => {
    says = () => undefined;
    await denies(/undefined: OPA has no decision/);
  });

  test('anything that only looks true', async () => {
    for (const value of [1, 'true', 'Allow', ['allow'], { allow: true }, {}, null, 'yes']) {
      says = () => value;
      assert.equal((await look(JSON.stringify(value))).verdict, 'deny', JSON.stringify(value));
    }
  });

  test('a page that says 200', async () => {
    next((response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'));
    await denies(/malformed: OPA answered no JSON/);
  });

  test('an answer that two readers read differently', async () => {
    next((response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":false,"result":"allow"}'));
    await denies(/malformed: /);
  });

  test('a redirect to where it would be allowed', async () => {
    next((response) => response.writeHead(307, { location: '/v1/data/agents/allow_all' }).end());
    await denies(/status 307/);
  });

  test('an answer cut short', async () => {
    next((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"result":"allow"', () => response.destroy());
    });
    await denies(/unreachable|malformed/);
  });

  test('an answer that never ends', async () => {
    next((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(`{"result":"${'x'.repeat(100_000)}"}`));
    await denies(/malformed: /);
  });

  test('no answer in time', async () => {
    says = () => 'allow';
    next(() => {});
    await denies(/late|no answer within 2s/, 'timeout');
  });

  test('nobody there; and after a few in a row nobody asks', async () => {
    const port = server.port();
    says = () => 'allow';
    const good = await look('closes the breaker');
    assert.equal(good.verdict, 'allow');
    await report(good);
    await server.close();
    for (let i = 0; i < 3; ++i) await denies(/unreachable: /);
    await denies(/breaker open: OPA failed 3 times in a row; it is tried again in /);
    const listening = await opa({ 'agents/decision': () => 'allow' });
    await listening.close();
    await listening.listen(port);
    await denies(/breaker open: /);
    assert.deepEqual(listening.asked, []);
    await listening.close();
  });
});

test('replay decides by what was recorded, without asking', async () => {
  const matrix = JSON.parse(await gateway.must('replay', '--policy', gateway.registry, '--json'));
  assert.deepEqual([matrix.matrix.allow.deny, matrix.matrix.deny.allow, matrix.matrix.hold.allow], [0, 0, 0], JSON.stringify(matrix));
});
