// A transparent HTTP proxy that adds headers. The conformance suite cannot send a token; the gateway wants one.
// Everything else goes through as it came: Host and Origin, the spelling of header names, bytes when they arrive, and
// a disconnect of either side.
import http from 'node:http';
import { pipeline } from 'node:stream';

/** Resolves with { url, close }. `url` keeps the target's path and names this proxy as localhost. */
export async function headerProxy(target, headers) {
  const { hostname, port, pathname } = new URL(target);
  const added = Object.entries(headers).flat();
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const agent = new http.Agent({ keepAlive: true });

  const server = http.createServer((request, answer) => {
    const kept = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const name = request.rawHeaders[i];
      const ours = name.toLowerCase() === 'connection' || replaced.has(name.toLowerCase());
      if (!ours) kept.push(name, request.rawHeaders[i + 1]);
    }
    const onward = http.request({
      agent,
      hostname,
      port,
      method: request.method,
      path: request.url,
      headers: [...kept, ...added],
      setHost: false,
    });
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode, response.statusMessage, response.rawHeaders);
      answer.flushHeaders(); // an event stream says it is open long before its first event
      pipeline(response, answer, () => {});
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => answer.writableFinished || onward.destroy());
    pipeline(request, onward, () => {});
  });

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${server.address().port}${pathname}`,
    close: () => {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
