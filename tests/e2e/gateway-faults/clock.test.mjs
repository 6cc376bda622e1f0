// The wall clock jumps, forwards and back: whatever can end has ended once it was past its time, and no meter has room for more
// than its limit.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { agents } from '../lib/agents.mjs';
import { bailiwick, built } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { faults } from '../lib/faults.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';

const hour = 3_600_000;
const limit = 3;
const meters = { calls: { match: { tool: 'books/count' }, window: '1h', limit } };
const asked = { id: 'asked', match: { tool: 'books/spend' }, effect: 'hold', reason: 'ben is asked', oblige: [{ approve: { from: ['ben'] } }] };

describe('a clock that jumps', { skip: !built, timeout: 120_000 }, () => {
  let upstream, machine, gateway, people, next = 0;
  before(async () => (upstream = await counting({ log: join(scratch('clock'), 'calls') })));
  after(() => upstream.close());
  beforeEach(async () => {
    machine = faults();
    const books = counter('books', { url: upstream.url });
    books.tools.spend.hold_shape = 'ticket';
    const registry = counted([books], { meters, rules: [asked] });
    gateway = await bailiwick({ registry, args: ['--log-level', 'error'], faults: machine });
    people = office(gateway);
    await people.ready('books');
  });
  afterEach(async () => {
    await gateway.stop();
    people.close();
    machine.close();
    await gateway.must('verify');
  });

  const agent = async (ttl) => agents(gateway.mcp, await gateway.token('one', 'work-one', ttl));
  const count = (one) => one.call('count', { key: `k${next++}` });
  const passes = async (one, what) => {
    const { done, text, lost } = await count(one);
    assert.ok(done, `${what}: ${text ?? lost}`);
  };
  const metered = async (one, what) => {
    const { decision, text, lost } = await count(one);
    assert.equal(decision?.code, 'meter', `${what}: ${text ?? lost}`);
  };
  const again = async () => {
    await gateway.restart();
    await people.ready('books');
  };

  test('gives no meter more room than one window has', async () => {
    const one = await agent('31d');
    const carried = upstream.carried;
    for (let i = 0; i < limit; i++) await passes(one, 'within the limit');
    await metered(one, 'over the limit');
    machine.clock(-2 * hour);
    await metered(one, 'two hours back');
    machine.clock(-720 * hour);
    await metered(one, 'a month back');
    await again();
    await metered(one, 'a month back, by a new process');
    machine.clock(2 * hour);
    for (let i = 0; i < limit; i++) await passes(one, 'a new hour');
    await metered(one, 'over the limit of the new hour');
    machine.clock(0);
    await metered(one, 'and back: time stands still');
    await again();
    await metered(one, 'and back, by a new process');
    assert.equal(upstream.carried - carried, 2 * limit);
    one.close();
  });

  test('brings no token back that was past its end', async () => {
    const [short, long] = [await agent('1h'), await agent('31d')];
    const refused = async (what) => {
      assert.equal((await short.list()).status, 401, what);
      assert.equal((await count(short)).status, 401, what);
    };
    await passes(short, 'while it is good');
    machine.clock(2 * hour);
    await refused('past its end');
    await passes(long, 'the other is good'); // and an entry of that time
    machine.clock(0);
    await refused('the clock is back');
    await again();
    await refused('the clock is back, and this is another process');
    await passes(long, 'the other is still good');
    short.close();
    long.close();
  });

  test('brings no approval back that was past its end', async () => {
    const one = await agent('31d');
    const spend = () => one.call('spend', { key: 'held', amount: 1 });
    const { approval } = await spend();
    await gateway.must('approve', approval.ticket, '--reason', 'fine', '--by', 'ben');
    machine.clock(2 * hour);
    await passes(one, 'an entry of that time');
    machine.clock(0);
    const late = await spend();
    assert.equal(late.done, false, late.text);
    assert.deepEqual(upstream.logged().filter(({ tool }) => tool === 'spend'), []);
    assert.match(await gateway.must('why', approval.ticket), /not executed; its ticket is lapsed/);
    one.close();
  });
});
