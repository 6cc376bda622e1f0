// A gateway that is told to stop while agents call: whoever was answered finds it in the ledger, whoever was not sees the
// connection end, and whoever waits for a person gets a ticket to come back with.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { agents } from '../lib/agents.mjs';
import { bailiwick, built } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';
import { gate, until } from '../lib/until.mjs';

const held = { id: 'spend.asks', match: { tool: 'books/spend' }, effect: 'hold', reason: 'Ben decides about money.' };

describe('SIGTERM', { skip: !built, timeout: 240_000 }, () => {
  let upstream, gateway, people, token;
  before(async () => {
    upstream = await counting({ log: join(scratch('drain'), 'calls') });
    gateway = await bailiwick({
      registry: counted([counter('books', { url: upstream.url })], { rules: [held] }),
      args: ['--log-level', 'error'],
    });
    people = office(gateway);
    token = await gateway.token('one', 'work-one', '12h');
    await people.ready('books');
  });
  after(async () => {
    people.close();
    await gateway.stop();
    await upstream.close();
  });
  const stopped = async () => {
    const { code } = await gateway.stop();
    assert.equal(code, 0);
    await gateway.must('verify');
  };
  const back = async () => {
    await gateway.restart();
    await people.ready('books');
  };

  test('under load loses no answer, and leaves nothing undecided', async () => {
    const [inFlight, parkedCalls] = [32, 8];
    const callers = agents(gateway.mcp, token, { connections: inFlight + parkedCalls });
    const calls = new Map();
    const call = async (key) => {
      calls.set(key, undefined);
      const answer = await callers.call('count', { key }, { run: key });
      calls.set(key, answer);
      return answer;
    };
    // Some are with the upstream when the signal comes, and end only when others have seen the door closed.
    const parked = gate();
    upstream.on = ({ key }) => (key.startsWith('parked') ? parked.passed : undefined);
    const slow = Array.from({ length: parkedCalls }, (_, i) => call(`parked-${i}`));
    await until('they reached the upstream', () => upstream.inside >= parkedCalls);
    let lost = false;
    const worker = async (_, nth) => {
      for (let i = 0; !lost; i++) lost = Boolean((await call(`w${nth}-${i}`)).lost) || lost;
    };
    const work = Array.from({ length: inFlight }, worker);
    await until('there is load', () => upstream.carried > 10 * inFlight);
    const end = stopped();
    await Promise.all(work);
    parked.open();
    const answers = await Promise.all(slow);
    await end;
    answers.forEach((answer, i) => assert.ok(answer.done, `parked-${i}: ${answer.lost ?? answer.text}`));

    await back();
    const ran = upstream.logged().map(({ key }) => key);
    assert.equal(new Set(ran).size, ran.length, 'nothing ran twice');
    const rows = new Map((await people.actions()).map((row) => [row.run, row]));
    for (const [key, answer] of calls) {
      if (answer.lost) continue;
      assert.ok(answer.done, `${key}: ${answer.text}`);
      assert.equal(rows.get(key)?.action, answer.receipt.action, `${key} was answered and is not in the ledger`);
      assert.equal(rows.get(key).outcome, 'succeeded');
      assert.ok(ran.includes(key), `${key} was answered and did not run`);
    }
    for (const key of ran) assert.equal(rows.get(key)?.outcome, 'succeeded', `${key} ran`);
    assert.deepEqual(await people.ambiguous(), []);
    callers.close();
    upstream.on = undefined;
  });

  test('gives a ticket at once to whoever waits for a person, and the ticket is good after the restart', async () => {
    const stateless = agents(gateway.mcp, token);
    const withSession = await clients['sdk-v1']({ url: gateway.mcp, token });
    const reviews = async () => (await people.get('/v1/reviews')).reviews;
    const first = stateless.call('spend', { key: 'first', amount: 1 });
    const second = withSession.callTool('spend', { key: 'second', amount: 2 });
    await until('both are held', async () => (await reviews()).length === 2);
    await stopped();
    const { approval, result } = await first;
    assert.match(result.content[0].text, /NOT EXECUTED — waiting for approval/);
    const other = (await second)._meta['dev.bailiwick/approval'];

    await back();
    const tickets = [approval.ticket, other.ticket];
    assert.deepEqual((await reviews()).map(({ ticket }) => ticket).sort(), [...tickets].sort());
    for (const ticket of tickets) await gateway.must('approve', ticket, '--by', 'ben', '--reason', 'it is little');
    for (const ticket of tickets) assert.ok((await stateless.call('bailiwick_await', { ticket })).done);
    assert.deepEqual(upstream.logged().filter(({ tool }) => tool === 'spend').map(({ key }) => key), ['first', 'second']);
    stateless.close();
    await withSession.close().catch(() => {});
  });
});
