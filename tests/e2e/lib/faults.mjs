// A machine that is sick on purpose: calls of the gateway to the operating system that fail, and a wall clock that jumps.
// lib/faults.c stands between the two, and does what is written into a file that both map.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { scratch } from './scratch.mjs';

const source = fileURLToPath(new URL('faults.c', import.meta.url));
const compilers = ['clang-19', 'clang', 'cc'];
const kinds = { write: 1, sync: 2, open: 4, read: 8, accept: 16 };
const slot = { what: 0, pass: 1, times: 2, error: 3, torn: 4, failed: 5, clock: 6 };
export const forever = 2n ** 62n;

let library;
function compiled() {
  if (library) return library;
  const out = join(scratch('faults'), 'faults.so');
  for (const compiler of compilers) {
    const { status, error, stderr } = spawnSync(compiler, ['-O1', '-shared', '-fPIC', '-o', out, source], { encoding: 'utf8' });
    if (error) continue;
    if (status !== 0) throw new Error(`${compiler} ${source}: ${stderr}`);
    return (library = out);
  }
  throw new Error(`none of ${compilers.join(', ')} is there to compile ${source}`);
}

/**
 * Faults for one server. `files(prefix)` says of which files; `env` is what the server gets.
 *   arm({ what, after, times, error, torn })   `what` is a list of write, sync, open (for writing), read, accept. So many of
 *                                              them pass (`after`), then so many (`times`) fail with `error`, a name as EIO
 *   disarm(), failed()                         nothing fails any more; how many have failed since `arm`
 *   clock(ms)                                  what the wall clock is ahead of the machine's
 */
export function faults() {
  const path = join(scratch('faults'), 'control');
  const file = openSync(path, 'w+');
  const put = (name, value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(file, bytes, 0, 8, slot[name] * 8);
  };
  for (const name of Object.keys(slot)) put(name, 0);
  const env = { LD_PRELOAD: compiled(), FAULT_CONTROL: path, FAULT_FILES: '' };
  const disarm = () => put('what', 0);
  return {
    env,
    files: (prefix) => (env.FAULT_FILES = prefix),
    arm: ({ what, after = 0, times = forever, error = 'EIO', torn = false }) => {
      disarm();
      for (const [name, value] of Object.entries({ pass: after, times, error: constants.errno[error], torn: torn ? 1 : 0, failed: 0 }))
        put(name, value);
      put('what', what.reduce((sum, one) => sum + kinds[one], 0));
    },
    disarm,
    failed: () => {
      const bytes = Buffer.alloc(8);
      readSync(file, bytes, 0, 8, slot.failed * 8);
      return Number(bytes.readBigInt64LE());
    },
    clock: (ms) => put('clock', ms),
    close: () => closeSync(file),
  };
}
