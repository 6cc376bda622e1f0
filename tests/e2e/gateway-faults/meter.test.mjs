// Meters hold however many calls race: counted where the calls land, not where they are refused.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { agents } from '../lib/agents.mjs';
import { bailiwick, built } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';
import { chance, gate, seed, until } from '../lib/until.mjs';

const limits = { calls: 137, flying: 5, sum: 2000 };
const meters = {
  calls: { match: { tool: 'books/count' }, window: '1h', limit: limits.calls },
  flying: { match: { tool: 'books/look' }, in_flight: true, limit: limits.flying },
  sum: { match: { tool: 'books/spend' }, sum: 'args.amount', window: '1h', limit: limits.sum },
};

describe('meters', { skip: !built, timeout: 240_000 }, () => {
  let upstream, gateway, people, one, two;

  before(async () => {
    upstream = await counting({ log: join(scratch('meter'), 'calls') });
    gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })], { meters }), args: ['--log-level', 'error'] });
    people = office(gateway);
    [one, two] = await Promise.all(
      ['one', 'two'].map(async (name) => agents(gateway.mcp, await gateway.token(name, `work-${name}`), { connections: 500 })),
    );
  });
  after(async () => {
    one.close();
    two.close();
    people.close();
    await gateway.stop();
    await upstream.close();
    await gateway.must('verify');
  });

  const ofTool = (tool) => upstream.logged().filter((call) => call.tool === tool);
  const used = async (meter) => (await people.get('/v1/meters')).meters.find((row) => row.meter === meter)?.used ?? 0;
  const refusedBy = (answer, meter) => {
    assert.equal(answer.decision?.code, 'meter', answer.text ?? answer.lost);
    assert.ok(answer.decision.reason.includes(`meter ${meter}`), answer.decision.reason);
    assert.ok(answer.result.content[0].text.includes(`meter ${meter}`), 'the model reads which meter it was');
  };

  test(`${limits.calls} in an hour, asked for by 1000 at once`, async () => {
    const asked = Array.from({ length: 1000 }, (_, i) => (i % 2 ? one : two).call('count', { key: `n${i}` }));
    const answers = await Promise.all(asked);
    assert.equal(answers.filter(({ done }) => done).length, limits.calls);
    assert.equal(ofTool('count').length, limits.calls);
    answers.filter(({ done }) => !done).forEach((answer) => refusedBy(answer, 'calls'));
    assert.equal(await used('calls'), limits.calls);
  });

  test(`${limits.flying} at once: the next is refused while they run, and passes when one ended`, async () => {
    const door = gate();
    upstream.on = () => door.passed;
    const answers = [];
    const asked = Array.from({ length: 100 }, async (_, i) => answers.push(await one.call('look', { key: `first${i}` })));
    await Promise.all([...asked, opened()]);
    async function opened() {
      // Those that were admitted cannot be answered before the others were refused.
      await until('95 refusals', () => answers.length === 100 - limits.flying);
      assert.equal(await used('flying'), limits.flying);
      door.open();
    }
    assert.equal(answers.filter(({ done }) => done).length, limits.flying);
    answers.slice(0, -limits.flying).forEach((answer) => refusedBy(answer, 'flying'));
    assert.equal(upstream.most, limits.flying);
    assert.equal(await used('flying'), 0);

    // Twenty callers who try again until they got through five times each.
    upstream.on = () => new Promise((resolve) => setImmediate(resolve));
    let attempts = 0;
    const insistent = async (_, caller) => {
      for (let i = 0; i < 5; ) {
        attempts += 1;
        assert.ok(attempts < 20_000, 'somebody never gets through');
        const answer = await (caller % 2 ? one : two).call('look', { key: `again${caller}-${i}` });
        if (answer.done) i += 1;
        else refusedBy(answer, 'flying');
      }
    };
    await Promise.all(Array.from({ length: 20 }, insistent));
    upstream.on = undefined;
    assert.ok(upstream.most <= limits.flying, `${upstream.most} at once`);
    assert.equal(ofTool('look').length, limits.flying + 100);
    assert.equal(await used('flying'), 0);
  });

  test(`a sum of ${limits.sum}: never over, and nothing that would fit is refused`, async () => {
    console.log(`seed ${seed}`);
    const random = chance(seed);
    const amounts = Array.from({ length: 400 }, () => 1 + Math.floor(random() * 60));
    const answers = await Promise.all(amounts.map((amount, i) => (i % 2 ? one : two).call('spend', { key: `s${i}`, amount })));
    const spent = ofTool('spend').reduce((sum, { amount }) => sum + amount, 0);
    assert.ok(spent <= limits.sum, `${spent} was spent`);
    assert.equal(spent, amounts.reduce((sum, amount, i) => sum + (answers[i].done ? amount : 0), 0));
    assert.equal(await used('sum'), spent);
    const refused = amounts.filter((_, i) => !answers[i].done);
    assert.ok(refused.length > 0);
    assert.ok(spent + Math.min(...refused) > limits.sum, 'the least that was refused would still fit');
    answers.filter(({ done }) => !done).forEach((answer) => refusedBy(answer, 'sum'));
  });

  test('a crash: what was counted stays counted, and what was running does not run for ever', async () => {
    upstream.on = () => new Promise(() => {});
    const keys = Array.from({ length: limits.flying }, (_, i) => `cut${i}`);
    const asked = keys.map((key) => one.call('look', { key }));
    await until('all are running', () => upstream.logged().filter(({ key }) => keys.includes(key)).length === keys.length);
    await gateway.kill();
    for (const { lost } of await Promise.all(asked)) assert.ok(lost);
    upstream.on = undefined;
    await gateway.restart();
    await people.ready('books');
    refusedBy(await one.call('count', { key: 'after' }), 'calls');
    assert.equal(ofTool('count').length, limits.calls);
    assert.equal(await used('calls'), limits.calls);
    assert.equal(await used('flying'), 0);
    // A read may be repeated, whatever became of it.
    for (const key of keys) assert.ok((await one.call('look', { key })).done, key);
  });
});
