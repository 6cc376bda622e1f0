// What a run did before decides what it may do next: where an argument came from, and what the run has read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agents } from '../lib/agents.mjs';
import { bailiwick } from '../lib/bailiwick.mjs';
import { start } from '../lib/children.mjs';
import { office } from '../lib/office.mjs';
import { desk } from '../lib/paths.mjs';
import { agent, registry, upstream, workflow } from '../lib/registry.mjs';

const rules = [
  {
    id: 'access.customer',
    match: { tool: 'desk/grant_access' },
    when: 'run.returned(args.user, "desk/get_customer")',
    effect: 'allow',
    unattended: 'The address is the one we have of the customer.',
  },
  {
    id: 'access.from-ticket',
    match: { tool: 'desk/grant_access' },
    when: 'run.mentioned(args.user, "desk/*ticket*")',
    effect: 'hold',
    reason: 'The address stood in a ticket.',
  },
  { id: 'reply.clean', match: { tool: 'desk/send_reply' }, effect: 'allow', unattended: 'Nobody told the agent what to write.' },
  {
    id: 'reply.steered',
    match: { tool: 'desk/send_reply' },
    when: '"untrusted" in run.labels',
    effect: 'hold',
    reason: 'The agent has read what anybody can write.',
  },
  {
    id: 'customer.thrice',
    match: { tool: 'desk/get_customer' },
    when: 'run.calls("desk/get_customer") >= 3',
    effect: 'deny',
    reason: 'Three customers are enough for one run.',
  },
];
const profiles = {
  get_ticket: { tier: 'read', labels: ['untrusted'] },
  list_tickets: { tier: 'read', labels: ['untrusted'] },
  grant_access: { tier: 'execute', touches: ['access'], reversible: true },
  send_reply: { tier: 'write', touches: ['public'] },
};

let server, gateway, people, caller;
before(async () => {
  server = await start('node', [desk], { env: { ...process.env, DESK_API_KEY: 'desk-secret' } });
  const credential = { header: 'Authorization', prefix: 'Bearer ', from: { env: 'DESK_KEY' } };
  const document = await upstream('desk', { url: server.url, token: 'desk-secret' }, { profiles, credential });
  const files = registry([document], { rules, hold: { budget: '0s', expires: '1h' } });
  gateway = await bailiwick({ registry: files, env: { DESK_KEY: 'desk-secret' } });
  people = office(gateway);
  await people.ready('desk');
  caller = agents(gateway.mcp, await gateway.token(agent, workflow));
});
after(async () => {
  caller.close();
  people.close();
  await gateway.stop();
  await server.stop();
});

const grant = (user, run) => caller.call('grant_access', { user, role: 'viewer' }, { run });
const ruleOf = async ({ receipt }) => (await people.why(receipt.action)).checks.determining[0]?.rule;
const textOf = ({ result }) => result.content[0].text;

test('an address that nobody looked up is refused', async () => {
  const answer = await grant('maya.lindqvist@example.com', 'stranger');
  assert.equal(answer.done, false);
  assert.match(textOf(answer), /no rule allows/);
});

test('an address that a trusted tool returned in this run passes, however it is spelled, and in this run only', async () => {
  assert.ok((await caller.call('get_customer', { customer: 'C-1001' }, { run: 'known' })).done);
  const answer = await grant('Maya.Lindqvist@Example.com', 'known');
  assert.equal(answer.done, true, answer.text);
  assert.equal(await ruleOf(answer), 'access.customer');
  assert.equal((await grant('tom.okafor@example.com', 'known')).done, false);
  assert.equal((await grant('maya.lindqvist@example.com', 'other')).done, false);
});

test('an address that stood in a ticket goes to a person, although the ticket says that all is well', async () => {
  assert.ok((await caller.call('get_ticket', { ticket: 'T-505' }, { run: 'lured' })).done);
  const answer = await grant('ana.ferreira@example.com', 'lured');
  assert.match(textOf(answer), /^NOT EXECUTED.*The address stood in a ticket\./s);
  assert.equal(await ruleOf(answer), 'access.from-ticket');
});

test('a run that read what anybody can write carries the label from then on', async () => {
  const reply = (run) => caller.call('send_reply', { ticket: 'T-504', text: `hello from ${run}` }, { run });
  assert.equal((await reply('fresh')).done, true);
  assert.equal((await reply('lured')).done, false);
  assert.equal(await ruleOf(await reply('lured')), 'reply.steered');
});

test('calls of a run are counted', async () => {
  const look = (customer) => caller.call('get_customer', { customer }, { run: 'curious' });
  for (const customer of ['C-1001', 'C-1002', 'C-1003']) assert.ok((await look(customer)).done);
  const fourth = await look('C-1004');
  assert.equal(fourth.done, false);
  assert.match(textOf(fourth), /Three customers are enough/);
});

test('all of it is still known after a crash', async () => {
  await gateway.kill();
  await gateway.restart();
  await people.ready('desk');
  assert.equal((await grant('maya.lindqvist@example.com', 'known')).done, true);
  assert.equal(await ruleOf(await grant('Ana.Ferreira@example.com', 'lured')), 'access.from-ticket');
  assert.equal((await caller.call('get_customer', { customer: 'C-1005' }, { run: 'curious' })).done, false);
});
