// An upstream that counts, in both senses: each call that it carries out is a line in a file, written before the answer
// leaves. It speaks MCP 2026-07-28 without an SDK, so that thousands of calls are cheap and nothing is retried or hidden.
//
//   const upstream = await counting({ log });          // in this process: a test can hold calls back and look inside
//   node counting.mjs --stdio --log FILE               // over standard input and output
//
// One listener serves any number of upstreams: /mcp and /mcp/NAME have the same tools, and /mcp/empty has none.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { argv, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const anything = { type: 'object' };
const key = { type: 'string' };
const counted = { type: 'object', properties: { key }, required: ['key'] };
const spent = { type: 'object', properties: { key, amount: { type: 'integer' } }, required: ['key', 'amount'] };
const tools = [
  { name: 'look', description: 'Answers a key.', inputSchema: counted, annotations: { readOnlyHint: true } },
  { name: 'count', description: 'Adds one to what was carried out.', inputSchema: counted },
  { name: 'spend', description: 'Adds an amount to what was spent.', inputSchema: spent },
  { name: 'echo', description: 'Answers its arguments.', inputSchema: anything, annotations: { readOnlyHint: true } },
];
const cache = { ttlMs: 0, cacheScope: 'private' };

/** What such an upstream answers to one message; `carryOut(tool, args)` is called before a call's answer is made. */
async function answer(message, carryOut, offered = tools) {
  const { id, method, params } = message;
  const result = (fields) => ({ jsonrpc: '2.0', id, result: { ...fields, resultType: 'complete' } });
  const error = (code, text) => ({ jsonrpc: '2.0', id, error: { code, message: text } });
  if (method === 'server/discover') {
    const _meta = { 'io.modelcontextprotocol/serverInfo': { name: 'counting', version: '1.0.0' } };
    return result({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ...cache, _meta });
  }
  if (method === 'tools/list') return result({ tools: offered, ...cache });
  if (method !== 'tools/call') return error(-32601, 'no such method');
  if (!offered.some((tool) => tool.name === params.name)) return error(-32602, 'no such tool');
  const args = params.arguments ?? {};
  await carryOut(params.name, args);
  return result({ content: [{ type: 'text', text: params.name === 'echo' ? JSON.stringify(args) : 'done' }] });
}

/**
 * Listens on 127.0.0.1. `log` is the file. What it answers:
 *   url, at(name)  where it listens
 *   logged()       the calls in the file: [{ tool, key, amount }]
 *   carried        how many there were
 *   inside, most   calls being carried out now, and the most there were at once
 *   on(call)       is called after each line; what it returns is awaited before the answer
 */
export async function counting({ log }) {
  const file = openSync(log, 'a');
  const self = { carried: 0, inside: 0, most: 0, on: undefined };

  const carryOut = async (tool, { key, amount }) => {
    self.inside += 1;
    self.most = Math.max(self.most, self.inside);
    writeSync(file, JSON.stringify({ tool, key, amount }) + '\n');
    self.carried += 1;
    const held = self.on?.({ tool, key, amount });
    if (held) await held;
    self.inside -= 1;
  };

  const server = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', async () => {
      const message = parse(Buffer.concat(pieces));
      if (request.method !== 'POST' || !message) return response.writeHead(405, { allow: 'POST' }).end();
      const body = JSON.stringify(await answer(message, carryOut, request.url === '/mcp/empty' ? [] : tools));
      response.writeHead(body.includes('-32601') ? 404 : 200, { 'content-type': 'application/json' }).end(body);
    });
  });
  server.keepAliveTimeout = 120_000; // the gateway closes first
  await new Promise((resolve) => server.unref().listen(0, '127.0.0.1', 4096, resolve));

  const origin = `http://127.0.0.1:${server.address().port}`;
  self.url = `${origin}/mcp`;
  self.at = (name) => `${origin}/mcp/${name}`;
  self.logged = () => lines(log);
  self.close = () => {
    server.closeAllConnections();
    closeSync(file);
    return new Promise((resolve) => server.close(resolve));
  };
  return self;
}

/** The calls in a log file. */
export const lines = (log) => readFileSync(log, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function serve(log) {
  const file = log && openSync(log, 'a');
  const carryOut = (tool, { key, amount }) => file && writeSync(file, JSON.stringify({ tool, key, amount }) + '\n');
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const message = parse(line);
    if (message?.id !== undefined) stdout.write(JSON.stringify(await answer(message, carryOut)) + '\n');
  });
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { stdio: { type: 'boolean' }, log: { type: 'string' } } });
  if (values.stdio) serve(values.log);
}
