// Real file systems that are full or turn read-only. Mounting needs root, and a machine that lets it; gateway-faults/disk.test.mjs
// shows the same to everybody.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { built } from '../lib/bailiwick.mjs';
import { failing } from '../lib/failing.mjs';
import { scratch } from '../lib/scratch.mjs';

const run = (command, ...words) => spawnSync(command, words, { encoding: 'utf8' });
const must = (...words) => {
  const { status, stdout, stderr, error } = run(...words);
  assert.equal(status, 0, `${words.join(' ')}: ${error ?? stderr}`);
  return stdout.trim();
};

const mounted = [];
function mount(...words) {
  const folder = join(scratch('mount'), 'data');
  mkdirSync(folder);
  const { status } = run('mount', ...words, folder);
  if (status !== 0) return undefined;
  mounted.push(folder);
  return folder;
}
process.on('exit', () => mounted.forEach((folder) => run('umount', '-l', folder)));

const told = (what) => what;

test('a file system without room', { skip: !built, timeout: 120_000 }, async (t) => {
  const data = mount('-t', 'tmpfs', '-o', 'size=3m', 'tmpfs');
  if (!data) return t.skip('no mount is allowed here');
  const desk = await failing({ data });
  const calls = await desk.work();
  assert.ok((await desk.ended(calls, told)) > 0, 'no caller was told');
  const line = desk.gateway.stderr();
  assert.match(line, /full|No space left on device/);
  must('mount', '-o', 'remount,size=64m', data);
  await desk.recovered(calls, (what) => `${what}\n${line}`);
  await desk.close();
});

describe('a file system that turns read-only at its first error, as ext4 does', { skip: !built, timeout: 120_000 }, () => {
  after(() => mounted.forEach((folder) => run('umount', folder)));

  test('under load', async (t) => {
    const image = join(scratch('image'), 'disk');
    writeFileSync(image, '');
    if (run('truncate', '-s', '96M', image).status !== 0 || run('mkfs.ext4', '-q', '-F', image).status !== 0) return t.skip('no ext4 here');
    const data = mount('-o', 'loop,errors=remount-ro', image);
    if (!data) return t.skip('no mount is allowed here');
    const trigger = `/sys/fs/ext4/${basename(must('findmnt', '-no', 'SOURCE', data))}/trigger_fs_error`;
    if (!statSync(trigger, { throwIfNoEntry: false })) return t.skip('this kernel cannot fail a file system on request');
    const desk = await failing({ data });
    const working = desk.work();
    writeFileSync(trigger, '1');
    const calls = await working;
    await desk.ended(calls, told);
    assert.match(desk.gateway.stderr(), /readonly|read-only|disk I\/O error/i);
    must('umount', data);
    run('e2fsck', '-fy', image); // 1: it mended something
    must('mount', '-o', 'loop,errors=remount-ro', image, data);
    await desk.recovered(calls, told);
    await desk.close();
  });
});
