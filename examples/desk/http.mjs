// MCP over HTTP without sessions: every request gets a server of its own, and all of them share one desk.
import { createHash, timingSafeEqual, webcrypto } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

// The SDK expects this to be there; the node 18 of Debian 12 has it only behind a flag.
globalThis.crypto ??= webcrypto;

/** Listens on 127.0.0.1 and resolves with the URL. Callers must bring `key` as their bearer token. */
export async function listen(newServer, { port, key }) {
  // The SDK's app refuses requests that a web page of another site tricked a browser into sending.
  const app = createMcpExpressApp({ host: '127.0.0.1' });

  app.use((request, response, next) => {
    if (same(request.headers.authorization ?? '', `Bearer ${key}`)) return next();
    response.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'a valid key is needed' });
  });

  app.post('/mcp', async (request, response) => {
    const server = newServer();
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    response.on('close', () => server.close());
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });
  app.all('/mcp', (request, response) => response.status(405).set('Allow', 'POST').end());

  return new Promise((resolve, reject) => {
    const http = app.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${http.address().port}/mcp`));
    http.on('error', reject);
  });
}

// Compares without telling by its duration how much was right.
function same(a, b) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
