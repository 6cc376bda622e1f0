// A kill is a commit: once it is acknowledged, nothing in its scope is admitted. The order of the ledger shows it, and the
// upstream's own log.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { agents } from '../lib/agents.mjs';
import { bailiwick, built } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';
import { gate, until } from '../lib/until.mjs';

const atOnce = 1000;
const callsMax = 100_000;

describe('kill', { skip: !built, timeout: 240_000 }, () => {
  let upstream, gateway, people, one, two, tokens;

  before(async () => {
    upstream = await counting({ log: join(scratch('kill'), 'calls') });
    const asked = { id: 'asked', match: { tool: 'books/spend' }, effect: 'hold', oblige: [{ approve: { from: ['ben'] } }] };
    const upstreams = [counter('books', { url: upstream.at('books') }), counter('shelf', { url: upstream.at('shelf') }, { prefix: 'shelf_' })];
    gateway = await bailiwick({ registry: counted(upstreams, { rules: [asked] }), args: ['--log-level', 'error'] });
    people = office(gateway);
    await people.ready('books');
    await people.ready('shelf');
    tokens = await Promise.all(['one', 'two'].map((name) => gateway.token(name, `work-${name}`)));
    [one, two] = tokens.map((token) => agents(gateway.mcp, token, { connections: atOnce }));
  });
  after(async () => {
    one.close();
    two.close();
    people.close();
    await gateway.stop();
    await upstream.close();
    await gateway.must('verify');
  });

  const kill = async (scope) => JSON.parse(await gateway.must('kill', scope, '--reason', 'a test', '--json'));
  const unkill = async (scope) => JSON.parse(await gateway.must('unkill', scope, '--reason', 'enough', '--json'));
  const killed = (answer, scope) => {
    assert.equal(answer.decision?.code, 'killed', answer.text ?? answer.lost);
    assert.ok(answer.decision.reason.includes(scope), answer.decision.reason);
  };

  test(`${atOnce} calls in flight of one agent, and it is killed in the middle`, async () => {
    let acknowledged, receivedBefore, next = 0;
    const after = { one: 0, two: 0 }; // calls that began after the kill was acknowledged
    const enough = () => next >= callsMax || (acknowledged && after.one > 200 && after.two > 0);
    const answers = new Map();
    // Each agent keeps calling: what is answered is asked again, until there are answers of both to calls after the kill.
    const worker = async (client, name) => {
      while (!enough()) {
        const key = `${name}-${next++}`;
        const late = acknowledged !== undefined;
        const answer = await client.call('count', { key }, { run: key });
        answers.set(key, { ...answer, late });
        if (late) after[name] += 1;
      }
    };
    const killing = until('calls are on their way', () => upstream.carried > 100)
      .then(() => kill('agent:one'))
      .then((ack) => {
        acknowledged = ack;
        receivedBefore = upstream.carried;
      });
    await Promise.all([
      killing,
      ...Array.from({ length: atOnce }, () => worker(one, 'one')),
      ...Array.from({ length: 20 }, () => worker(two, 'two')),
    ]);
    const { entry } = acknowledged;
    const rows = await people.actions();
    const byRun = new Map(rows.map((row) => [row.run, row]));
    const intent = (row) => (row.outcome ? row.entries[0] : undefined);
    const admitted = rows.filter((row) => row.agent === 'one' && intent(row) !== undefined);
    assert.ok(admitted.length > 100, `${admitted.length} were admitted`);
    assert.deepEqual(admitted.filter((row) => intent(row) > entry).map(({ run }) => run), [], `admitted after entry ${entry}`);
    const refused = rows.filter((row) => row.agent === 'one' && row.refused);
    assert.ok(refused.every((row) => row.refused === 'killed' && row.entries[0] > entry), 'only the kill refuses');
    assert.ok(rows.some((row) => row.agent === 'two' && intent(row) > entry), 'the other agent goes on');
    for (const { key } of upstream.logged()) {
      const row = byRun.get(key);
      assert.ok(row && intent(row) !== undefined, `${key} ran without an intent`);
      assert.equal(row.outcome, 'succeeded', `${key} ran`);
      if (row.agent === 'one') assert.ok(intent(row) < entry, `${key} ran after the kill`);
    }
    for (const [key, answer] of answers) {
      assert.equal(answer.lost, undefined, key);
      if (!key.startsWith('one')) assert.ok(answer.done, answer.text);
      else if (answer.late) killed(answer, 'agent:one');
      // What was admitted and had not left yet is stopped too.
      else if (!answer.done) assert.match(answer.result.content[0].text, /^NOT EXECUTED — .*kill switch/);
    }
    const settled = upstream.logged().filter(({ key }, at) => at >= receivedBefore && key.startsWith('one'));
    console.log(`${answers.size} calls; admitted before the kill and sent after it was acknowledged: ${settled.length}`);
    await unkill('agent:one');
    assert.ok((await one.call('count', { key: 'back' })).done);
  });

  const scopes = [
    ['everything', ['books', 'shelf', 'look', 'other run', 'other agent']],
    ['upstream:books', ['books', 'look', 'other run', 'other agent']],
    ['tool:books/count', ['books', 'other run', 'other agent']],
    ['workflow:work-one', ['books', 'shelf', 'look', 'other run']],
    ['agent:one', ['books', 'shelf', 'look', 'other run']],
    ['run:one:the-run', ['books', 'shelf', 'look']],
  ];
  for (const [scope, dies] of scopes) {
    test(`kill ${scope}: that stops, the rest goes on, and unkill lets it run again`, async () => {
      const run = 'the-run';
      const all = async (when) => {
        const key = `${scope} ${when}`;
        const ways = {
          books: one.call('count', { key }, { run }),
          shelf: one.call('shelf_count', { key }, { run }),
          look: one.call('look', { key }, { run }),
          'other run': one.call('count', { key: `${key} 2` }, { run: 'another-run' }),
          'other agent': two.call('count', { key }, { run }), // a run of its own, whatever it calls it
        };
        const answers = await Promise.all(Object.values(ways));
        return Object.fromEntries(Object.keys(ways).map((name, i) => [name, answers[i]]));
      };
      for (const [name, answer] of Object.entries(await all('before'))) assert.ok(answer.done, `${name}: ${answer.text}`);
      const received = upstream.carried;
      await kill(scope);
      const during = await all('during');
      for (const [name, answer] of Object.entries(during)) {
        if (dies.includes(name)) killed(answer, scope);
        else assert.ok(answer.done, `${name}: ${answer.text}`);
      }
      assert.equal(upstream.carried - received, Object.keys(during).length - dies.length);
      await unkill(scope);
      for (const [name, answer] of Object.entries(await all('after'))) assert.ok(answer.done, `${name}: ${answer.text}`);
    });
  }

  test('a call that waits for a person dies with its scope, at once', async () => {
    const waiting = Array.from({ length: 10 }, (_, i) => one.call('spend', { key: `held${i}`, amount: i }));
    const other = two.call('spend', { key: 'of two', amount: 1 });
    const open = async () => (await people.get('/v1/reviews')).reviews;
    const reviews = await until('eleven reviews', async () => ((await open()).length === 11 ? open() : undefined));
    const ack = await kill('agent:one');
    assert.equal(ack.tickets.length, 10);
    // The budget of a hold is 30 s: these come because the switch woke them.
    for (const answer of await Promise.all(waiting)) {
      assert.equal(answer.done, false, answer.text);
      assert.equal(answer.decision?.code, 'killed', answer.text);
    }
    const left = await open();
    assert.deepEqual(left.map(({ agent }) => agent), ['two'], 'the other agent still waits');
    const dead = reviews.find(({ agent }) => agent === 'one').ticket;
    const late = await gateway.cli('approve', dead, '--reason', 'too late', '--by', 'ben');
    assert.notEqual(late.code, 0, 'what was killed cannot be approved');
    killed(await one.call('spend', { key: 'held0', amount: 0 }), 'agent:one');
    await gateway.must('approve', left[0].ticket, '--reason', 'fine', '--by', 'ben');
    assert.ok((await other).done);
    await unkill('agent:one');
    assert.deepEqual(upstream.logged().filter(({ tool }) => tool === 'spend').map(({ key }) => key), ['of two']);
  });

  test('what was admitted and still waits in line for its upstream is not sent', async () => {
    const door = gate();
    upstream.on = () => door.passed;
    const answers = Array.from({ length: 400 }, (_, i) => one.call('count', { key: `line${i}` }, { run: 'line' }));
    const admitted = async () => (await people.get('/v1/runs')).runs.find(({ run }) => run === 'one:line')?.admitted;
    await until('400 are admitted', async () => (await admitted()) === 400);
    await until('as many as may be are at the upstream', () => upstream.inside === 256);
    await kill('agent:one');
    door.open();
    upstream.on = undefined;
    await Promise.all(answers);
    await unkill('agent:one');
    assert.equal(upstream.logged().filter(({ key }) => key.startsWith('line')).length, 256);
  });
});
