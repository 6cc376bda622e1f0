// What an upstream (lib/counting.mjs) carried out, held against what the ledger says and what callers were told. Each call has a
// key of its own, which is also its run's name, so that the three can be put side by side.
import assert from 'node:assert/strict';

/**
 * The books of an upstream: `carried` is key → how often, of all rounds. `compare` throws at the first thing that does not add
 * up: `calls` is key → answer (lib/agents.mjs) of all that was sent in this round, `rows` are the ledger's actions of it, after
 * a restart, and `told(what)` says where this is.
 */
export function booksOf(upstream) {
  const carried = new Map();
  let read = 0;

  const checkAnswer = (key, answer, row, told) => {
    if (answer.lost) return;
    if (answer.done) {
      assert.equal(row?.action, answer.receipt.action, told(`${key} was answered and is not in the ledger`));
      assert.equal(row.outcome, 'succeeded', told(`${key} was answered`));
      assert.ok(row.entries.includes(answer.receipt.entry), told(`the receipt of ${key} names an entry that is not its own`));
      assert.equal(carried.get(key), 1, told(`${key} was answered and ran ${carried.get(key)} times`));
      return;
    }
    // Nothing was promised, and what was said is true.
    if (/NOT EXECUTED/.test(answer.text)) assert.ok(!carried.has(key), told(`${key} ran, and its caller was told that it did not`));
    else assert.match(answer.text, /cannot record its outcome/, told(key));
  };

  const compare = ({ calls, rows, told }) => {
    const log = upstream.logged();
    for (const { key } of log.slice(read)) carried.set(key, (carried.get(key) ?? 0) + 1);
    read = log.length;
    const byKey = new Map(rows.map((row) => [row.run, row]));
    assert.equal(byKey.size, rows.length, told('an action is in the ledger twice'));
    for (const [key, answer] of calls) checkAnswer(key, answer, byKey.get(key), told);
    for (const [key, times] of carried) {
      if (!calls.has(key)) continue;
      assert.equal(times, 1, told(`${key} ran ${times} times`));
      assert.ok(byKey.has(key), told(`${key} ran without an entry`));
    }
    for (const row of rows) {
      assert.ok(calls.has(row.run), told(`${row.run} is in the ledger and was never sent`));
      assert.match(row.outcome ?? 'none', /^(succeeded|ambiguous)$/, told(`the outcome of ${row.run}`));
      if (row.outcome === 'succeeded') assert.equal(carried.get(row.run), 1, told(`${row.run} succeeded and never ran`));
    }
  };

  return { carried, compare };
}
