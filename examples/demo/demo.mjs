// SPDX-License-Identifier: Apache-2.0
//
// A refund desk on real parts: the desk's MCP server, the official filesystem server, and the official MCP client as the
// agent, with Bailiwick between them. No API key, no model: the agent's calls are written down here.
//
//   node examples/demo/demo.mjs [--yes]      --yes: the reviewer's part is played too, and the demo ends by itself
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { randomBytes, webcrypto } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

globalThis.crypto ??= webcrypto; // node 18
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const program = process.env.BAILIWICK_PROGRAM ?? join(root, "build/bailiwick");
const alone = process.argv.includes('--yes') || !process.stdin.isTTY;
const folder = mkdtempSync(join(tmpdir(), 'bailiwick-demo-'));
const children = [];

const colour = process.stdout.isTTY ? (code, text) => `\x1b[${code}m${text}\x1b[0m` : (_, text) => text;
const say = (text) => console.log(text);
const title = (text) => say(`\n${colour('1;36', text)}`);

let ended = false;
function end(code) {
  if (ended) return;
  ended = true;
  for (const child of children) child.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
process.on('SIGINT', () => end(0));
process.on('SIGTERM', () => end(0));

// Starts a program and resolves with its line {"event":"listening",…}.
function start(command, args, env) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (piece) => (errors = (errors + piece).slice(-4000)));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
      const line = text.split('\n').find((l) => l.includes('"listening"'));
      if (line) resolve(JSON.parse(line));
    });
    child.on('exit', (code) => !ended && reject(new Error(`${command} ended with ${code}: ${errors}`)));
  });
}

// The template of `bailiwick init refunds`, with the two addresses that differ between machines.
function writeRegistry(deskUrl) {
  const registry = join(folder, 'registry');
  execFileSync(program, ['init', 'refunds', registry]);
  const desk = join(registry, 'upstreams/desk.yaml');
  writeFileSync(desk, readFileSync(desk, 'utf8').replace(/^url: .*$/m, `url: ${deskUrl}`));
  const documents = join(folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'terms.txt'), 'Refunds up to $200 are paid without inspection. Everything above is decided by a person.\n');
  const files = join(registry, 'upstreams/files.yaml');
  const server = join(here, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js');
  writeFileSync(files, readFileSync(files, 'utf8').replace(/^  - node_modules.*$/m, `  - ${server}`).replace(/^  - documents$/m, `  - ${documents}`));
  return { registry, documents };
}

async function main() {
  const key = randomBytes(16).toString('hex');
  const desk = await start(process.execPath, [join(root, 'examples/desk/server.mjs'), '--port', '0'], { DESK_API_KEY: key });
  const { registry, documents } = writeRegistry(desk.url);
  const data = join(folder, 'data');
  const gateway = await start(program, ['serve', '--registry', registry, '--data', data, '--agents', '127.0.0.1:0', '--admin', '127.0.0.1:0'], { DESK_API_KEY: key });
  const env = { ...process.env, BAILIWICK_ADMIN: gateway.admin, BAILIWICK_DATA: data };
  const cli = async (...args) => (await promisify(execFile)(program, args, { env, encoding: 'utf8', maxBuffer: 16 << 20 })).stdout.trimEnd();

  title('The parts');
  say(`desk server      ${desk.url}   (its key is Bailiwick's; the agent never sees it)`);
  say(`file server      @modelcontextprotocol/server-filesystem, a child process of Bailiwick`);
  say(`Bailiwick        agents at ${gateway.agents}/mcp, people at ${gateway.admin}`);
  while (!JSON.parse(await cli('upstreams', '--json')).upstreams.every((u) => u.state === 'ready')) await new Promise((r) => setTimeout(r, 100));

  const token = await cli('token', 'issue', '--agent', 'desk-agent', '--ttl', '1h', '--by', 'ana');
  const client = new Client({ name: 'desk-agent', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.agents}/mcp`), { requestInit: { headers: { Authorization: `Bearer ${token}` } } }));
  const { tools } = await client.listTools();
  say(`the agent sees   ${tools.map((t) => t.name).join(', ')}`);

  const actions = [];
  const call = async (name, args) => {
    say(`${colour('2', 'agent calls')}      ${name} ${JSON.stringify(args)}`);
    const result = await client.callTool({ name, arguments: args });
    const text = result.content.map((c) => c.text ?? '').join(' ').split('\n')[0];
    say(`${result.isError ? colour('31', 'refused ') : colour('32', 'answered')}         ${text.length > 140 ? text.slice(0, 140) + '…' : text}`);
    const action = result._meta?.['dev.bailiwick/receipt']?.action ?? result._meta?.['dev.bailiwick/decision']?.action;
    if (action) actions.push(action);
    return result;
  };

  title('1. A read is allowed');
  await call('files_read_text_file', { path: join(documents, 'terms.txt') });
  await call('desk_get_ticket', { ticket: 'T-501' });

  title('2. A small refund is allowed: the policy says why it may pass without a human');
  await call('desk_create_refund', { ticket: 'T-501', customer: 'C-1001', amount_usd: 24.5, reason: 'the mug arrived cracked' });

  title('3. A large refund is held until a person decides');
  const held = call('desk_create_refund', { ticket: 'T-501', customer: 'C-1001', amount_usd: 640, reason: 'asked for the whole order' });
  let ticket;
  while (!ticket) ticket = JSON.parse(await cli('reviews', '--json')).reviews[0]?.ticket;
  say(colour('33', await cli('reviews')));
  const reason = 'the customer sent photos of every piece';
  if (alone) {
    say(`${colour('2', 'the reviewer')}     bailiwick approve ${ticket} --by ben --reason "${reason}"`);
    say(await cli('approve', ticket, '--by', 'ben', '--reason', reason));
  } else {
    say('decide in a second terminal within 45 seconds (later the agent gets a ticket instead of an answer):');
    say(colour('1', `  BAILIWICK_ADMIN=${gateway.admin} BAILIWICK_DATA=${data} ${program} approve ${ticket} --by ben --reason "${reason}"`));
  }
  await held;

  title('4. An access change is denied, whoever asks');
  await call('desk_grant_access', { user: 'desk-agent', role: 'admin' });

  title('5. A killed agent does nothing any more');
  say(await cli('kill', 'agent:desk-agent', '--reason', 'it behaves strangely', '--by', 'ana'));
  await call('desk_get_ticket', { ticket: 'T-502' });
  say(await cli('unkill', 'agent:desk-agent', '--by', 'ana'));

  title('Why? Each of them, answered from the ledger');
  for (const action of actions) say((await cli('why', action)) + '\n');
  say(await cli('verify', '--data', data));

  await client.close();
  if (alone) {
    say('\nThat was all, and everything is stopped. `./dev demo` in a terminal, without --yes, keeps it running for you to try by hand.');
    return end(0);
  }
  title('By hand, in a second terminal');
  say(`export BAILIWICK_ADMIN=${gateway.admin} BAILIWICK_DATA=${data}`);
  say(`${program} can desk-agent        # also: actions, runs, reviews, meters, upstreams, switches`);
  say(`point an MCP client at ${gateway.agents}/mcp with the header  Authorization: Bearer ${token}`);
  say('\nCtrl-C ends it.');
  await new Promise(() => setInterval(() => {}, 1 << 30));
}

main().catch((error) => {
  console.error(error);
  end(1);
});
