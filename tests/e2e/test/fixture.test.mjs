// The fixture itself: every other test trusts it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drive } from '../clients/drive.mjs';
import { start } from '../lib/children.mjs';
import { fixture, node22 } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';
import { conformance, lost } from '../lib/suite.mjs';

const expected = (version) =>
  JSON.parse(readFileSync(new URL(`../expected/conformance-${version}.json`, import.meta.url), 'utf8'));

for (const [version, count] of [['2025-11-25', 84], ['2026-07-28', 152]]) {
  test(`passes the conformance suite of ${version}`, async () => {
    const server = await start(node22, [fixture]);
    const result = await conformance(server.url, version);
    assert.deepEqual(lost(expected(version), result.scenarios), []);
    assert.deepEqual([result.passed, result.failed], [count, 0]);
    await server.stop();
  });

  test(`loses no check of ${version} behind the proxy that adds the token`, async () => {
    const server = await start(node22, [fixture, '--require-bearer', 'sesame']);
    const result = await conformance(server.url, version, { headers: { Authorization: 'Bearer sesame' } });
    assert.deepEqual(lost(expected(version), result.scenarios), []);
    await server.stop();
  });
}

test('remembers each call with its arguments and the token it came with', async () => {
  const log = join(scratch('fixture'), 'calls.jsonl');
  const server = await start(node22, [fixture, '--log', log]);
  await drive('sdk-v1', { url: server.url, token: 'abc' }, { tool: 'echo', args: { message: 'hello' } });
  await server.stop();

  const [call, ...more] = readFileSync(log, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(more, []);
  assert.deepEqual([call.event, call.tool, call.arguments], ['call', 'echo', { message: 'hello' }]);
  assert.equal(call.headers.authorization, 'Bearer abc');
});

test('refuses a caller without the token', async () => {
  const server = await start(node22, [fixture, '--require-bearer', 'sesame']);
  const answer = await fetch(server.url, { method: 'POST' });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
  await server.stop();
});
