// What agents sent, tools answered and people wrote stands in no leaf, which is kept for ever and shown to others, and in no file of
// the data folder in the clear. Erased, it is nowhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agents } from '../lib/agents.mjs';
import { bailiwick } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const argument = 'plum-argument', reason = 'plum-reason', criteria = 'plum-criteria', answered = 'plum-answered';
const all = [argument, reason, criteria, answered];
const asked = { id: 'asked', match: { tool: 'books/spend' }, effect: 'hold', oblige: [{ approve: { from: ['ben'], criteria } }] };
const never = { id: 'never', match: { tool: 'books/count' }, effect: 'deny', reason: 'not today' };

let upstream, gateway, people, client;
before(async () => {
  upstream = await counting({ log: join(scratch('at-rest'), 'calls') });
  gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })], { rules: [asked, never] }) });
  people = office(gateway);
  await people.ready('books');
  client = agents(gateway.mcp, await gateway.token('one', 'work-one'));
});
after(async () => {
  client.close();
  people.close();
  await gateway.stop();
  await upstream.close();
});

// Where any of the words stands, in the files below a folder.
const found = (folder, words) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .flatMap(({ parentPath, path, name }) => {
      const bytes = readFileSync(join(parentPath ?? path, name));
      return words.filter((word) => bytes.includes(word)).map((word) => `${word} in ${name}`);
    });

test('contents stand in no leaf and in no file', async () => {
  assert.ok((await client.call('echo', { text: argument, more: answered })).done);
  assert.equal((await client.call('count', { key: argument })).done, false);
  const held = client.call('spend', { key: argument, amount: 7 });
  const { ticket } = await until('it is held', async () => (await people.get('/v1/reviews')).reviews[0]);
  await gateway.must('approve', ticket, '--by', 'ben', '--reason', reason);
  assert.ok((await held).done);
  await gateway.must('kill', 'agent:two', '--reason', reason);

  const actions = await people.actions();
  const shown = JSON.stringify(await Promise.all(actions.map(({ action }) => people.why(action))));
  for (const word of all) assert.ok(shown.includes(word), `people see ${word}`);
  const tiles = join(scratch('at-rest-tiles'), 'tiles');
  for (const { action } of actions) await gateway.must('receipt', action); // so that a checkpoint stands for them
  await gateway.must('tiles', tiles);
  assert.ok(found(tiles, ['"k":"intent"']).length > 0, 'leaves are in the tiles as they are');
  assert.deepEqual(found(tiles, all), []);
  assert.deepEqual(found(gateway.data, all), []);
});

test('what is erased is shown to nobody any more, and the ledger still adds up', async () => {
  const done = (await people.actions()).filter(({ outcome, refused }) => outcome ?? refused);
  assert.equal(done.length, 3);
  for (const { action } of done) await gateway.must('redact', action, '--reason', 'they asked for it');
  const shown = JSON.stringify(await Promise.all(done.map(({ action }) => people.why(action))));
  assert.deepEqual(all.filter((word) => shown.includes(word)), []);
  await gateway.must('verify');
});
