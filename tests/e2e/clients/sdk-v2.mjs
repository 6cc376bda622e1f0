// The TypeScript SDK's second line. By default it speaks 2025-11-25; with era 'auto' it asks the server first and
// takes 2026-07-28 where it can.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { allPages, headersFor, processFor } from './endpoint.mjs';

export async function connect(endpoint, { era = 'legacy', answer, sample } = {}) {
  const transport = endpoint.url
    ? new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit: { headers: headersFor(endpoint) } })
    : new StdioClientTransport(processFor(endpoint));
  const client = new Client(
    { name: 'sdk-v2', version: '2.4.0' },
    {
      capabilities: { ...(answer && { elicitation: {} }), ...(sample && { sampling: {} }) },
      versionNegotiation: { mode: era },
    },
  );
  if (answer) client.setRequestHandler('elicitation/create', async (request) => answer(request.params));
  if (sample) client.setRequestHandler('sampling/createMessage', async (request) => sample(request.params));
  await client.connect(transport);
  return {
    protocol: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion(),
    listTools: () => allPages('tools', (cursor) => client.listTools({ cursor })),
    callTool: (name, args, options) => client.callTool({ name, arguments: args }, options),
    listResources: () => allPages('resources', (cursor) => client.listResources({ cursor })),
    readResource: (uri) => client.readResource({ uri }),
    listPrompts: () => allPages('prompts', (cursor) => client.listPrompts({ cursor })),
    getPrompt: (name, args) => client.getPrompt({ name, arguments: args }),
    close: () => client.close(),
    client,
  };
}
