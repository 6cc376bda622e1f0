// OpenID AuthZEN 1.0: the requests and decisions of its public certification scenario (Basic, Batch, Discovery), with a
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

let gateway, people;
before(async () => {
  gateway = await bailiwick({ registry });
  people = office(gateway);
});
after(async () => {
  people.close();
  await gateway.stop();
});

async function post(path, body, { type = 'application/json', headers = {} } = {}) {
  const token = readFileSync(join(gateway.data, 'operator.token'), 'utf8').trim();
  const response = await fetch(`${gateway.admin}/access/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...(type && { 'content-type': type }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, ...(await response.json()) };
}
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

test('Discovery', async () => {
  const metadata = await (await fetch(`${gateway.admin}/.well-known/authzen-configuration`)).json();
  assert.deepEqual(metadata, {
    policy_decision_point: gateway.admin,
    access_evaluation_endpoint: `${gateway.admin}/access/v1/evaluation`,
    access_evaluations_endpoint: `${gateway.admin}/access/v1/evaluations`,
  });
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
