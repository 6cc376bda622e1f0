// A gateway that is started with few open files takes as many as the machine lets it, and says so when that is little. However many
// connect, what is in flight goes on, and people can stop it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { agents } from '../lib/agents.mjs';
import { bailiwick, binary, built } from '../lib/bailiwick.mjs';
import { start } from '../lib/children.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { counting } from '../lib/counting.mjs';
import { faults } from '../lib/faults.mjs';
import { office } from '../lib/office.mjs';
import { opened } from '../lib/raw.mjs';
import { scratch } from '../lib/scratch.mjs';
import { gate, until } from '../lib/until.mjs';

const silent = counter('silent', { url: 'http://127.0.0.1:1/mcp' });

test('a soft limit of 300 open files does not stop the 301st agent', { skip: !built, timeout: 60_000 }, async () => {
  const registry = scratch('descriptors-registry');
  for (const [name, text] of Object.entries(counted([silent]))) writeFileSync(join(registry, name), text);
  const serve = ['serve', '--registry', registry, '--data', scratch('descriptors-data'), '--agents', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const server = await start('sh', ['-c', 'ulimit -Sn 300; ulimit -Hn 4096; exec "$0" "$@"', binary, ...serve]);
  assert.match(readFileSync(`/proc/${server.child.pid}/limits`, 'utf8'), /^Max open files\s+4096\s+4096/m);
  assert.match(server.stderr(), /warn at most 4096 files and connections/);
  const sockets = await Promise.all(Array.from({ length: 600 }, () => opened(server.agents, 'POST /mcp HTTP/1.1\r\n')));
  assert.equal((await fetch(new URL('/mcp', server.agents), { method: 'POST' })).status, 401, 'the next is answered');
  for (const socket of sockets) socket.destroy();
  const { code } = await server.stop();
  assert.equal(code, 0);
});

// A gateway with an agent that has a call in flight: `crowd` is what happens meanwhile.
async function meanwhile(options, crowd) {
  const upstream = await counting({ log: join(scratch('descriptors'), 'calls') });
  const gateway = await bailiwick({ registry: counted([counter('books', { url: upstream.url })]), args: ['--log-level', 'warn'], ...options });
  const people = office(gateway);
  await people.ready('books');
  const token = await gateway.token('one', 'work-one');
  const one = agents(gateway.mcp, token, { connections: 2 });
  const count = (key) => one.call('count', { key }, { run: key });
  const door = gate();
  upstream.on = ({ key }) => (key === 'slow' ? door.passed : undefined);
  for (const { done } of await Promise.all(['first', 'second'].map(count))) assert.ok(done, 'both are connected');
  const slow = count('slow');
  await until('a call is at the upstream', () => upstream.inside === 1);
  await crowd({ gateway, count, people });
  door.open();
  assert.ok((await slow).done, 'what was in flight is answered');
  one.close();
  people.close();
  await gateway.stop();
  await upstream.close();
  await gateway.must('verify');
}

const openFiles = 256;

test('more connections than there are descriptors leave those who work alone', { skip: !built, timeout: 60_000 }, () =>
  meanwhile({ openFiles }, async ({ gateway, count }) => {
    const sockets = await Promise.all(Array.from({ length: 2 * openFiles }, () => opened(gateway.agents, 'POST /mcp HTTP/1.1\r\n')));
    let closed = 0;
    for (const socket of sockets) socket.on('error', () => {}).on('close', () => (closed += 1)).resume();
    const files = () => readdirSync(`/proc/${gateway.pid()}/fd`).length;
    await until('those too many are closed', () => closed >= openFiles);
    assert.ok(files() < openFiles - 64, `${files()} of ${openFiles} descriptors are taken`);
    for (let i = 0; i < 50; i++) assert.ok((await count(`busy-${i}`)).done, 'who is connected goes on');
    await gateway.must('kill', 'agent:one', '--reason', 'people are heard'); // over a new connection
    assert.equal((await count('killed')).decision?.code, 'killed');
    await gateway.must('unkill', 'agent:one', '--reason', 'enough');
    for (const socket of sockets) socket.destroy();
    await until('a new connection is taken', async () => {
      const answer = await fetch(gateway.mcp, { method: 'POST' }).catch(() => undefined);
      return answer?.status === 401;
    });
  }));

test('a full table of descriptors is no busy loop, and passes', { skip: !built, timeout: 60_000 }, async () => {
  const machine = faults();
  await meanwhile({ faults: machine }, async ({ gateway, count }) => {
    machine.arm({ what: ['accept'], error: 'EMFILE' });
    const waiting = fetch(gateway.mcp, { method: 'POST' });
    await until('accepting has failed', () => machine.failed() > 0);
    for (let i = 0; i < 100; i++) assert.ok((await count(`busy-${i}`)).done, 'who is connected goes on');
    // One try at the connection that waits, and then one each pause; a loop would have tried thousands of times.
    assert.ok(machine.failed() < 200, `accepting was tried ${machine.failed()} times`);
    assert.match(gateway.stderr(), /cannot accept a connection: Too many open files/);
    machine.disarm();
    assert.equal((await waiting).status, 401, 'and who waited is taken');
  });
  machine.close();
});
