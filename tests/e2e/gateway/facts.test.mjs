// What policy knows that no agent told it: looked up in the desk itself, at a URL and in a file, for every decision.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { atTheDesk } from '../lib/behind.mjs';
import { assertNotExecuted, receiptOf } from '../lib/governed.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const log = join(scratch('facts'), 'calls.jsonl');
const calls = (tool) => readFileSync(log, 'utf8').trim().split('\n').map((line) => JSON.parse(line)).filter((call) => call.tool === tool);

const facts = (url) => ({
  kind: 'Facts',
  name: 'desk',
  facts: {
    tenure: { tool: 'desk/get_customer', arguments: { customer: 'args.customer' }, value: 'result.tenure_months', type: 'int' },
    refunded: { tool: 'desk/get_customer', arguments: { customer: 'args.customer' }, value: 'result.lifetime_refunds_usd', type: 'double' },
    fraud: {
      url,
      arguments: { customer: 'args.customer' },
      credential: { header: 'X-Key', from: { env: 'RISK_KEY' } },
      value: 'result.score',
      type: 'double',
      timeout: '1s',
    },
    frozen: { file: 'calendar.json', value: 'result.frozen', type: 'bool' },
  },
});

const rules = [
  {
    id: 'refund.known',
    match: { tool: 'desk/create_refund' },
    when: 'facts.tenure >= 12',
    effect: 'allow',
    unattended: 'Who has been here for a year is trusted.',
  },
  {
    id: 'refund.risky',
    match: { tool: 'desk/create_refund' },
    any: ['facts.fraud >= 0.7', 'facts.refunded > 400.0'],
    effect: 'hold',
    reason: 'Somebody looks at it.',
  },
  { id: 'refund.freeze', match: { tool: 'desk/create_refund' }, when: 'facts.frozen', effect: 'deny', reason: 'The books are closed.' },
];

let front, risk, gateway, agent;
const scores = { 'C-1001': 0.1, 'C-1003': 0.1, 'C-1004': 0.9 };
const asked = [];
let healthy = true;

before(async () => {
  risk = createServer((request, response) => {
    asked.push({ url: request.url, key: request.headers['x-key'] });
    const customer = new URL(request.url, 'http://x').searchParams.get('customer');
    response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ score: scores[customer] }));
  });
  await new Promise((resolve) => risk.listen(0, '127.0.0.1', resolve));
  const profiles = { create_refund: { tier: 'execute', touches: ['money'], reversible: true } };
  front = await atTheDesk({
    profiles,
    rules,
    log,
    documents: [facts(`http://127.0.0.1:${risk.address().port}/score`)],
    env: { RISK_KEY: 'risk-secret' },
  });
  gateway = front.gateway;
  gateway.write({ 'calendar.json': '{"frozen": false}' });
  agent = await clients['sdk-v2-auto'](gateway.endpoint);
});
after(async () => {
  await agent.close();
  await front.stop();
  risk.close();
});

const refund = (ticket, customer, amount_usd = 5) =>
  agent.callTool('create_refund', { ticket, customer, amount_usd, reason: 'as promised' });
const why = (result) => gateway.people.why(receiptOf(result).action);
const fact = (record, name) => record.checks.facts.find((one) => one.fact === name);
const reviewOf = (customer) =>
  until('it is held', async () => {
    const { reviews } = await gateway.people.get('/v1/reviews');
    return reviews.find((review) => review.arguments.customer === customer);
  });
const decide = async (verb, customer) => {
  const { ticket } = await reviewOf(customer);
  assert.equal((await gateway.cli(verb, ticket, '--by', 'ana', '--reason', 'looked at it')).code, 0);
};

test('facts decide, and the record says which, from where, and how old', async () => {
  const result = await refund('T-501', 'C-1001');
  assert.equal(result.structuredContent.status, 'paid');
  assert.equal(calls('get_customer').length, 1, 'two facts of one answer');
  assert.deepEqual(asked.at(-1), { url: '/score?customer=C-1001', key: 'risk-secret' });

  const record = await why(result);
  assert.deepEqual([record.verdict, record.outcome], ['allow', 'succeeded']);
  const { at, age_ms, ...tenure } = fact(record, 'tenure');
  assert.deepEqual(tenure, { fact: 'tenure', state: 'known', value: 41, source: 'desk/get_customer' });
  assert.ok(Date.parse(at) > 0 && age_ms >= 0);
  assert.equal(fact(record, 'fraud').value, 0.1);
  assert.equal(fact(record, 'frozen').source, 'calendar.json');
  assert.doesNotMatch(JSON.stringify(record), /risk-secret|desk-secret/);
  const text = await gateway.must('why', receiptOf(result).action);
  assert.match(text, /fact tenure was 41, from desk\/get_customer, \d+m?s old/);
});

test('a look-up is no action of the agent', async () => {
  const actions = await gateway.people.actions();
  assert.deepEqual([...new Set(actions.map(({ tool }) => tool))], ['desk/create_refund']);
});

test('what a fact forbids is not done, whatever the agent says', async () => {
  const held = refund('T-503', 'C-1003');
  const review = await reviewOf('C-1003');
  assert.equal(review.state, 'held');
  await decide('deny', 'C-1003');
  assertNotExecuted(await held, /looked at it/);
});

test('what was approved is looked at again: facts may have changed while it waited', async () => {
  const first = refund('T-504', 'C-1004');
  await reviewOf('C-1004');
  gateway.write({ 'calendar.json': '{"frozen": true}' });
  await decide('approve', 'C-1004');
  const result = await first;
  assertNotExecuted(result, /The books are closed/);
  assert.equal(fact(await why(result), 'frozen').value, true);
  gateway.write({ 'calendar.json': '{"frozen": false}' });
});

test('a source that fails makes the decision stricter, and the record says so', async () => {
  healthy = false;
  const held = refund('T-501', 'C-1001', 6);
  await reviewOf('C-1001');
  await decide('deny', 'C-1001');
  const result = await held;
  const { action } = (await gateway.people.actions()).find(({ verdict }) => verdict === 'hold');
  const record = await gateway.people.why(action);
  assert.equal(fact(record, 'fraud').state, 'unavailable');
  assert.match(fact(record, 'fraud').detail, /status 503/);
  assert.match(await gateway.must('why', action), /fact fraud was unavailable, from http:.*: .*503/);
  assertNotExecuted(result, /denied/);
  healthy = true;
});

test('a file that is gone closes the books', async () => {
  rmSync(join(gateway.registry, 'calendar.json'));
  const result = await refund('T-501', 'C-1001', 7);
  assertNotExecuted(result, /refund\.freeze denies it/);
});
