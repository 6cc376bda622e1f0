// The MCP client of Vercel's AI SDK: takes 2026-07-28 where it can.
import { createMCPClient, ElicitationRequestSchema } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { allPages, headersFor, processFor } from './endpoint.mjs';

export async function connect(endpoint, { answer } = {}) {
  const transport = endpoint.url
    ? { type: 'http', url: endpoint.url, headers: headersFor(endpoint) }
    : new StdioMCPTransport(processFor(endpoint));
  const client = await createMCPClient({
    transport,
    clientName: 'ai-sdk',
    ...(answer && { capabilities: { elicitation: {} } }),
  });
  if (answer) client.onElicitationRequest(ElicitationRequestSchema, (request) => answer(request.params));
  return {
    protocol: client.initializeResult?.protocolVersion,
    server: client.serverInfo,
    listTools: () => allPages('tools', (cursor) => client.listTools({ params: { cursor } })),
    callTool: (name, args, options) => client.callTool({ name, arguments: args, options }),
    listResources: () => allPages('resources', (cursor) => client.listResources({ params: { cursor } })),
    readResource: (uri) => client.readResource({ uri }),
    listPrompts: () => allPages('prompts', (cursor) => client.listPrompts({ params: { cursor } })),
    getPrompt: (name, args) => client.getPrompt({ name, arguments: args }),
    close: () => client.close(),
    client,
  };
}
