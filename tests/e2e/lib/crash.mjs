// Kills a gateway under load again and again, and holds its ledger against what its upstream saw.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { agents } from './agents.mjs';
import { bailiwick } from './bailiwick.mjs';
import { booksOf } from './books.mjs';
import { counter, counted } from './counted-registry.mjs';
import { counting } from './counting.mjs';
import { office } from './office.mjs';
import { scratch } from './scratch.mjs';
import { chance, seed } from './until.mjs';

const inFlight = 32;
const callsMax = 600; // of one round; the kill comes long before

/** Runs so many rounds on one ledger; answers totals. Throws at the first thing that does not add up. */
export async function crash(rounds) {
  console.log(`seed ${seed}, ${rounds} rounds (BW_SEED repeats it)`);
  const random = chance(seed);
  const upstream = await counting({ log: join(scratch('crash'), 'calls') });
  const gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })]), args: ['--log-level', 'error'] });
  const people = office(gateway);
  const token = await gateway.token('one', 'work-one', '12h');
  const totals = { calls: 0, answered: 0, carried: 0, ambiguous: 0, neverRan: 0 };
  const books = booksOf(upstream);
  let newest; // the latest action of the round before

  for (let round = 0; round < rounds; round++) {
    const point = { after: ['sent', 'received', 'answered'][Math.floor(random() * 3)], count: 1 + Math.floor(random() * 120) };
    const told = (what) => `round ${round}, killed after ${point.count} ${point.after}, seed ${seed}: ${what}`;
    const calls = await killedAt(gateway, upstream, token, round, point);
    await gateway.restart();
    await people.ready('books');

    const verified = gateway.cli('verify');
    const rows = await people.actions(({ action }) => action === newest);
    newest = rows[0]?.action ?? newest;
    books.compare({ calls, rows, told });
    for (const [key, answer] of calls) assert.ok(answer.lost || answer.done, told(`${key} was answered with ${answer.text}`));
    const open = rows.filter((row) => row.outcome === 'ambiguous');
    const listed = (await people.ambiguous()).map(({ action }) => action);
    assert.deepEqual(listed.sort(), open.map(({ action }) => action).sort(), told('what waits for a person'));
    const { code, stderr } = await verified;
    assert.equal(code, 0, told(`verify: ${stderr}`));

    newest = (await settle({ gateway, people, token, open, carried: books.carried, told })) ?? newest;
    totals.calls += calls.size;
    totals.answered += [...calls.values()].filter(({ lost }) => !lost).length;
    totals.ambiguous += open.length;
    totals.neverRan += open.filter(({ run }) => !books.carried.has(run)).length;
  }

  totals.carried = upstream.carried;
  const again = upstream.logged().map(({ key }) => key);
  assert.equal(new Set(again).size, again.length, `seed ${seed}: something ran twice`);
  await gateway.stop();
  const { code, stdout, stderr } = await gateway.cli('verify');
  assert.equal(code, 0, stderr);
  people.close();
  await upstream.close();
  return { ...totals, verified: stdout.trim() };
}

// Keeps calls in flight until `point` is reached, and kills: key → answer. Each call has a key of its own, which is also its
// run's name, so that the ledger can be asked for it.
async function killedAt(gateway, upstream, token, round, point) {
  const clients = agents(gateway.mcp, token, { connections: inFlight });
  const seen = { sent: 0, received: 0, answered: 0 };
  let killed;
  const happened = (what) => {
    seen[what] += 1;
    if (what === point.after && seen[what] === point.count) killed = gateway.kill();
  };
  upstream.on = () => void happened('received');
  const calls = new Map();
  const worker = async () => {
    while (!killed && calls.size < callsMax) {
      const key = `r${round}-${calls.size}`;
      calls.set(key, undefined);
      const sent = clients.call('count', { key }, { run: key });
      happened('sent');
      const answer = await sent;
      if (!answer.lost) happened('answered');
      calls.set(key, answer);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  assert.ok(killed, `round ${round}: ${JSON.stringify(point)} was never reached`);
  await killed;
  upstream.on = undefined;
  clients.close();
  return calls;
}

// What a person does next. A retry of what is ambiguous is refused; told what happened, the ledger lets it pass again.
async function settle({ gateway, people, token, open, carried, told }) {
  if (open.length === 0) return undefined;
  const clients = agents(gateway.mcp, token);
  const retry = (row) => clients.call('count', { key: row.run }, { run: `${row.run}-again` });
  await Promise.all(
    open.map(async (row) => {
      const { arguments: args } = await people.why(row.action);
      assert.deepEqual(args, { key: row.run }, told(`the arguments of ${row.action}`));
      const refused = await retry(row);
      assert.equal(refused.decision?.code, 'ambiguous', told(`the retry of ${row.run}: ${refused.text}`));
      assert.ok(refused.decision.reason.includes(row.action), told(refused.decision.reason));
    }),
  );
  const outcome = (row) => (carried.has(row.run) ? 'succeeded' : 'not_executed');
  const [first, ...others] = open;
  await gateway.must('reconcile', first.action, '--outcome', outcome(first), '--reason', 'the books say so');
  await Promise.all(others.map((row) => people.reconcile(row.action, outcome(row))));
  assert.deepEqual(await people.ambiguous(), [], told('everything was reconciled'));
  const lost = open.filter((row) => !carried.has(row.run));
  for (const answer of await Promise.all(lost.map(retry))) assert.ok(answer.done, told(`a free retry: ${answer.text}`));
  clients.close();
  return (await people.get('/v1/actions?limit=1')).actions[0].action;
}
