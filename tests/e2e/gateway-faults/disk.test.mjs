// A disk that is full, broken, or read-only from one moment on: from then on nothing is acknowledged, callers are told, the
// server ends and says what to do, and the next one goes on from what is on disk. Which call to the operating system fails is
// swept, over a server that starts and one that works.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { agents } from '../lib/agents.mjs';
import { bailiwick, built } from '../lib/bailiwick.mjs';
import { booksOf } from '../lib/books.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { faults } from '../lib/faults.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';

const inFlight = 8;
const callsMax = 2000; // the fault comes long before
const couldNotRun = 3;

// How a disk fails, and from the how manieth call of that kind on.
const diseases = [
  { name: 'a write fails once', what: ['write'], times: 1, error: 'EIO' },
  { name: 'writes fail from here on', what: ['write'], error: 'EIO' },
  { name: 'the disk is full, in the middle of a write', what: ['write'], error: 'ENOSPC', torn: true },
  { name: 'a sync fails once, and the next says that all is well', what: ['sync'], times: 1, error: 'EIO' },
  { name: 'syncs fail from here on', what: ['sync'], error: 'EIO' },
  { name: 'the file system turns read-only', what: ['write', 'open'], error: 'EROFS' },
];
const moments = process.env.BW_SOAK ? Array.from({ length: 120 }, (_, i) => i) : [0, 1, 2, 5, 11, 24];

describe('a failing disk', { skip: !built, timeout: 3_600_000 }, () => {
  const disk = faults();
  let upstream, gateway, people, token, books, round = 0, newest;

  before(async () => {
    upstream = await counting({ log: join(scratch('disk'), 'calls') });
    books = booksOf(upstream);
    gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })]), args: ['--log-level', 'error'], faults: disk });
    people = office(gateway);
    token = await gateway.token('one', 'work-one', '12h');
    await people.ready('books');
  });
  after(async () => {
    disk.disarm();
    await gateway.stop();
    people.close();
    await upstream.close();
    disk.close();
  });

  // Keeps calls in flight until the server is gone: key → answer.
  const work = async () => {
    const clients = agents(gateway.mcp, token, { connections: inFlight });
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
    return calls;
  };

  // What everybody sees after the next start. `calls` are those of the process before.
  const recovered = async (calls, told) => {
    disk.disarm();
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

  for (const disease of diseases) {
    test(`${disease.name}, while calls are in flight`, async () => {
      let told_at_once = 0;
      for (const after of moments) {
        round += 1;
        const told = (what) => `${disease.name}, after ${after}: ${what}\n${gateway.stderr()}`;
        disk.arm({ ...disease, after });
        const calls = await work();
        const { code } = await gateway.gone();
        assert.ok(disk.failed() > 0, told('the fault was never met'));
        assert.equal(code, couldNotRun, told('how the server ended'));
        const lines = gateway.stderr().split('\n').filter((line) => / error the ledger/.test(line));
        assert.equal(lines.length, 1, told('one line says what happened'));
        assert.match(lines[0], /the ledger failed: .*ledger\.db: .*nothing is admitted any more.*start it again/, told('what to do'));
        const refused = [...calls.values()].filter((answer) => !answer.lost && !answer.done);
        for (const { text } of refused) assert.match(text, /the ledger cannot be written/, told('what callers are told'));
        told_at_once += refused.length;
        await recovered(calls, told);
      }
      assert.ok(told_at_once > 0, 'no caller was told');
    });

    test(`${disease.name}, while a server starts`, async () => {
      let refused = 0;
      for (const after of moments.slice(0, 4)) {
        round += 1;
        const told = (what) => `${disease.name}, after ${after}: ${what}`;
        await gateway.kill();
        disk.arm({ ...disease, after });
        let calls = new Map();
        const started = await gateway.restart().then(() => true, (error) => error.message);
        if (started === true) {
          calls = await work(); // the fault came later
          assert.equal((await gateway.gone()).code, couldNotRun, told(gateway.stderr()));
        } else {
          refused += 1;
          assert.match(started, /ended with 3 before it listened[^]*bailiwick: .*ledger\.db/, told('what the start says'));
        }
        assert.ok(disk.failed() > 0, told('the fault was never met'));
        await recovered(calls, told);
      }
      assert.ok(refused > 0, 'every start went well');
    });
  }
});
