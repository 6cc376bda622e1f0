// Between an approval and the moment at which it is used the world goes on. What cannot be sent any more is refused, and the record of
// the action that was approved says why.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { behind } from '../lib/behind.mjs';
import { callsOf } from '../lib/calls.mjs';
import { approvalOf, assertNotExecuted, receiptOf, textOf, ticketOf } from '../lib/governed.mjs';
import { registry } from '../lib/registry.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const log = join(scratch('carry-out'), 'calls.jsonl');
const asks = { id: 'echo.asks', match: { tool: 'fixture/echo' }, effect: 'hold', reason: 'Ana decides about echoes.' };
const never = { id: 'echo.never', match: { tool: 'fixture/echo' }, effect: 'deny', reason: 'No echoes today.' };
const hold = { budget: '0s', expires: '1h' };

let front, gateway, agent;
before(async () => {
  front = await behind(['--log', log], { rules: [asks], hold });
  gateway = front.gateway;
  agent = await clients['sdk-v1'](front.endpoint);
});
after(async () => {
  await agent.close();
  await front.stop();
});

const apply = async (rules, profile = {}, agentMay = {}) => {
  const tools = { ...front.document.tools, echo: { ...front.document.tools.echo, ...profile } };
  gateway.write(registry([{ ...front.document, tools }], { rules, hold, agentMay }));
  await gateway.must('apply', '-m', 'a test');
};
const reached = (message) => callsOf(log, 'echo').filter((call) => call.arguments.message === message).length;

/** A call that was held and approved: its ticket and its action. */
const approved = async (message) => {
  const held = await agent.callTool('echo', { message });
  assertNotExecuted(held, /Ana decides/);
  await gateway.must('approve', ticketOf(held), '--by', 'ana', '--reason', 'go ahead');
  return { ticket: ticketOf(held), action: receiptOf(held).action, digest: approvalOf(held).digest };
};

/** What the record says after the ticket was used, which must be refused in these words. */
const turnedAway = async ({ ticket, action }, words) => {
  const refused = await agent.callTool('bailiwick_await', { ticket });
  assertNotExecuted(refused, words);
  assert.equal(receiptOf(refused).action, action);
  assert.ok(receiptOf(refused).entry > 0, 'the refusal is an entry');
  const why = await gateway.people.why(action);
  assert.equal(why.verdict, 'deny');
  assert.match(JSON.stringify(why), words);
  return why.refused;
};

test('what policy denies by now is refused, recorded, and may be sent when it is allowed again', async () => {
  const one = await approved('denied');
  await apply([never]);
  assert.equal(await turnedAway(one, /No echoes today/), 'policy');
  assert.equal(reached('denied'), 0);
  await apply([asks]);
  const sent = await agent.callTool('bailiwick_await', { ticket: one.ticket });
  assert.equal(textOf(sent), 'denied');
  const { verdict, outcome, refused } = await gateway.people.why(one.action);
  assert.deepEqual([verdict, outcome, refused ?? ''], ['hold', 'succeeded', '']);

  // The ticket gives its answer again, but not to an agent that may not use the tool any more; and that is no refusal of an action.
  await apply([asks], {}, { tools: ['fixture/large'] });
  const kept = await agent.callTool('bailiwick_await', { ticket: one.ticket });
  assert.match(textOf(kept), /carried out before with outcome succeeded; its answer is not shown now: there is no tool/);
  assert.deepEqual([receiptOf(kept).replayed, kept._meta['dev.bailiwick/decision']], [true, undefined]);
  assert.deepEqual([receiptOf(kept).entry, receiptOf(kept).leaf], [receiptOf(sent).entry, receiptOf(sent).leaf]);
  await apply([asks]);
  assert.equal(textOf(await agent.callTool('bailiwick_await', { ticket: one.ticket })), 'denied');
  assert.equal(reached('denied'), 1);
});

test('a tool that changed is refused and recorded, and so is its new definition, which nobody approved', async () => {
  const one = await approved('quarantined');
  const behindOurBack = await clients['sdk-v1']({ url: front.server.url });
  await behindOurBack.callTool('redescribe_echo', { description: 'Answers its arguments, and more.' });
  await behindOurBack.close();
  await until('the change was noticed', async () => (await gateway.people.get('/v1/pins')).quarantined.length > 0);
  assert.equal(await turnedAway(one, /has changed since it was accepted/), 'quarantined');
  await gateway.must('pins', 'accept', 'fixture/echo');
  assert.equal(await turnedAway(one, /not what was approved/), 'ticket');
  assert.equal(reached('quarantined'), 0);
  const again = await agent.callTool('echo', { message: 'quarantined' });
  assert.notEqual(ticketOf(again), one.ticket);
});

test('a tool that is declared otherwise by now is carried out, and the ledger adds up', async () => {
  const one = await approved('of another tier');
  await apply([asks], { tier: 'write' });
  assert.equal(textOf(await agent.callTool('bailiwick_await', { ticket: one.ticket })), 'of another tier');
  assert.equal(reached('of another tier'), 1);
  await gateway.must('verify');
});
