// Sixty-four upstreams of which three are sick: one that never answers, one that dies whenever it is started, one that has
// nothing to offer. The others do not notice, and people are told what is wrong with each.
import assert from 'node:assert/strict';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { agents } from '../lib/agents.mjs';
import { bailiwick, built } from '../lib/bailiwick.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting, lines } from '../lib/counting.mjs';
import { office } from '../lib/office.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const program = fileURLToPath(new URL('../lib/counting.mjs', import.meta.url));
const named = (kind, count) => Array.from({ length: count }, (_, i) => `${kind}${i}`);
const [remote, local] = [named('remote', 56), named('local', 5)];
const healthy = [...remote, ...local];

describe('sixty-four upstreams', { skip: !built, timeout: 240_000 }, () => {
  let upstream, silent, folder, gateway, people, client;
  const held = new Set(); // the connections of the one that never answers
  let tried = 0;

  before(async () => {
    folder = scratch('upstreams');
    upstream = await counting({ log: join(folder, 'remote') });
    silent = net.createServer((socket) => {
      tried += 1;
      held.add(socket.on('error', () => {}).on('close', () => held.delete(socket)));
    });
    await new Promise((resolve) => silent.unref().listen(0, '127.0.0.1', resolve));
    const node = (...args) => ({ command: process.execPath, args });
    const where = (name) =>
      remote.includes(name) ? { url: upstream.at(name) } : node(program, '--stdio', '--log', join(folder, name));
    const one = (name, at, keys) => counter(name, at, { prefix: `${name}_`, sessions: 'shared', ...keys });
    const upstreams = [
      one('silent', { url: `http://127.0.0.1:${silent.address().port}/mcp` }, { timeout: '1h' }),
      one('dying', node('-e', 'console.error("no such luck"); process.exit(1)')),
      one('empty', { url: upstream.at('empty') }),
      ...healthy.map((name) => one(name, where(name))),
    ];
    assert.equal(upstreams.length, 64);
    gateway = await bailiwick({ registry: counted(upstreams), args: ['--log-level', 'error'] });
    people = office(gateway);
    client = agents(gateway.mcp, await gateway.token('one', 'work-one'), { connections: 128 });
  });
  after(async () => {
    client.close();
    people.close();
    held.forEach((socket) => socket.destroy());
    silent.close();
    const { code } = await gateway.stop();
    assert.equal(code, 0);
    await upstream.close();
    await gateway.must('verify');
  });

  test('it listens, and the healthy ones answer, while one never does', async () => {
    assert.equal((await people.upstream('silent')).state, 'connecting'); // and so it stays for an hour
    await Promise.all(healthy.map(people.ready));
    const answers = await Promise.all(healthy.map((name) => client.call(`${name}_count`, { key: name })));
    answers.forEach((answer, i) => assert.ok(answer.done, `${healthy[i]}: ${answer.text}`));
    assert.deepEqual(upstream.logged().map(({ key }) => key).sort(), [...remote].sort());
    for (const name of local) assert.deepEqual(lines(join(folder, name)).map(({ key }) => key), [name]);
    assert.equal((await people.upstream('silent')).state, 'connecting');
    await until('it was asked', () => tried > 0);
  });

  test('tools of the healthy ones are listed', async () => {
    const { result } = await client.list();
    assert.ok(result.tools.length > 0 && result.nextCursor, 'a first page of them');
    const prefixes = new Set(result.tools.map(({ name }) => name.replace(/_.*/, '')));
    for (const sick of ['silent', 'dying', 'empty']) assert.ok(!prefixes.has(sick), sick);
  });

  test('people are told what is wrong with each', async () => {
    const dying = await until('it died again and again', async () => {
      const seen = await people.upstream('dying');
      return seen.restarts >= 3 && seen.state === 'failing' ? seen : undefined;
    });
    assert.match(dying.detail, /exited with 1/);
    assert.match(dying.detail, /no such luck/);
    const empty = await people.upstream('empty');
    assert.equal(empty.state, 'ready');
    assert.deepEqual([empty.tools, empty.remarks], [0, ['declared but not offered: count, echo, look, spend']]);
    const printed = await gateway.must('upstreams');
    const line = (name) => printed.split('\n').find((text) => text.startsWith(`${name} `)) ?? '';
    assert.match(line('silent'), /connecting/);
    assert.match(line('dying'), /failing.*exited with 1/);
    assert.match(line('empty'), /ready/);
    assert.match(printed, /^empty: declared but not offered: count/m);
    assert.match(line('remote0'), /ready/);
  });

  test('a call to a sick one is refused at once, in words, and the refusal is recorded', async () => {
    for (const name of ['silent', 'dying', 'empty']) {
      const run = `to-${name}`;
      const answer = await client.call(`${name}_count`, { key: 'never' }, { run });
      assert.equal(answer.decision?.code, 'unavailable', answer.text);
      assert.match(answer.result.content[0].text, new RegExp(`NOT EXECUTED.*${name}_count`));
      const { actions } = await people.get(`/v1/actions?run=one:${run}`);
      assert.equal(actions.length, 1);
      assert.equal(actions[0].action, answer.receipt.action);
      assert.equal(actions[0].refused, 'unavailable');
      assert.deepEqual(actions[0].entries, [answer.receipt.entry]);
    }
    assert.deepEqual(upstream.logged().filter(({ key }) => key === 'never'), []);
  });

  test('what hung up is tried again, and people see why', async () => {
    const before = tried;
    held.forEach((socket) => socket.destroy());
    await until('it is tried again', () => tried > before);
    const seen = await people.upstream('silent');
    assert.ok(seen.restarts > 0);
    assert.match(seen.detail, /connection/);
    assert.ok((await client.call('remote0_count', { key: 'still' })).done);
  });
});
