// Somebody asks to be forgotten: all that the arguments of calls named them in is found and erased, also what was refused or waits
// behind a legal hold is told apart, and the ledger still adds up, here and for others.
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

const somebody = 'plum-customer', other = 'pear-customer';
const tools = {
  look: { tier: 'read', subject: 'args.key' },
  count: { tier: 'write', subject: 'args.key' },
  spend: { tier: 'write', subject: ['args.key'] },
  echo: { tier: 'read', subject: ['args.customer', 'args.people.id'] },
};
const never = { id: 'never', match: { tool: 'books/count' }, effect: 'deny', reason: 'not today' };

let upstream, gateway, people, client;
before(async () => {
  upstream = await counting({ log: join(scratch('forgetting'), 'calls') });
  const wrong = counter('wrong', { url: upstream.at('wrong') }, { prefix: 'wrong_', tools: { look: { tier: 'read', subject: 'args.kex' } } });
  gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url }, { tools }), wrong], { rules: [never] }) });
  people = office(gateway);
  await people.ready('books');
  await people.ready('wrong');
  client = agents(gateway.mcp, await gateway.token('one', 'work-one'));
});
after(async () => {
  client.close();
  people.close();
  await gateway.stop();
  await upstream.close();
});

const files = (folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name)));
const forget = (fields = {}) => people.post('/v1/erasures', { subject: somebody, ...fields });
const shownOf = async () => JSON.stringify(await Promise.all((await people.actions()).map(({ action }) => people.why(action))));

test('what speaks of somebody is found, counted and erased', async () => {
  await client.call('look', { key: somebody });
  await client.call('spend', { key: somebody, amount: 3 });
  assert.equal((await client.call('count', { key: somebody })).done, false);
  await client.call('echo', { people: [{ id: other }, { id: somebody }] });
  await client.call('echo', { customer: other, note: 'stays' });

  const look = await forget({ dry_run: true });
  assert.deepEqual([look.actions, look.entries, look.kept, look.by], [4, 7, [], []]);
  assert.match(look.would, /contents of 7 entries of 4 actions would be erased/);
  assert.ok((await shownOf()).includes(somebody));

  const done = await forget();
  assert.deepEqual([done.actions, done.entries, done.by.length], [4, 7, 1]);
  const shown = await shownOf();
  assert.ok(!shown.includes(somebody));
  assert.ok(shown.includes(other) && shown.includes('stays'));
  for (const file of files(gateway.data)) assert.ok(!file.includes(somebody) && !file.includes(other));
  assert.match(await gateway.must('verify'), /contents were erased, as entries say/);

  const again = await forget();
  assert.deepEqual([again.actions, again.by], [0, []]);
});

test('what is new of them is found anew, and what is under a legal hold stays', async () => {
  await client.call('look', { key: somebody });
  await people.post('/v1/legal-holds', { scope: 'workflow:work-one', on: true });
  const said = await gateway.must('erase', '--subject', somebody, '--by', 'ana', '--reason', 'request 12');
  assert.match(said, /^nothing that may be erased is kept of this subject\nkept: action act_\w+ is under the legal hold on workflow:work-one$/);
  await people.post('/v1/legal-holds', { scope: 'workflow:work-one', on: false });
  assert.match(await gateway.must('erase', '--subject', somebody, '--by', 'ana', '--reason', 'request 12', '--dry-run'), /2 entries of 1 action would be/);
  assert.match(await gateway.must('erase', '--subject', somebody, '--by', 'ana', '--reason', 'request 12'), /2 entries of 1 action are erased.* \(entry \d+\)$/);
  await gateway.must('verify');
});

test('a reason that names them, or names nobody, is refused', async () => {
  await assert.rejects(forget({ reason: `${somebody} asked` }), /400 .*the reason names the subject, and stays/);
  await assert.rejects(forget({ subject: '' }), /400/);
  await assert.rejects(forget({ reason: '' }), /400 .*`reason` is missing/);
});

test('arguments that name nobody by a name, and paths that lead nowhere, are refused', async () => {
  const odd = await client.call('echo', { customer: { name: somebody } });
  assert.equal(odd.done, false);
  assert.match(JSON.stringify(odd), /whom the arguments speak of cannot be recorded: args.customer: is neither a text nor a whole number/);
  const misfit = await client.call('wrong_look', { key: 'x' });
  assert.equal(misfit.done, false);
  assert.match(JSON.stringify(misfit), /subject `args.kex`: there is no `kex` in the schema of its arguments/);
  await client.call('echo', { note: 'nobody is named' });
});
