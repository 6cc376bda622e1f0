// The TypeScript SDK's first line, what most agents are built on: speaks 2025-11-25 and older.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { allPages, headersFor, processFor } from './endpoint.mjs';

/** `roots` is a function that answers the client's roots; `agent.client.sendRootsListChanged()` says that they changed. */
export async function connect(endpoint, { answer, sample, roots } = {}) {
  const transport = endpoint.url
    ? new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit: { headers: headersFor(endpoint) } })
    : new StdioClientTransport(processFor(endpoint));
  const capabilities = { ...(answer && { elicitation: {} }), ...(sample && { sampling: {} }), ...(roots && { roots: { listChanged: true } }) };
  const client = new Client({ name: 'sdk-v1', version: '1.32.2' }, { capabilities });
  if (answer) client.setRequestHandler(ElicitRequestSchema, async (request) => answer(request.params));
  if (roots) client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: roots() }));
  if (sample) client.setRequestHandler(CreateMessageRequestSchema, async (request) => sample(request.params));
  // Over stdio, only the initialize result tells which version was agreed.
  let protocol;
  transport.setProtocolVersion = wrap(transport, 'setProtocolVersion', (version) => (protocol = version));
  await client.connect(transport);
  return {
    protocol,
    server: client.getServerVersion(),
    listTools: () => allPages('tools', (cursor) => client.listTools({ cursor })),
    callTool: (name, args, options) => client.callTool({ name, arguments: args }, undefined, options),
    listResources: () => allPages('resources', (cursor) => client.listResources({ cursor })),
    readResource: (uri) => client.readResource({ uri }),
    listPrompts: () => allPages('prompts', (cursor) => client.listPrompts({ cursor })),
    getPrompt: (name, args) => client.getPrompt({ name, arguments: args }),
    close: () => client.close(),
    client,
  };
}

function wrap(object, name, before) {
  const original = object[name]?.bind(object);
  return (...args) => {
    before(...args);
    return original?.(...args);
  };
}
