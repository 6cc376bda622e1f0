// The example desk, asked by real clients. Needs `npm ci` in examples/desk.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clients, drive } from '../clients/drive.mjs';
import { run, start } from '../lib/children.mjs';
import { desk } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';

const log = join(scratch('desk'), 'calls.jsonl');
const calls = () => readFileSync(log, 'utf8').trim().split('\n').map((line) => JSON.parse(line));

describe('over HTTP', () => {
  let server;
  before(async () => {
    server = await start('node', [desk, '--log', log], { env: { ...process.env, DESK_API_KEY: 'secret' } });
  });
  after(() => server.stop());

  for (const name of Object.keys(clients)) {
    test(`${name} lists the tools and reads a customer`, async () => {
      const endpoint = { url: server.url, token: 'secret' };
      const { tools, call } = await drive(name, endpoint, { tool: 'get_customer', args: { customer: 'C-1003' } });
      assert.equal(tools.length, 7);
      assert.equal(call.structuredContent.lifetime_refunds_usd, 412);
    });
  }

  test('a refund changes what the customer had, and cancelling it changes it back', async () => {
    const client = await clients['sdk-v1']({ url: server.url, token: 'secret' });
    const ask = async (tool, args) => (await client.callTool(tool, args)).structuredContent;
    const refund = { ticket: 'T-501', customer: 'C-1001', amount_usd: 24.5, reason: 'the mug was cracked' };

    const paid = await ask('create_refund', refund);
    assert.equal(paid.status, 'paid');
    assert.equal((await ask('get_customer', { customer: 'C-1001' })).lifetime_refunds_usd, 43);

    await ask('cancel_refund', { refund: paid.id });
    await ask('cancel_refund', { refund: paid.id });
    assert.equal((await ask('get_customer', { customer: 'C-1001' })).lifetime_refunds_usd, 18.5);
    await client.close();

    const refunds = calls().filter((call) => call.tool === 'create_refund');
    assert.equal(refunds.length, 1);
    assert.deepEqual(refunds[0].arguments, refund);
    assert.equal(refunds[0].result.id, paid.id);
  });

  test('says what was wrong with a request', async () => {
    const client = await clients['sdk-v1']({ url: server.url, token: 'secret' });
    const mismatch = { ticket: 'T-501', customer: 'C-1002', amount_usd: 5, reason: 'none at all' };
    const refused = await client.callTool('create_refund', mismatch);
    assert.equal(refused.isError, true);
    assert.equal(refused.content[0].text, 'Ticket T-501 is not from customer C-1002');
    await client.close();
  });

  test('refuses a caller with another key', async () => {
    for (const headers of [{}, { Authorization: 'Bearer other' }]) {
      const answer = await fetch(server.url, { method: 'POST', headers });
      assert.equal(answer.status, 401);
    }
  });
});

test('works over stdio', async () => {
  const what = { tool: 'send_reply', args: { ticket: 'T-504', text: 'It is on its way.' } };
  const { call } = await drive('sdk-v1', { command: ['node', desk, '--stdio'] }, what);
  assert.deepEqual(call.structuredContent, { ticket: 'T-504', replies: 1 });
});

test('does not listen without a key', async () => {
  const { DESK_API_KEY, ...env } = process.env;
  const { code, stderr } = await run('node', [desk], { env });
  assert.equal(code, 2);
  assert.match(stderr, /DESK_API_KEY/);
});
