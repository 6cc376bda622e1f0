// A gateway whose ledger fails under load: what its callers are told, how it ends, and what the next start makes of it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { agents } from './agents.mjs';
import { bailiwick } from './bailiwick.mjs';
import { booksOf } from './books.mjs';
import { counter, counted } from './counted-registry.mjs';
import { counting } from './counting.mjs';
import { office } from './office.mjs';
import { scratch } from './scratch.mjs';

const inFlight = 8;
const callsMax = 20_000; // the ledger fails long before
const couldNotRun = 3;

/** A gateway in front of an upstream that counts. `options` are those of `bailiwick`. */
export async function failing(options) {
  const upstream = await counting({ log: join(scratch('failing'), 'calls') });
  const books = booksOf(upstream);
  const gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })]), args: ['--log-level', 'error'], ...options });
  const people = office(gateway);
  await people.ready('books');
  const token = await gateway.token('one', 'work-one', '12h');
  let rounds = 0;
  let newest; // the latest action of the round before

  /** Keeps calls in flight until the server is gone: key → answer. */
  const work = async () => {
    const clients = agents(gateway.mcp, token, { connections: inFlight });
    const round = rounds++;
    const calls = new Map();
    let gone = false;
    gateway.gone().then(() => (gone = true));
    const worker = async () => {
      while (!gone && calls.size < callsMax) {
        const key = `r${round}-${calls.size}`;
        calls.set(key, undefined);
        calls.set(key, await clients.call('count', { key }, { run: key }));
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    clients.close();
    assert.ok(gone, `the server still runs after ${calls.size} calls`);
    return calls;
  };

  /** How a server ends whose ledger failed. Answers how many callers were told. */
  const ended = async (calls, told) => {
    const { code } = await gateway.gone();
    assert.equal(code, couldNotRun, told('how the server ended'));
    const lines = gateway.stderr().split('\n').filter((line) => / error .*ledger/.test(line));
    assert.equal(lines.filter((line) => /the ledger failed/.test(line)).length, 1, told('one line says what happened'));
    assert.match(lines.at(-1), /the ledger failed: .*ledger\.db: .*nothing is admitted any more.*start it again/, told('what to do'));
    const refused = [...calls.values()].filter((answer) => !answer.lost && !answer.done);
    for (const { text } of refused) assert.match(text, /the ledger cannot be written/, told('what callers are told'));
    return refused.length;
  };

  /** What everybody sees after the next start. `calls` are those of the process before. */
  const recovered = async (calls, told) => {
    await gateway.restart();
    await people.ready('books');
    const verified = await gateway.cli('verify');
    assert.equal(verified.code, 0, told(`verify: ${verified.stderr}`));
    const rows = await people.actions(({ action }) => action === newest);
    newest = rows[0]?.action ?? newest;
    books.compare({ calls, rows, told });
    for (const row of rows.filter(({ outcome }) => outcome === 'ambiguous'))
      await people.reconcile(row.action, books.carried.has(row.run) ? 'succeeded' : 'not_executed');
  };

  const close = async () => {
    await gateway.stop();
    people.close();
    await upstream.close();
  };
  return { gateway, work, ended, recovered, close };
}
