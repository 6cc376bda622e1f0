// The fixture behind a gateway with rules: `large` is denied above 1000 bytes, `increment` and `touch` wait for a person,
// the first with the call kept open, the second with a ticket at once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { behind } from './behind.mjs';
import { callsOf } from './calls.mjs';
import { scratch } from './scratch.mjs';
import { until } from './until.mjs';

export const rules = [
  {
    id: 'large.no',
    match: { tool: 'fixture/large' },
    when: 'args.bytes > 1000',
    effect: 'deny',
    reason: 'At most 1000 bytes; ask for less.',
  },
  { id: 'increment.asks', match: { tool: 'fixture/increment' }, effect: 'hold', reason: 'Ana decides about increments.' },
  { id: 'touch.asks', match: { tool: 'fixture/touch' }, effect: 'hold', reason: 'Ana decides about touching.' },
];

export const profiles = { increment: { tier: 'write' }, touch: { tier: 'write', hold_shape: 'ticket' } };

export async function governed(options = {}) {
  const log = join(scratch('governed'), 'calls.jsonl');
  const front = await behind(['--log', log], { profiles, rules, ...options });
  const { gateway } = front;

  /** The ticket of the held call with these arguments, once there is one. */
  const held = (args) =>
    until('the call is held', async () => {
      const { reviews } = await gateway.people.get('/v1/reviews');
      return reviews.find((review) => JSON.stringify(review.arguments) === JSON.stringify(args));
    });

  /** How often a call with these arguments reached the upstream. */
  const reached = (tool, args) =>
    callsOf(log, tool).filter((call) => JSON.stringify(call.arguments) === JSON.stringify(args)).length;

  return { ...front, log, held, reached };
}

export const receiptOf = (result) => result._meta['dev.bailiwick/receipt'];
export const approvalOf = (result) => result._meta['dev.bailiwick/approval'];
export const textOf = (result) => result.content[0].text;
export const ticketOf = (result) => /^Ticket: (tkt_\w+)$/m.exec(textOf(result))[1];

export function assertNotExecuted(result, words) {
  assert.equal(result.isError, true, JSON.stringify(result));
  assert.equal(result.structuredContent, undefined);
  assert.match(textOf(result), /^NOT EXECUTED/);
  assert.match(textOf(result), words);
}
