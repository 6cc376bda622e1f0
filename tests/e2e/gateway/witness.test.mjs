// A witness on another machine: it signs what continues, and a ledger that was put back in time gets no signature.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { bailiwick, binary } from '../lib/bailiwick.mjs';
import { start } from '../lib/children.mjs';
import { repository } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const origin = 'example.org/witnessed';
const stops = [];
after(() => Promise.all(stops.map((stop) => stop())));

const get = async (url) => {
  const answer = await fetch(url);
  return answer.status === 200 ? answer.text() : '';
};
const sizeOf = (checkpoint) => Number(checkpoint.split('\n')[1] ?? 0);

describe('a witness', () => {
  test('signs each checkpoint of a ledger that it knows', async () => {
    // Each must know the other's key, so the ledger is made first and told of its witness at a restart.
    const args = ['--origin', origin];
    const gateway = await bailiwick({ registry: join(repository, 'examples/refunds'), args });
    stops.push(() => gateway.stop());
    const key = await gateway.must('key', 'show');
    const witness = await start(binary, [
      'witness', '--folder', scratch('witness'), '--name', 'witness.example', '--log', key, '--listen', '127.0.0.1:0',
    ]);
    stops.push(() => witness.stop());
    args.push('--witness', `${witness.url},${witness.key}`);
    await gateway.restart();

    const signed = await until('the signature of the witness', async () => {
      const checkpoint = await get(`${gateway.admin}/checkpoint`);
      return checkpoint.includes('— witness.example ') && checkpoint;
    });
    const kept = `${witness.url}/${createHash('sha256').update(origin).digest('hex')}/checkpoint`;
    assert.equal(sizeOf(await get(kept)), sizeOf(signed));

    await gateway.must('kill', 'agent:nobody', '--reason', 'drill');
    await until('the next signature', async () => sizeOf(await get(kept)) > sizeOf(signed));
    await gateway.must('verify');
    await gateway.must('receipt', '0', '--out', join(gateway.data, 'receipt'));
    await gateway.must('verify', '--receipt', join(gateway.data, 'receipt'), '--key', key, '--key', witness.key);
  });
});
