// The proxy adds a header and is otherwise not there.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { headerProxy } from '../lib/header-proxy.mjs';

/** A server that does what `answer` says, with the proxy in front of it. */
async function behind(answer) {
  const server = http.createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await headerProxy(`http://127.0.0.1:${server.address().port}/mcp`, { Authorization: 'Bearer T' });
  const close = async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  };
  return { url: proxy.url, close };
}

test('hands on headers as they were written, and adds its own', async () => {
  const { url, close } = await behind((request, response) => response.end(JSON.stringify(request.rawHeaders)));
  const headers = { Host: 'evil.example.com', 'MCP-METHOD': 'ping', authorization: 'Bearer old' };
  const [response] = await once(http.request(url, { headers }).end(), 'response');
  const raw = JSON.parse((await response.toArray()).join(''));
  const seen = raw.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${raw[i + 1]}`]));
  assert.ok(seen.includes('Host: evil.example.com'), seen);
  assert.ok(seen.includes('MCP-METHOD: ping'), seen);
  assert.deepEqual(seen.filter((line) => /^authorization/i.test(line)), ['Authorization: Bearer T']);
  await close();
});

test('hands on each piece of a stream when it comes', async () => {
  let upstream;
  const { url, close } = await behind((request, response) => {
    upstream = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  });
  const answer = await fetch(url); // the headers alone, before any event
  const reader = answer.body.getReader();
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    upstream.write(event);
    assert.equal(Buffer.from((await reader.read()).value).toString(), event);
  }
  upstream.destroy();
  await assert.rejects(reader.read());
  await close();
});

test('tells the server when the client goes', async () => {
  let gone;
  const { url, close } = await behind((request, response) => {
    gone = once(response, 'close');
    response.writeHead(200).flushHeaders();
  });
  const controller = new AbortController();
  await fetch(url, { signal: controller.signal });
  controller.abort();
  await gone;
  await close();
});
