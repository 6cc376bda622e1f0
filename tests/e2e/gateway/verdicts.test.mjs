// Allowed, denied, held: what an agent gets, what reached the upstream, and what `why` says of it afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { approvalOf, assertNotExecuted, governed, receiptOf, textOf, ticketOf } from '../lib/governed.mjs';

let front, why;
before(async () => {
  front = await governed();
  why = (result) => front.gateway.people.why(receiptOf(result).action);
});
after(() => front.stop());
const decide = (verb, { ticket }, by = 'ana') =>
  front.gateway.cli(verb, ticket, '--by', by, '--reason', 'looked at it');

for (const name of ['sdk-v1', 'sdk-v2', 'sdk-v2-auto', 'ai-sdk']) {
  describe(name, () => {
    let agent;
    before(async () => {
      agent = await clients[name](front.endpoint);
    });
    after(() => agent.close());

    test('what is allowed is carried out', async () => {
      const result = await agent.callTool('large', { bytes: 1000 });
      assert.equal(textOf(result).length, 1000);
      const { verdict, outcome, owners } = await why(result);
      assert.deepEqual([verdict, outcome, owners.accountable], ['allow', 'succeeded', 'ana']);
    });

    test('what is denied is refused in words, and goes nowhere', async () => {
      const args = { bytes: 1001 };
      const result = await agent.callTool('large', args);
      assertNotExecuted(result, /denied: rule large\.no denies it: At most 1000 bytes; ask for less\./);
      assert.equal(front.reached('large', args), 0);
      const { verdict, checks } = await why(result);
      assert.equal(verdict, 'deny');
      assert.equal(checks.determining[0].rule, 'large.no');
    });

    test('what is held waits with the call open, and is carried out when approved', async () => {
      const args = { note: `${name} waits` };
      const call = agent.callTool('increment', args);
      const review = await front.held(args);
      assert.deepEqual([review.tool, review.state, review.reviewers], ['fixture/increment', 'held', ['ana']]);
      assert.equal(front.reached('increment', args), 0);

      assert.equal((await decide('approve', review, 'nobody')).code, 1);
      assert.equal(front.reached('increment', args), 0);
      assert.equal((await decide('approve', review)).code, 0);

      const result = await call;
      assert.equal(typeof result.structuredContent.counter, 'number');
      assert.equal(front.reached('increment', args), 1);
      assert.match((await why(result)).approver.summary, /ana/);
      assert.match(await front.gateway.must('why', review.ticket), /ana/);
    });

    test('what a person denies is refused in the words of that person', async () => {
      const args = { note: `${name} is denied` };
      const call = agent.callTool('increment', args);
      assert.equal((await decide('deny', await front.held(args))).code, 0);
      assertNotExecuted(await call, /denied by ana: looked at it/);
      assert.equal(front.reached('increment', args), 0);
    });

    test('a ticket is met again by the same call, awaited, and used once', async () => {
      const args = { uri: `test://${name}` };
      const first = await agent.callTool('touch', args);
      assertNotExecuted(first, /waiting for approval: rule touch\.asks holds it: Ana decides about touching\./);
      const ticket = ticketOf(first);
      const review = await front.held(args);
      assert.deepEqual([review.ticket, review.digest], [ticket, approvalOf(first).digest]);
      assert.equal(ticketOf(await agent.callTool('touch', args)), ticket);
      assert.match(textOf(await agent.callTool('bailiwick_pending', {})), new RegExp(ticket));
      assert.equal(front.reached('touch', args), 0);

      const awaited = agent.callTool('bailiwick_await', { ticket });
      assert.equal((await decide('approve', { ticket })).code, 0);
      const result = await awaited;
      assert.equal(textOf(result), 'Announced.');

      const again = await agent.callTool('touch', args);
      assert.equal(textOf(again), 'Announced.');
      assert.equal(receiptOf(again).replayed, true);
      assert.equal(receiptOf(again).action, receiptOf(result).action);
      assert.equal(front.reached('touch', args), 1);
      const { verdict, outcome } = await why(result);
      assert.deepEqual([verdict, outcome], ['hold', 'succeeded']);
    });

    test('a ticket that was withdrawn is never carried out', async () => {
      const args = { uri: `test://${name}/withdrawn` };
      const ticket = ticketOf(await agent.callTool('touch', args));
      assert.match(textOf(await agent.callTool('bailiwick_withdraw', { ticket })), /withdrawn/);
      assert.equal((await decide('approve', { ticket })).code, 1);
      assertNotExecuted(await agent.callTool('bailiwick_await', { ticket }), /withdrawn/);
      assert.equal(front.reached('touch', args), 0);
    });
  });
}

test('identical calls at the same time meet one ticket and are carried out once', async () => {
  const args = { note: 'together' };
  const agents = await Promise.all(['sdk-v1', 'sdk-v2-auto', 'ai-sdk'].map((name) => clients[name](front.endpoint)));
  const calls = agents.map((agent) => agent.callTool('increment', args));
  const review = await front.held(args);
  assert.equal((await decide('approve', review)).code, 0);
  const counters = (await Promise.all(calls)).map((result) => result.structuredContent.counter);
  assert.equal(new Set(counters).size, 1);
  assert.equal(front.reached('increment', args), 1);
  await Promise.all(agents.map((agent) => agent.close()));
});
