// SPDX-License-Identifier: Apache-2.0
//
// What a large ledger costs against one of 100,000 entries: appending, `why`, a receipt, the start of the server; and bytes on the
// disk. In one run, in turns; medians, and their ratios. 10,000,000 entries take 11 GB, and half an hour to write.
//   node tests/bench/scale.mjs [ENTRIES, 1000000 unless told] [--rounds 3] [--folder DIR]
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, folder: { type: 'string', default: tmpdir() }, build: { type: 'string', default: join(root, 'build') } },
});
const large = Number(positionals[0] ?? 1_000_000);
if (!Number.isInteger(large) || large <= 100_000) throw new Error(`${positionals[0]}: expected a number of entries above 100000`);
const folder = mkdtempSync(join(options.folder, 'bailiwick-scale-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const registry = join(folder, 'registry');
mkdirSync(registry);
writeFileSync(join(registry, 'bailiwick.yaml'), 'kind: Person\nname: ana\n');
const measuring = join(options.build, 'bin/bench_scale');

// From the start of the process to the line that says where it listens.
function startMs(data) {
  const args = ['serve', '--registry', registry, '--data', data, '--agents', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--log-level', 'error'];
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    let took;
    const child = spawn(join(options.build, 'bailiwick'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => {
      took = performance.now() - begun;
      child.kill('SIGTERM');
    });
    child.on('exit', (code) => (took && code === 0 ? resolve(took) : reject(new Error(`serve ended with ${code}`))));
  });
}

const ledgers = [100_000, large].map((entries) => ({ entries, data: join(folder, String(entries)), rounds: [] }));
for (const { entries, data } of ledgers) {
  console.log(`writing ${entries} entries`);
  execFileSync(measuring, [data, 'fill', String(entries)], { stdio: 'inherit' });
}
for (let round = 0; round < Number(options.rounds); round++) {
  for (const { data, rounds } of ledgers) {
    const measured = JSON.parse(execFileSync(measuring, [data, 'measure'], { encoding: 'utf8' }));
    rounds.push({ ...measured, start_ms: await startMs(data) });
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const lines = [
  ['append_cpu_us', 'append: CPU per action, µs'],
  ['append_p50_us', 'append: p50 of a durable commit, µs'],
  ['append_p99_us', 'append: p99, µs'],
  ['why_us', 'why: p50, µs'],
  ['why_cpu_us', 'why: CPU, µs'],
  ['receipt_us', 'receipt: p50, µs'],
  ['receipt_cpu_us', 'receipt: CPU, µs'],
  ['open_ms', 'start of the ledger, ms'],
  ['start_ms', 'start of the server until it listens, ms'],
  ['bytes_per_action', 'on the disk: bytes per action'],
];
console.log(`\n${'entries'.padEnd(42)}${ledgers.map(({ entries }) => String(entries).padStart(12)).join('')}   ratio`);
for (const [key, name] of lines) {
  const [small, big] = ledgers.map(({ rounds }) => median(rounds.map((one) => one[key])));
  console.log(`${name.padEnd(42)}${[small, big].map((n) => n.toFixed(1).padStart(12)).join('')}${(big / small).toFixed(2).padStart(8)}`);
}
