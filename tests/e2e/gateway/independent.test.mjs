// A stranger's program accepts our ledger: Go's packages for transparency logs (tests/independent/verify.go) read what the
// gateway serves over HTTP, and refuse it once a bit of it is another.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bailiwick } from '../lib/bailiwick.mjs';
import { run } from '../lib/children.mjs';
import { repository } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const origin = 'example.org/independent';
let gateway, folder, key, headers, size;

const put = (path, bytes) => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
};

const page = async (path, wanted = {}) => {
  const answer = await fetch(gateway.admin + path, { headers: wanted });
  assert.equal(answer.status, 200, `${path}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
};

/** "x001/x234/067" */
const group = (n) => {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0').match(/.../g);
  return digits.map((three, i) => (i + 1 < digits.length ? `x${three}` : three)).join('/');
};

/** The resources of a ledger, by the words of C2SP tlog-tiles. */
function* resources(entries) {
  for (let level = 0, hashes = entries; hashes > 0; level += 1, hashes = Math.floor(hashes / 256)) {
    for (let n = 0; n * 256 < hashes; n += 1) {
      const width = Math.min(256, hashes - n * 256);
      const tail = group(n) + (width < 256 ? `.p/${width}` : '');
      yield `tile/${level}/${tail}`;
      if (level === 0) yield `tile/entries/${tail}`;
    }
  }
}

/** Setting and clearing a switch: the cheapest entries there are. */
const grow = async (times) => {
  const change = (on) =>
    fetch(`${gateway.admin}/v1/switches`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ scope: 'agent:nobody', on, reason: 'grow', by: 'ana' }),
    });
  const answers = await Promise.all(Array.from({ length: times }, (_, i) => change(i % 2 === 0)));
  for (const answer of answers) assert.equal(answer.status, 200);
};

const sizeOf = (checkpoint) => Number(String(checkpoint).split('\n')[1]);

const verify = () =>
  run('go', ['run', join(repository, 'tests/independent/verify.go'), folder, key], {
    env: { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' },
  });

before(async () => {
  gateway = await bailiwick({ registry: join(repository, 'examples/refunds'), args: ['--origin', origin] });
  headers = { Authorization: `Bearer ${readFileSync(join(gateway.data, 'operator.token'), 'utf8').trim()}` };
  folder = scratch('independent');
  key = await gateway.must('key', 'show');
});
after(() => gateway.stop());

describe('a verifier that we did not write', () => {
  test('is given checkpoints, tiles, bundles and receipts over HTTP', async () => {
    for (const part of [40, 300]) {
      await grow(part);
      const receipt = await page('/v1/receipts/7?format=text', headers);
      put(`receipts/${part}`, receipt);
      put(`earlier/${part}`, await page('/checkpoint'));
    }
    // Nobody asks for this one: it comes by itself.
    await grow(231);
    size = await until('a checkpoint of all entries', async () => {
      const now = sizeOf(await page('/checkpoint'));
      return now >= 573 && now;
    });
    put('checkpoint', await page('/checkpoint'));
    size = sizeOf(readFileSync(join(folder, 'checkpoint')));
    for (const path of resources(size)) {
      put(path, await page(`/${path}`, path.includes('entries') ? headers : {}));
    }
    for (const entry of [0, 1, 255, 256, 511, 512, size - 1]) {
      put(`receipts/entry-${entry}`, await page(`/v1/receipts/${entry}?format=text`, headers));
    }
  });

  test('accepts them', async () => {
    const { code, stdout, stderr } = await verify();
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { entries: size, earlier: 2, receipts: 9 });
  });

  test('refuses each of them with one bit changed', async () => {
    for (const path of ['checkpoint', 'tile/0/000', 'tile/1/000.p/2', 'tile/entries/001', 'earlier/40', 'receipts/entry-256']) {
      const whole = readFileSync(join(folder, path));
      const changed = Buffer.from(whole);
      changed[changed.length >> 1] ^= 4;
      put(path, changed);
      const { code } = await verify();
      put(path, whole);
      assert.equal(code, 1, path);
    }
  });

  test('and ours, offline, agree', async () => {
    const ours = JSON.parse(await gateway.must('verify', '--tiles', folder, '--key', key, '--json'));
    assert.equal(ours.entries, size);
    await gateway.must('verify', '--receipt', join(folder, 'receipts/entry-256'), '--key', key);
    await gateway.must('verify', '--checkpoints', join(folder, 'earlier/40'), join(folder, 'checkpoint'), '--tiles', folder, '--key', key);
  });
});

test('bundles of entries are not for everybody, and what is not covered is not there', async () => {
  for (const [path, status] of [
    ['/tile/entries/000', 401],
    ['/tile/0/999', 404],
    ['/tile/0/../../token.key', 404],
    ['/tile/00/000', 404],
  ]) {
    assert.equal((await fetch(gateway.admin + path)).status, status, path);
  }
});
