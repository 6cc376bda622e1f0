// The policy server that stands in for OPA in these tests, against the client that OPA's own project publishes: it checks every
// answer by the schemas of the Data API, so what the stand-in says is what a server says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OPAClient } from '@open-policy-agent/opa';
import { ClientError, SDKValidationError, ServerError } from '@open-policy-agent/opa/sdk/models/errors';
import { opa } from '../lib/opa.mjs';

let server, client;
before(async () => {
  server = await opa({ 'agents/decision': ({ word }) => word, 'agents/whole': (input) => ({ seen: input }) });
  client = new OPAClient(`http://127.0.0.1:${server.port()}`, { headers: { authorization: 'Bearer opa-secret' } });
});
after(() => server.close());

const asked = () => server.asked.at(-1);

test('it is asked as that client asks', async () => {
  assert.equal(await client.evaluate('agents/decision', { word: 'hold' }), 'hold');
  assert.equal(asked().path, '/v1/data/agents/decision');
  assert.equal(asked().authorization, 'Bearer opa-secret');
  assert.deepEqual(JSON.parse(asked().body), { input: { word: 'hold' } });
});

test('what it answers is an answer to that client, of every type', async () => {
  for (const word of ['allow', true, false, 7, ['deny']]) assert.deepEqual(await client.evaluate('agents/decision', { word }), word);
  assert.deepEqual(await client.evaluate('agents/whole', { a: [1] }), { seen: { a: [1] } });
});

test('what is undefined has no result', async () => {
  assert.equal(await client.evaluate('agents/decision', {}), undefined);
  assert.equal(await client.evaluate('agents/nothing', { word: 'allow' }), undefined);
});

test('an error of the server is one to that client', async () => {
  server.answers.push((_, send) => send(400, { code: 'invalid_parameter', message: 'no' }));
  await assert.rejects(client.evaluate('agents/decision', { word: 'allow' }), ClientError);
  server.answers.push((_, send) => send(500, { code: 'internal_error', message: 'no' }));
  await assert.rejects(client.evaluate('agents/decision', { word: 'allow' }), ServerError);
});

test('and the client does refuse what is no answer', async () => {
  server.answers.push((_, send) => send(400, { code: 7 }));
  await assert.rejects(client.evaluate('agents/decision', { word: 'allow' }), SDKValidationError);
});
