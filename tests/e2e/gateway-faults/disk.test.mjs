// A disk that is full, broken, or read-only from one moment on: from then on nothing is acknowledged, callers are told, the
// server ends and says what to do, and the next one goes on from what is on disk. Which call to the operating system fails is
// swept, over a server that starts and one that works.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { built } from '../lib/bailiwick.mjs';
import { failing } from '../lib/failing.mjs';
import { faults } from '../lib/faults.mjs';

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
  let desk;
  before(async () => (desk = await failing({ faults: disk })));
  after(async () => {
    disk.disarm();
    await desk.close();
    disk.close();
  });

  const recovered = (calls, told) => {
    assert.ok(disk.failed() > 0, told('the fault was never met'));
    disk.disarm();
    return desk.recovered(calls, told);
  };

  for (const disease of diseases) {
    test(`${disease.name}, while calls are in flight`, async () => {
      let refused = 0;
      for (const after of moments) {
        const told = (what) => `${disease.name}, after ${after}: ${what}\n${desk.gateway.stderr()}`;
        disk.arm({ ...disease, after });
        const calls = await desk.work();
        refused += await desk.ended(calls, told);
        await recovered(calls, told);
      }
      assert.ok(refused > 0, 'no caller was told');
    });

    test(`${disease.name}, while a server starts`, async () => {
      let refused = 0;
      for (const after of moments.slice(0, 4)) {
        const told = (what) => `${disease.name}, after ${after}: ${what}\n${desk.gateway.stderr()}`;
        await desk.gateway.kill();
        disk.arm({ ...disease, after });
        let calls = new Map();
        const error = await desk.gateway.restart().then(() => undefined, ({ message }) => message);
        if (error === undefined) {
          calls = await desk.work(); // the fault came later
          await desk.ended(calls, told);
        } else {
          refused += 1;
          assert.match(error, /ended with 3 before it listened[^]*bailiwick: .*ledger\.db/, told('what the start says'));
        }
        await recovered(calls, told);
      }
      assert.ok(refused > 0, 'every start went well');
    });
  }
});
