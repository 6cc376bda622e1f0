// What a decision brings with it: fields that the agent does not get, arguments that are lowered before anybody sees them,
// a part that people look at, and who is told.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { atTheDesk } from '../lib/behind.mjs';
import { readFileSync } from 'node:fs';
import { assertNotExecuted, receiptOf, textOf } from '../lib/governed.mjs';
import { scratch } from '../lib/scratch.mjs';

const log = join(scratch('obligations'), 'calls.jsonl');
const calls = (tool) => readFileSync(log, 'utf8').trim().split('\n').map((line) => JSON.parse(line)).filter((call) => call.tool === tool);
const unattended = 'The shop said so.';

const rules = [
  {
    id: 'customer.private',
    match: { tool: 'desk/get_customer' },
    effect: 'allow',
    oblige: [{ redact: { fields: ['email'] } }, { redact: { fields: ['phone'], as: 'drop' } }, { log: { message: 'somebody looked' } }],
  },
  {
    id: 'refund.lowered',
    match: { tool: 'desk/create_refund' },
    when: 'args.customer == "C-1001"',
    effect: 'allow',
    unattended,
    oblige: [
      { cap: { argument: 'amount_usd', at: 10, over: 'lower' } },
      { mutate: { set: { reason: 'goodwill' } } },
      { stamp: { with: ['action', 'agent'] } },
      { notify: { to: ['ben'], message: 'a refund' } },
      { undo: {} },
    ],
  },
  {
    id: 'refund.capped',
    match: { tool: 'desk/create_refund' },
    when: 'args.customer == "C-1004"',
    effect: 'allow',
    unattended,
    oblige: [{ cap: { argument: 'amount_usd', at: 10 } }],
  },
  { id: 'refund.much', match: { tool: 'desk/create_refund' }, when: 'args.amount_usd > 50.0', effect: 'hold', reason: 'It is a lot.' },
  {
    id: 'reply.sampled',
    match: { tool: 'desk/send_reply' },
    effect: 'allow',
    unattended,
    oblige: [{ sample: { percent: 100 } }],
  },
];

let front, gateway, agent;
before(async () => {
  const profiles = {
    create_refund: { tier: 'execute', touches: ['money'], reversible: true, undo: 'desk/cancel_refund' },
    cancel_refund: { tier: 'execute', touches: ['money'] },
    send_reply: { tier: 'write', touches: ['public'] },
  };
  front = await atTheDesk({ profiles, rules, log, hold: { budget: '0s', expires: '1h' } });
  gateway = front.gateway;
  agent = await clients['sdk-v1'](gateway.endpoint);
});
after(async () => {
  await agent.close();
  await front.stop();
});

const why = (result) => gateway.people.why(receiptOf(result).action);
const refund = (customer, ticket, amount_usd) =>
  agent.callTool('create_refund', { ticket, customer, amount_usd, reason: 'because I say so' });

test('redacted fields reach neither the agent nor the record', async () => {
  const result = await agent.callTool('get_customer', { customer: 'C-1001' });
  const { email, phone, name } = result.structuredContent;
  assert.deepEqual({ email, phone, name }, { email: '[redacted]', phone: undefined, name: 'Maya Lindqvist' });
  assert.deepEqual(JSON.parse(textOf(result)), result.structuredContent);
  const record = JSON.stringify(await why(result));
  assert.doesNotMatch(record + JSON.stringify(result), /maya\.lindqvist@|555 0143/);
  assert.match(await gateway.must('why', receiptOf(result).action), /obliges to redact: .*"email"/);
  assert.match(gateway.stderr(), /allow desk\/get_customer act_\w+: somebody looked/);
});

test('what is sent is what was lowered and set, and the record says what was asked', async () => {
  const result = await refund('C-1001', 'T-501', 24.5);
  assert.equal(result.structuredContent.amount_usd, 10);
  const [sent] = calls('create_refund');
  assert.deepEqual(sent.arguments, { ticket: 'T-501', customer: 'C-1001', amount_usd: 10, reason: 'goodwill' });
  const { checks, arguments: recorded } = await why(result);
  assert.equal(recorded.amount_usd, 10);
  assert.deepEqual(checks.changes, [
    { argument: 'reason', from: 'because I say so', to: 'goodwill' },
    { argument: 'amount_usd', from: 24.5, to: 10 },
  ]);
  assert.match(gateway.stderr(), /notify ben: allow desk\/create_refund of agent tester in workflow testing: act_\w+: a refund/);
});

test('a rule about what was asked for is not lost when it is lowered, and the approval binds what is sent', async () => {
  const held = await refund('C-1001', 'T-501', 60);
  assertNotExecuted(held, /It is a lot/);
  const { reviews } = await gateway.people.get('/v1/reviews');
  const review = reviews.find(({ arguments: { customer } }) => customer === 'C-1001');
  assert.equal(review.arguments.amount_usd, 10);
  assert.equal((await gateway.cli('approve', review.ticket, '--by', 'ana', '--reason', 'ten are fine')).code, 0);
  const paid = await refund('C-1001', 'T-501', 60);
  assert.equal(paid.structuredContent.amount_usd, 10);
});

test('a cap that does not lower denies', async () => {
  assert.equal((await refund('C-1004', 'T-504', 10)).structuredContent.amount_usd, 10);
  const result = await refund('C-1004', 'T-504', 10.01);
  assertNotExecuted(result, /argument `amount_usd` is 10\.01, above 10/);
  assert.equal((await why(result)).checks.determining[0].rule, 'builtin/obligation');
});

test('a sample of what would pass is looked at', async () => {
  const result = await agent.callTool('send_reply', { ticket: 'T-504', text: 'On its way.' });
  assertNotExecuted(result, /in the sample/);
  assert.equal((await why(result)).checks.determining[0].rule, 'builtin/sample');
});
