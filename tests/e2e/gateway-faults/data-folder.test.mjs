// One ledger, one writer: a second process on the same data folder is refused, with a word on who holds it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bailiwick, binary, built } from '../lib/bailiwick.mjs';
import { run } from '../lib/children.mjs';
import { counted } from '../lib/counted-registry.mjs';

test('a second process on the same data folder is refused', { skip: !built, timeout: 60_000 }, async () => {
  const gateway = await bailiwick({ registry: counted([]) });
  const serve = ['serve', '--registry', gateway.registry, '--data', gateway.data, '--agents', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  for (const [words, wanted] of [[serve, 3], [['rebuild', '--data', gateway.data], 1], [['content-key', 'rotate', '--data', gateway.data], 1]]) {
    const { code, stdout, stderr } = await run(binary, words);
    assert.equal(code, wanted, stderr);
    assert.equal(stdout, '');
    const [line, ...more] = stderr.trim().split('\n');
    assert.equal(line, `bailiwick: the ledger in \`${gateway.data}\` is in use by process ${gateway.pid()}: stop it first`);
    assert.deepEqual(more, []);
  }
  await gateway.token('one', 'work-one'); // the first goes on
  await gateway.kill(); // and leaves nothing behind that keeps the next one out
  await gateway.restart();
  await gateway.stop();
  await gateway.must('verify');
});
