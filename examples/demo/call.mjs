// SPDX-License-Identifier: Apache-2.0
//
// The smallest agent: one call with the official MCP SDK, which knows nothing of Bailiwick but a URL and a token.
//
//   BAILIWICK_TOKEN=… node call.mjs [TOOL [NAME=VALUE …]]      without TOOL: lists the tools; exits 1 when a call fails or is refused
//
// A value that reads as JSON is that, any other is a string. BAILIWICK_URL is http://127.0.0.1:7070/mcp unless it is set.
import { webcrypto } from 'node:crypto';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

globalThis.crypto ??= webcrypto; // node 18

function value(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const [tool, ...words] = process.argv.slice(2);
const args = Object.fromEntries(words.map((word) => [word.split('=', 1)[0], value(word.slice(word.indexOf('=') + 1))]));
const url = new URL(process.env.BAILIWICK_URL ?? 'http://127.0.0.1:7070/mcp');
const headers = { Authorization: `Bearer ${process.env.BAILIWICK_TOKEN}` };

async function main() {
  const client = new Client({ name: 'call', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  if (tool) await call(client);
  else for (const { name } of (await client.listTools()).tools) console.log(name);
  await client.close();
}

async function call(client) {
  const answer = await client.callTool({ name: tool, arguments: args });
  for (const part of answer.content) console.log(part.text ?? `(${part.type})`);
  console.log(`receipt: ${answer._meta?.['dev.bailiwick/receipt']?.action}`);
  if (answer.isError) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exit(1);
});
