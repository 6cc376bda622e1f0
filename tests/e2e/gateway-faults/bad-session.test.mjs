// The same as bad-input.test.mjs where there are sessions: after `initialize`, with MCP 2025-11-25. Whatever is sent, the
// session answers as it should, nothing of it reaches an upstream, and the session goes on.
import assert from 'node:assert/strict';
import http from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { agents } from '../lib/agents.mjs';
import { bailiwick, built } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { exchange, opened, requestText, statuses } from '../lib/raw.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const bad = 'never'; // the key of every call that must not arrive
const message = (method, params, id = 1) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const callText = (key, id, tool = 'count') => message('tools/call', { name: tool, arguments: { key } }, id);
const neverText = callText(bad);

describe('bad input in a session', { skip: !built, timeout: 240_000 }, () => {
  let upstream, gateway, people, token, client, session, good;

  const fieldsOf = (more) => {
    const fields = { ...good, 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25', ...more };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  };
  const post = (body, more) => client.post(body, fieldsOf(more));
  const codeOf = ({ text }) => JSON.parse(/^data: (\{.*)$/m.exec(text)?.[1] ?? text).error?.code;
  const open = async () => {
    const hello = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bad', version: '1' } };
    const answer = await client.post(message('initialize', hello), good);
    assert.equal(answer.status, 200, answer.text);
    return answer.headers['mcp-session-id'];
  };

  before(async () => {
    upstream = await counting({ log: join(scratch('bad-session'), 'calls') });
    gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })]), args: ['--log-level', 'error'] });
    people = office(gateway);
    await people.ready('books');
    token = await gateway.token('one', 'work-one');
    client = agents(gateway.mcp, token);
    good = {
      host: new URL(gateway.mcp).host,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    session = await open();
  });
  afterEach(async () => {
    const answer = await post(callText('good', 99));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(codeOf(answer), undefined, 'the session goes on');
  });
  after(async () => {
    client.close();
    people.close();
    assert.deepEqual(upstream.logged().filter(({ key }) => key === bad), []);
    const { code } = await gateway.stop();
    assert.equal(code, 0, 'it stops as it should');
    await upstream.close();
    await gateway.must('verify');
  });

  test('bodies', async () => {
    const deep = (levels) => neverText.replace(`"${bad}"`, `"${bad}","x":${'['.repeat(levels)}${']'.repeat(levels)}`);
    const table = [
      ['nothing', '', 400, -32700],
      ['half a message', neverText.slice(0, -1), 400, -32700],
      ['something after it', neverText + '{}', 400, -32700],
      ['a byte order mark', '\ufeff' + neverText, 400, -32700],
      ['bad UTF-8', Buffer.from(neverText.replace(bad, 'nev\xff'), 'latin1'), 400, -32700],
      ['a lone surrogate', neverText.replace(bad, 'nev\\ud800'), 400, -32700],
      ['a key twice', neverText.replace('"key"', '"key":"x","key"'), 400, -32700],
      ['a key twice, once escaped', neverText.replace('"key"', '"k\\u0065y":"x","key"'), 400, -32700],
      ['a method twice', neverText.replace('"id"', '"method":"tools/list","id"'), 400, -32700],
      ['65 deep', deep(65), 400, -32700],
      ['100,000 deep', deep(1e5), 400, -32700],
      ['300,000 values', neverText.replace(`"${bad}"`, `"${bad}","x":[${'0,'.repeat(3e5)}0]`), 400, -32700],
      ['10 MB', callText('x'.repeat(10e6)), 413],
      ['a batch', `[${neverText}]`, 400, -32600],
      ['a batch of notifications', '[{"jsonrpc":"2.0","method":"notifications/initialized"}]', 400, -32600],
      ['an empty batch', '[]', 400, -32600],
      ['an id of null', neverText.replace('"id":1', '"id":null'), 400, -32600],
      ['an object for an id', neverText.replace('"id":1', '"id":{}'), 400, -32600],
      ['method and result', neverText.replace('"id":1', '"id":1,"result":{}'), 400, -32600],
      ['params as a list', message('tools/call', ['count']), 400, -32600],
      ['no name', message('tools/call', { arguments: { key: bad } }), 200, -32602],
      ['a number for a name', message('tools/call', { name: 7, arguments: { key: bad } }), 200, -32602],
      ['arguments as a list', message('tools/call', { name: 'count', arguments: [bad] }), 200, -32602],
      ['a URI that is a number', message('resources/subscribe', { uri: 7 }), 200, -32602],
      ['a level that is none', message('logging/setLevel', { level: 'loud' }), 200, -32602],
      ['a cursor of nobody', message('tools/list', { cursor: 'bm9ib2R5' }), 200, -32602],
      ['a second hello without capabilities', message('initialize', { protocolVersion: '2025-11-25' }), 200, -32602],
      ['a run with spaces', neverText, 400, -32602, { 'bailiwick-run': 'a b' }],
    ];
    for (const [name, body, status, code, fields] of table) {
      const answer = await post(body, fields);
      assert.equal(answer.status, status, `${name}: ${answer.lost ?? answer.text}`);
      if (code) assert.equal(codeOf(answer), code, `${name}: ${answer.text}`);
    }
    for (const method of ['tools/execute', 'TOOLS/CALL', 'server/discover', 'subscriptions/listen', 'tasks/get', '', 'x'.repeat(5000)]) {
      const answer = await post(message(method, {}));
      assert.deepEqual([answer.status, codeOf(answer)], [200, -32601], `${method}: ${answer.text}`);
    }
    // Nobody waits for these: they are taken, and change nothing.
    for (const [name, body] of Object.entries({
      'an answer to no question': '{"jsonrpc":"2.0","id":77,"result":{}}',
      'a cancellation of nothing': '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
      'a notification of nothing': '{"jsonrpc":"2.0","method":"notifications/nothing","params":{}}',
    })) {
      assert.equal((await post(body)).status, 202, name);
    }
  });

  test('sessions, revisions and methods of HTTP that are not there', async () => {
    const table = [
      ['another session', { 'mcp-session-id': 'a'.repeat(32) }, 404, -32001],
      ['nearly this session', { 'mcp-session-id': session.slice(0, -1) }, 404, -32001],
      ['this session twice', { 'mcp-session-id': [session, session] }, 404, -32001],
      ['no session', { 'mcp-session-id': undefined }, 400, -32000],
      ['an empty session', { 'mcp-session-id': '' }, 404, -32001],
      ['a revision that never was', { 'mcp-protocol-version': 'v9' }, 400, -32000],
      ['the revision without sessions', { 'mcp-protocol-version': '2026-07-28' }, 400],
      ['text', { 'content-type': 'text/plain' }, 415],
      ['no content type', { 'content-type': undefined }, 415],
      ['no token', { authorization: undefined }, 401],
      ['a foreign host', { host: 'evil.example.com' }, 403],
      ['a foreign origin', { origin: 'http://evil.example.com' }, 403],
    ];
    for (const [name, changes, status, code] of table) {
      const answer = await post(neverText, changes);
      assert.equal(answer.status, status, `${name}: ${answer.lost ?? answer.text}`);
      if (code) assert.equal(codeOf(answer), code, `${name}: ${answer.text}`);
    }
    // A client of the first revisions does not say which it speaks.
    assert.equal((await post(message('ping', {}), { 'mcp-protocol-version': undefined })).status, 200);
    // Another agent's token does not open this session.
    const theirs = await gateway.token('two', 'work-two');
    const answer = await post(neverText, { authorization: `Bearer ${theirs}` });
    assert.deepEqual([answer.status, codeOf(answer)], [404, -32001]);
    const raw = (line, more) => exchange(gateway.mcp, requestText(`${line} /mcp HTTP/1.1`, { ...fieldsOf(more), Connection: 'close' }));
    assert.deepEqual(statuses(await raw('PUT')), [405]);
    assert.deepEqual(statuses(await raw('GET', { accept: 'application/json' })), [406]);
    assert.deepEqual(statuses(await raw('GET', { accept: 'text/event-stream', 'last-event-id': 'c999/1' })), [400]);
    assert.deepEqual(statuses(await raw('GET', { accept: 'text/event-stream', 'last-event-id': 'x' })), [400]);
    assert.deepEqual(statuses(await raw('DELETE', { 'mcp-session-id': 'nobody' })), [404]);
  });

  test('callers that stop in the middle, or read nothing', async () => {
    const head = requestText('POST /mcp HTTP/1.1', { ...fieldsOf(), 'Content-Length': neverText.length });
    const pieces = [head.slice(0, 60), head, head + neverText.slice(0, -1)];
    const halves = await Promise.all(Array.from({ length: 60 }, (_, i) => opened(gateway.mcp, pieces[i % pieces.length])));
    // Half closed: the request is whole, and the answer still comes.
    const closing = fieldsOf({ accept: 'application/json' });
    const answered = await exchange(gateway.mcp, requestText('POST /mcp HTTP/1.1', closing, callText('half-closed', 5)));
    assert.deepEqual(statuses(answered), [200]);
    assert.match(answered, /"id":5/);
    // Open streams that nobody reads, and answers of 1 MB each that nobody takes.
    const stream = requestText('GET /mcp HTTP/1.1', fieldsOf({ accept: 'text/event-stream' }));
    const deaf = [await opened(gateway.mcp, stream), await opened(gateway.mcp, stream)];
    const large = (i) => message('tools/call', { name: 'echo', arguments: { x: 'x'.repeat(1e6) } }, `large${i}`);
    for (let i = 0; i < 4; i++) {
      const asking = [0, 1, 2, 3].map((k) => requestText('POST /mcp HTTP/1.1', fieldsOf(), large(4 * i + k)));
      deaf.push(await opened(gateway.mcp, asking[0]));
      asking.slice(1).forEach((text) => deaf.at(-1).write(text));
    }
    const meanwhile = await post(callText('meanwhile', 6));
    assert.equal(codeOf(meanwhile), undefined, meanwhile.text);
    [...halves, ...deaf].forEach((socket, i) => (i % 2 ? socket.destroy() : socket.resetAndDestroy()));
  });

  test('a caller that leaves its call cancels nothing, and finds the answer where it left', async () => {
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));
    upstream.on = ({ key }) => (key === 'left' ? finished : undefined);
    // A connection that sees the first event, which names the stream, and goes.
    const place = await new Promise((resolve, reject) => {
      const request = http.request(gateway.mcp, { method: 'POST', headers: fieldsOf({ accept: 'text/event-stream, application/json' }) });
      request.on('error', reject).on('response', (response) => {
        response.setEncoding('utf8').once('data', (text) => {
          request.destroy();
          resolve(/^id: (\S+)$/m.exec(text)[1]);
        });
        response.on('error', () => {});
      });
      request.end(callText('left', 7));
    });
    await until('the call arrived', () => upstream.inside > 0);
    finish();
    upstream.on = undefined;
    const resumed = await fetch(gateway.mcp, { headers: fieldsOf({ host: undefined, accept: 'text/event-stream', 'last-event-id': place }) });
    assert.match(await resumed.text(), /"id":7,"result"/);
  });
});
