// OpenID AuthZEN 1.0: the requests and decisions of its public certification scenario (Basic, Batch, Search, Discovery), with a
// registry that means the same. The scenario's user is an agent here, its record an upstream, its actions are tools.
// https://github.com/openid/authzen/blob/main/certification/authorization-api-1_0-scenario.md
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bailiwick } from '../lib/bailiwick.mjs';
import { office } from '../lib/office.mjs';
import { yaml } from '../lib/registry.mjs';

const external = { external: true, environment: 'sandbox', system_owner: 'ana', risk_owner: 'rita' };
const properties = { type: 'object', properties: { status: { type: 'string' }, role: { type: 'string' }, soft: { type: 'boolean' } } };
const record = (name) => ({
  kind: 'Upstream',
  name,
  ...external,
  tools: Object.fromEntries(['read', 'write', 'delete'].map((tool) => [tool, { tier: tool === 'read' ? 'read' : 'write', reversible: true, input_schema: properties }])),
});
const records = ['record-1', 'record-2'];
const may = { environments: ['sandbox'], tools: records.flatMap((name) => ['read', 'write', 'delete'].map((tool) => `${name}/${tool}`)) };
const archived = 'has(args.status) && args.status == "archived"';
const admin = 'has(args.role) && args.role == "admin"';
const rules = [
  { id: 'read', match: { tier: 'read' }, effect: 'allow' },
  { id: 'write.own', match: { tool: '*/write', agent: 'alice' }, unless: archived, effect: 'allow' },
  { id: 'write.archive', match: { tool: '*/write' }, all: [archived, admin], effect: 'allow' },
  { id: 'delete.softly', match: { tool: '*/delete', agent: 'alice' }, when: 'has(args.soft) && args.soft', effect: 'allow' },
  { id: 'stamped', match: { tool: '*/delete', agent: 'bob' }, effect: 'allow', oblige: [{ stamp: { with: ['agent'] } }] },
  { id: 'held', match: { tool: 'record-2/delete', agent: 'alice' }, when: '!has(args.soft)', effect: 'hold' },
];
const registry = {
  'bailiwick.yaml': yaml([
    ...['ana', 'rita'].map((name) => ({ kind: 'Person', name })),
    ...['alice', 'bob'].map((name) => ({ kind: 'Agent', name, owner: 'ana', steward: 'ana', may })),
    { kind: 'Workflow', name: 'records', accountable: 'ana', agents: ['alice', 'bob'], autonomy: 'production', may },
    { kind: 'Policy', name: 'records', rules },
    ...records.map(record),
  ]),
};

let gateway, people, alices;
before(async () => {
  gateway = await bailiwick({ registry });
  alices = await gateway.token('alice', 'records');
  people = office(gateway);
});
after(async () => {
  people.close();
  await gateway.stop();
});

async function send(base, token, path, body, { type = 'application/json', headers = {} } = {}) {
  const response = await fetch(`${base}/access/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...(type && { 'content-type': type }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, ...(await response.json()) };
}
const post = (path, body, more) => send(gateway.admin, readFileSync(join(gateway.data, 'operator.token'), 'utf8').trim(), path, body, more);
const asAlice = (path, body) => send(gateway.agents, alices, path, body);
const evaluate = (body, more) => post('evaluation', body, more);
const batch = async (body) => {
  const { status, evaluations } = await post('evaluations', body);
  assert.equal(status, 200);
  return evaluations.map(({ decision }) => decision);
};

const alice = { type: 'agent', id: 'alice' };
const bob = { type: 'agent', id: 'bob' };
const on = (id, status) => ({ type: 'upstream', id, ...(status && { properties: { status } }) });
const action = (name, soft) => ({ name, ...(soft !== undefined && { properties: { soft } }) });

describe('Basic', () => {
  for (const [what, subject, act, resource, decision] of [
    ['1', alice, action('read'), on('record-1'), true],
    ['2', alice, action('write'), on('record-1'), true],
    ['3', bob, action('read'), on('record-1'), true],
    ['4', bob, action('write'), on('record-1'), false],
    ['5', alice, action('write'), on('record-2', 'archived'), false],
    ['6', { ...bob, properties: { role: 'admin' } }, action('write'), on('record-2', 'archived'), true],
    ['7', alice, action('delete', true), on('record-1'), true],
    ['8', alice, action('delete', false), on('record-1'), false],
  ]) {
    test(`rule ${what} of the fixture, the same each time`, async () => {
      for (let i = 0; i < 3; ++i) {
        const said = await evaluate({ subject, action: act, resource, context: { ip: '192.0.2.1' } });
        assert.deepEqual([said.status, said.decision], [200, decision], JSON.stringify(said));
      }
    });
  }

  const good = { subject: alice, action: action('read'), resource: on('record-1') };
  test('further properties and fields are no obstacle', async () => {
    const more = { ...good, subject: { ...alice, properties: { department: 'Sales' } }, foo: 'bar', futureField: { nested: true } };
    assert.equal((await evaluate(more)).decision, true);
  });

  test('what is missing or of a wrong type is a 400', async () => {
    const without = (key, field) => {
      const { [key]: entity, ...rest } = good;
      if (!field) return rest;
      const { [field]: gone, ...left } = entity;
      return { ...rest, [key]: left };
    };
    const wrong = [
      ...['subject', 'action', 'resource'].map((key) => without(key)),
      ...[['subject', 'type'], ['subject', 'id'], ['action', 'name'], ['resource', 'type'], ['resource', 'id']].map((path) => without(...path)),
      { ...good, subject: 'alice' },
      { ...good, action: { name: 123 } },
      { ...good, resource: { ...on('record-1'), properties: [] } },
      { ...good, subject: { ...alice, properties: { a: 1 } }, resource: { ...on('record-1'), properties: { a: 2 } } },
      '',
      '{',
      '[]',
    ];
    for (const body of wrong) assert.equal((await evaluate(body)).status, 400, JSON.stringify(body));
    assert.equal((await evaluate(good, { type: 'text/plain' })).status, 400);
  });

  test('X-Request-ID comes back, of an error too, and is not needed', async () => {
    const headers = { 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' };
    for (const body of [good, '{']) assert.equal((await evaluate(body, { headers })).headers.get('x-request-id'), headers['x-request-id']);
    assert.equal((await evaluate(good)).status, 200);
    assert.equal((await evaluate(good, { headers: { authorization: 'Bearer no' } })).status, 401);
  });
});

describe('Batch', () => {
  test('defaults, their order, and what comes before them', async () => {
    assert.deepEqual(await batch({ subject: bob, resource: on('record-1'), evaluations: [{ action: action('read') }, { action: action('write') }] }), [true, false]);
    const write = { action: action('write') };
    assert.deepEqual(await batch({ subject: alice, ...write, evaluations: [{ resource: on('record-1', 'active') }, { resource: on('record-2', 'archived') }] }), [true, false]);
    assert.deepEqual(await batch({ ...write, resource: on('record-2', 'archived'), evaluations: [{ subject: alice }, { subject: { ...bob, properties: { role: 'admin' } } }] }), [false, true]);
    const parts = [{ resource: { id: 'record-1', properties: { status: 'active' } } }, { resource: on('record-2', 'archived') }];
    assert.deepEqual(await batch({ subject: alice, ...write, resource: { type: 'upstream' }, evaluations: parts }), [true, false]);
    const whole = [[alice, 'read'], [bob, 'write']].map(([subject, name]) => ({ subject, action: { name }, resource: on('record-1') }));
    assert.deepEqual(await batch({ evaluations: whole }), [true, false]);
  });

  test('an item that is wrong is denied alone', async () => {
    assert.deepEqual(await batch({ subject: alice, action: action('read'), evaluations: [{ resource: on('record-1') }, {}, 7] }), [true, false, false]);
  });

  test('without a batch, or with an empty one, it is one evaluation', async () => {
    const one = { subject: alice, action: action('read'), resource: on('record-1') };
    for (const body of [one, { ...one, evaluations: [] }]) assert.equal((await post('evaluations', body)).decision, true);
  });

  test('it ends early where that is asked for', async () => {
    const evaluations = ['read', 'write', 'read'].map((name) => ({ action: { name } }));
    const all = { subject: bob, resource: on('record-1'), evaluations };
    const until = (evaluations_semantic) => batch({ ...all, options: { evaluations_semantic } });
    assert.deepEqual(await until('execute_all'), [true, false, true]);
    assert.deepEqual(await until('deny_on_first_deny'), [true, false]);
    assert.deepEqual(await until('permit_on_first_permit'), [true]);
    assert.equal((await post('evaluations', { ...all, options: { evaluations_semantic: 'some' } })).status, 400);
    assert.equal((await post('evaluations', { ...all, evaluations: Array(101).fill({ action: { name: 'read' } }) })).status, 400);
  });
});

const ids = ({ results }) => results.map(({ id, name }) => id ?? name);
async function search(what, body) {
  const found = await post(`search/${what}`, body);
  assert.equal(found.status, 200, found.error);
  if (what === 'action') assert.ok(found.results.every(({ name }) => name));
  else assert.ok(found.results.every(({ type, id }) => id && type === body[what].type));
  assert.equal(found.page.count, found.results.length);
  return found;
}

describe('Search', () => {
  const context = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' };
  const [agent, upstream] = [{ type: 'agent' }, { type: 'upstream' }];
  const admins = { ...bob, properties: { role: 'admin' } };
  const read = action('read');

  test('subjects: with a context and with an id that is passed over, and by properties', async () => {
    const who = { subject: agent, action: read, resource: on('record-1') };
    for (const more of [{}, { context }, { subject: alice }]) assert.deepEqual(ids(await search('subject', { ...who, ...more })), ['alice', 'bob']);
    assert.deepEqual(ids(await search('subject', { ...who, action: action('write') })), ['alice']);
    const archives = { subject: { ...agent, properties: { role: 'admin' } }, action: action('write'), resource: on('record-2', 'archived') };
    assert.deepEqual(ids(await search('subject', archives)), ['alice', 'bob']);
    assert.deepEqual(ids(await search('subject', { ...archives, subject: agent })), []);
  });

  test('resources: the same, and the other type', async () => {
    const what = { subject: alice, action: read, resource: upstream };
    for (const more of [{}, { context }, { resource: on('record-1') }]) assert.deepEqual(ids(await search('resource', { ...what, ...more })), records);
    const archived = { ...upstream, properties: { status: 'archived' } };
    assert.deepEqual(ids(await search('resource', { subject: admins, action: action('write'), resource: archived })), records);
    assert.deepEqual(ids(await search('resource', { subject: bob, action: action('write'), resource: archived })), []);
    assert.deepEqual(ids(await search('resource', { subject: bob, action: action('call'), resource: { type: 'tool' } })), ['record-1/read', 'record-2/read']);
  });

  test('actions', async () => {
    const which = { subject: alice, resource: on('record-1') };
    for (const more of [{}, { context }]) assert.deepEqual(ids(await search('action', { ...which, ...more })), ['read', 'write']);
    assert.deepEqual(ids(await search('action', { subject: admins, resource: on('record-2', 'archived') })), ['read', 'write']);
    assert.deepEqual(ids(await search('action', { subject: bob, resource: { type: 'tool', id: 'record-1/read' } })), ['call']);
    assert.deepEqual(ids(await search('action', { subject: bob, resource: { type: 'tool', id: 'record-1/write' } })), []);
  });

  test('what is found is what an evaluation permits, and nothing else is', async () => {
    for (const resource of records.map((id) => on(id))) {
      for (const subject of [alice, bob, admins]) {
        const found = ids(await search('action', { subject, resource }));
        for (const name of ['read', 'write', 'delete']) {
          const { decision } = await evaluate({ subject, action: { name }, resource });
          assert.equal(found.includes(name), decision, `${subject.id} ${name} ${resource.id}`);
        }
      }
    }
  });

  test('page by page, with a limit and without: each once, in the same order', async () => {
    const what = { subject: alice, action: action('call'), resource: { type: 'tool' } };
    const whole = ids(await search('resource', what));
    assert.deepEqual(whole, ['record-1/read', 'record-1/write', 'record-2/read', 'record-2/write']);
    for (const again of [{ limit: 1 }, {}]) {
      const found = [];
      let page = { limit: 1 };
      do {
        const part = await search('resource', { ...what, page });
        assert.ok(part.results.length <= 1);
        found.push(...ids(part));
        page = { ...again, token: part.page.next_token };
      } while (page.token);
      assert.deepEqual(found, whole);
    }
    const none = await search('resource', { ...what, page: { limit: 0 } });
    assert.deepEqual([none.results, none.page.next_token !== ''], [[], true]);
  });

  test('a token is for its own search', async () => {
    const who = { subject: agent, action: read, resource: on('record-1') };
    const { page } = await search('subject', { ...who, page: { limit: 1 } });
    const wrong = [
      { ...who, page: { limit: 2, token: page.next_token } },
      { ...who, resource: on('record-2'), page: { token: page.next_token } },
      { ...who, resource: on('record-1', 'archived'), page: { token: page.next_token } },
      { ...who, page: { token: 'a3M9NDU2O3N6PTI=' } },
      { ...who, page: { token: page.next_token.slice(0, 8) } },
      { ...who, page: { token: 7 } },
      { ...who, page: { limit: -1 } },
      { ...who, page: { limit: '1' } },
      { ...who, page: [] },
    ];
    for (const body of wrong) {
      const said = await post('search/subject', body);
      assert.deepEqual([said.status, /^`page/.test(said.error)], [400, true], JSON.stringify(body));
    }
    assert.deepEqual(ids(await search('subject', { ...who, page: { token: page.next_token } })), ['bob']);
  });

  test('what is not known is found nowhere', async () => {
    const nobody = { type: 'agent', id: 'nonexistent-user' };
    const empty = [
      ['action', { subject: nobody, resource: on('record-1') }],
      ['resource', { subject: nobody, action: read, resource: upstream }],
      ['subject', { subject: { type: 'spaceship' }, action: read, resource: on('record-1') }],
      ['action', { subject: { type: 'spaceship', id: 'alice' }, resource: on('record-1') }],
      ['resource', { subject: alice, action: read, resource: { type: 'spaceship' } }],
      ['action', { subject: alice, resource: { type: 'spaceship', id: 'record-1' } }],
      ['action', { subject: alice, resource: on('record-9') }],
      ['resource', { subject: alice, action: action('fly'), resource: upstream }],
      ['subject', { subject: agent, action: action('fly'), resource: on('record-1') }],
    ];
    for (const [what, body] of empty) assert.deepEqual((await search(what, body)).results, [], JSON.stringify(body));
    assert.match((await search('action', empty[0][1])).context.reason, /nonexistent-user/);
  });

  test('what is missing is a 400; which that is, the endpoint says', async () => {
    const open = { subject: agent, action: read, resource: upstream };
    const wrong = [
      ['subject', { subject: agent, resource: on('record-1') }],
      ['resource', { action: read, resource: upstream }],
      ['action', { subject: alice }],
      ['subject', open],
      ['resource', open],
      ['action', { subject: agent, resource: on('record-1') }],
      ['action', { subject: alice, resource: upstream }],
      ['subject', { subject: {}, action: read, resource: on('record-1') }],
      ['action', '{'],
      ['action', '[]'],
    ];
    for (const [what, body] of wrong) assert.equal((await post(`search/${what}`, body)).status, 400, JSON.stringify(body));
    assert.equal((await post('search/everything', open)).status, 404);
  });

  test('X-Request-ID comes back', async () => {
    const headers = { 'x-request-id': 'a search' };
    assert.equal((await post('search/action', { subject: alice, resource: on('record-1') }, { headers })).headers.get('x-request-id'), 'a search');
  });
});

describe("with an agent's own token", () => {
  const read = { action: action('read'), resource: on('record-1') };

  test('an agent asks for itself', async () => {
    assert.equal((await asAlice('evaluation', { subject: alice, ...read })).decision, true);
    const whole = { ...alice, properties: { workflow: 'records', environment: 'sandbox' } };
    assert.equal((await asAlice('evaluation', { subject: whole, ...read })).decision, true);
    assert.deepEqual(ids(await asAlice('search/action', { subject: alice, resource: on('record-1') })), ['read', 'write']);
    assert.deepEqual(ids(await asAlice('search/resource', { subject: alice, action: action('read'), resource: { type: 'upstream' } })), records);
  });

  test('and for nobody else: not alone, not in a batch, not by a search', async () => {
    for (const subject of [bob, { type: 'agent', id: 'eve' }, { ...alice, properties: { workflow: 'payroll' } }, { ...alice, properties: { environment: 'production' } }]) {
      const said = await asAlice('evaluation', { subject, ...read });
      assert.deepEqual([said.status, said.decision], [403, undefined]);
      assert.match(said.error, /for agent alice in workflow records and environment sandbox alone; an operator/);
      assert.equal((await asAlice('search/action', { subject, resource: on('record-1') })).status, 403);
      assert.equal((await asAlice('search/resource', { subject, action: action('read'), resource: { type: 'upstream' } })).status, 403);
    }
    const { evaluations } = await asAlice('evaluations', { ...read, evaluations: [{ subject: alice }, { subject: bob }] });
    assert.deepEqual(evaluations.map(({ decision, context }) => [decision, context.code]), [[true, 'read'], [false, 'forbidden']]);
    assert.deepEqual(ids(await asAlice('search/subject', { subject: { type: 'agent' }, ...read })), ['alice']);
  });

  test('each listener takes its own tokens, and says where it is', async () => {
    const operator = readFileSync(join(gateway.data, 'operator.token'), 'utf8').trim();
    assert.equal((await send(gateway.agents, operator, 'evaluation', { subject: alice, ...read })).status, 401);
    assert.equal((await send(gateway.admin, alices, 'evaluation', { subject: alice, ...read })).status, 401);
    const revoked = await gateway.token('bob', 'records');
    await gateway.must('token', 'revoke', '--agent', 'bob', '--reason', 'a test');
    assert.equal((await send(gateway.agents, revoked, 'evaluation', { subject: bob, ...read })).status, 401);
  });
});

test('Discovery, on both listeners', async () => {
  for (const base of [gateway.admin, gateway.agents]) {
    const metadata = await (await fetch(`${base}/.well-known/authzen-configuration`)).json();
    assert.deepEqual(metadata, {
      policy_decision_point: base,
      access_evaluation_endpoint: `${base}/access/v1/evaluation`,
      access_evaluations_endpoint: `${base}/access/v1/evaluations`,
      search_subject_endpoint: `${base}/access/v1/search/subject`,
      search_resource_endpoint: `${base}/access/v1/search/resource`,
      search_action_endpoint: `${base}/access/v1/search/action`,
    });
  }
});

test('what a permit could not carry is none: a hold, a change on the way, a kill, who or what is unknown', async () => {
  const told = async (subject, name, resource) => {
    const { decision, context } = await evaluate({ subject, action: { name }, resource });
    assert.equal(decision, false);
    return context;
  };
  assert.equal((await told(alice, 'delete', on('record-2'))).verdict, 'hold');
  assert.match((await told(bob, 'delete', on('record-1'))).obliges, /send it through Bailiwick/);
  assert.match((await told({ type: 'user', id: 'alice' }, 'read', on('record-1'))).reason, /type agent/);
  assert.match((await told({ type: 'agent', id: 'eve' }, 'read', on('record-1'))).reason, /eve/);
  assert.equal((await told(alice, 'fly', on('record-1'))).code, 'unknown');
  await gateway.must('kill', 'agent:alice', '--reason', 'a test');
  assert.equal((await told(alice, 'read', { type: 'upstream', id: 'record-1' })).code, 'killed');
  await gateway.must('unkill', 'agent:alice', '--reason', 'enough');
  const whole = await evaluate({ subject: alice, action: { name: 'call' }, resource: { type: 'tool', id: 'record-1/read' } });
  assert.deepEqual([whole.decision, whole.context.rules], [true, ['read']]);
});

test('a question leaves nothing behind', async () => {
  assert.deepEqual(await people.actions(), []);
});
