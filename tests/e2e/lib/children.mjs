// Starts servers as child processes, waits for the line that says where they listen, and leaves none behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
// Without a handler these end the process without 'exit' being told.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/**
 * Starts a command and resolves when it has printed {"event":"listening",…} on stdout. What it answers is that line's
 * object plus `child`, `stderr()` and `stop(signal)`; stop resolves with { code, signal } when the process is gone.
 */
export async function start(command, args, { timeout = 20_000, ...options } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const gone = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return { code, signal };
  });

  const listening = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parse(line);
      if (event?.event === 'listening') resolve(event);
    });
  });
  const failed = (why) => new Error(`${command} ${args.join(' ')}: ${why}\n${stderr}`);
  let timer;
  const line = await Promise.race([
    listening,
    gone.then(({ code, signal }) => Promise.reject(failed(`ended with ${signal ?? code} before it listened`))),
    new Promise((_, reject) => (timer = setTimeout(() => reject(failed('did not listen in time')), timeout))),
  ]).finally(() => clearTimeout(timer));

  const stop = (signal = 'SIGTERM') => {
    if (running.has(child)) child.kill(signal);
    return gone;
  };
  return { ...line, child, stderr: () => stderr, gone, stop };
}

/** Runs a command to its end: { code, signal, stdout, stderr }. */
export async function run(command, args, { input, timeout = 60_000, ...options } = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout, ...options });
  running.add(child);
  const out = { stdout: '', stderr: '' };
  for (const name of Object.keys(out)) child[name].setEncoding('utf8').on('data', (chunk) => (out[name] += chunk));
  child.stdin.on('error', () => {}); // a command that does not read its input may close it first
  child.stdin.end(input);
  const [code, signal] = await once(child, 'close');
  running.delete(child);
  return { code, signal, ...out };
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
