// A gateway that is started with few open files takes as many as the machine lets it, and says so when that is little.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, built } from '../lib/bailiwick.mjs';
import { start } from '../lib/children.mjs';
import { counter, counted } from '../lib/counted-registry.mjs';
import { opened } from '../lib/raw.mjs';
import { scratch } from '../lib/scratch.mjs';

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
