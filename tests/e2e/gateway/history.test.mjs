// What a run did before decides what it may do next: where an argument came from, and what the run has read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { atTheDesk } from '../lib/behind.mjs';
import { profiles, rules } from '../lib/looking-back.mjs';

let front, gateway, people, caller;
before(async () => {
  front = await atTheDesk({ rules, profiles, hold: { budget: '0s', expires: '1h' } });
  ({ gateway, people, caller } = front);
});
after(() => front.stop());

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
