// SPDX-License-Identifier: Apache-2.0
//
// What a governed call costs: the same upstream called directly, through nginx as a plain proxy, and through Bailiwick with a
// policy of 100 rules, three meters and the durable ledger; in one run, in turns. Prints requests/s, requests/s per core of
// CPU that the proxy really used, latency beyond the direct call, and resident memory.
//   node tests/bench/bench.mjs [--seconds 8] [--rounds 3] [--connections 64]
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '8' }, rounds: { type: 'string', default: '3' }, connections: { type: 'string', default: '64' }, build: { type: 'string', default: join(root, 'build') } },
});
const folder = mkdtempSync(join(tmpdir(), 'bailiwick-bench-'));
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGTERM'); // nginx passes it on to its worker
  rmSync(folder, { recursive: true, force: true });
});

// Starts a program on one core and waits for its line of JSON.
function start(core, command, args, env = {}) {
  const child = spawn('taskset', ['-c', core, command, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
      const line = text.split('\n').find((l) => l.includes('listening'));
      if (line) resolve({ pid: child.pid, child, ...JSON.parse(line) });
    });
    child.on('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
}

const ticks = Number(execFileSync('getconf', ['CLK_TCK']));
const cpuSeconds = (pids) => pids.map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')).reduce((sum, f) => sum + (Number(f[11]) + Number(f[12])) / ticks, 0);
const residentMiB = (pids) => pids.map((pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024).reduce((a, b) => a + b, 0);

function wrk(url, token, connections, seconds) {
  const out = execFileSync('taskset', ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', join(root, 'tests/bench/call.lua'), url], { env: { ...process.env, TOKEN: token }, encoding: 'utf8' });
  return JSON.parse(/RESULT (.*)/.exec(out)[1]);
}

// A registry whose policy has 100 rules: 20 of them speak of the tool that is called.
function writeRegistry(upstreamUrl) {
  const dir = join(folder, 'registry');
  mkdirSync(dir);
  const tools = ['lookup', ...Array.from({ length: 80 }, (_, i) => `other_${i}`)];
  const rule = (id, tool, when, effect) => `- {id: ${id}, match: {tool: bench/${tool}}, when: '${when}', effect: ${effect}, reason: never in this run}`;
  const rules = ['- {id: lookup.allow, match: {tool: bench/lookup}, effect: allow, reason: what is measured}'];
  for (let i = 0; i < 19; i++) rules.push(rule(`lookup.deny_${i}`, 'lookup', `args.ticket == "X-${i}" || (has(args.limit) && args.limit > ${1000 + i})`, 'deny'));
  for (let i = 0; i < 80; i++) rules.push(rule(`other.${i}`, `other_${i}`, `agent.name == "nobody-${i}"`, 'deny'));
  writeFileSync(join(dir, 'bench.yaml'), `kind: Person
name: ana
---
kind: Agent
name: bench
owner: ana
steward: ana
may: {environments: [staging], tools: ["bench/*"]}
---
kind: Workflow
name: bench
accountable: ana
agents: [bench]
autonomy: nonproduction
may: {environments: [staging], tools: ["bench/*"]}
---
kind: Upstream
name: bench
url: ${upstreamUrl}
environment: staging
prefix: ""
system_owner: ana
tools:
${tools.map((t) => `  ${t}: {tier: read}`).join('\n')}
---
kind: Policy
name: bench
rules:
${rules.join('\n')}
---
kind: Meters
name: bench
meters:
  calls: {match: {tool: bench/lookup}, per: [agent], window: 1m, limit: 1000000000}
  day: {match: {tool: bench/lookup}, per: [workflow, tool], window: 1d, limit: 1000000000000}
  flying: {match: {tool: bench/lookup}, per: [agent], in_flight: true, limit: 100000}
`);
  return dir;
}

function writeNginx(port, upstreamPort) {
  const dir = join(folder, 'nginx');
  mkdirSync(dir);
  writeFileSync(join(dir, 'nginx.conf'), `daemon off; worker_processes 1; user root; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  upstream bench { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port}; keepalive_requests 100000000;
    location / { proxy_pass http://bench; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_buffering off; } } }
`);
  return dir;
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const upstream = await start('1', join(options.build, 'bin/bench_upstream'), ['127.0.0.1:0']);
const port = new URL(upstream.url).port;
const nginxPort = await freePort();
const nginxDir = writeNginx(nginxPort, port);
const nginx = spawn('taskset', ['-c', '0', 'nginx', '-p', nginxDir, '-c', join(nginxDir, 'nginx.conf')], { stdio: 'inherit' });
children.push(nginx);
await pause(500);
const nginxPids = [nginx.pid, ...readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim().split(' ').map(Number)];
const data = join(folder, 'data');
const program = join(options.build, 'bailiwick');
const gateway = await start('0', program, ['serve', '--registry', writeRegistry(upstream.url), '--data', data, '--agents', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--log-level', 'warn']);
const token = execFileSync(program, ['token', 'issue', '--agent', 'bench', '--ttl', '1h', '--by', 'ana', '--admin', gateway.admin, '--data', data], { encoding: 'utf8' }).trim();
await pause(1000);

const ways = [
  { name: 'direct', url: upstream.url, pids: [upstream.pid] },
  { name: 'nginx', url: `http://127.0.0.1:${nginxPort}/mcp`, pids: nginxPids },
  { name: 'bailiwick', url: `${gateway.agents}/mcp`, pids: [gateway.pid] },
];
const loads = [Number(options.connections), 1];
console.log(`upstream and wrk on core 1, proxy on core 0; ${options.rounds} rounds of ${options.seconds} s in turns; medians`);
for (const connections of loads) {
  for (const way of ways) way.runs = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const way of ways) {
      wrk(way.url, token, connections, 1);
      const before = cpuSeconds(way.pids);
      const run = wrk(way.url, token, connections, Number(options.seconds));
      const cpu = cpuSeconds(way.pids) - before;
      way.runs.push({ ...run, rps: run.requests / run.seconds, perCore: run.requests / cpu, cpuUs: (cpu / run.requests) * 1e6 });
      if (run.errors + run.non_2xx > 0) console.log(`!! ${way.name}: ${run.errors} errors, ${run.non_2xx} not 2xx`);
    }
  }
  const [direct] = ways;
  const of = (way, key) => median(way.runs.map((r) => r[key]));
  console.log(`\n${connections} connections    requests/s  per core of CPU   CPU µs   p50 µs (added)   p99 µs (added)   peak MiB`);
  for (const way of ways) {
    const added = (key) => (way === direct ? '' : `(+${of(way, key) - of(direct, key)})`);
    console.log(`${way.name.padEnd(14)} ${of(way, 'rps').toFixed(0).padStart(12)} ${of(way, 'perCore').toFixed(0).padStart(16)} ${of(way, 'cpuUs').toFixed(1).padStart(8)} ${String(of(way, 'p50_us')).padStart(7)} ${added('p50_us').padEnd(9)} ${String(of(way, 'p99_us')).padStart(7)} ${added('p99_us').padEnd(9)} ${residentMiB(way.pids).toFixed(1).padStart(7)}`);
  }
  const ratio = of(ways[2], 'perCore') / of(ways[1], 'perCore');
  console.log(`governed calls per core of CPU, as a share of nginx's: ${ratio.toFixed(2)}`);
}
// The folder goes when nobody writes into it any more.
for (const child of children) {
  child.removeAllListeners('exit');
  child.kill('SIGTERM');
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
}
process.exit(0);
