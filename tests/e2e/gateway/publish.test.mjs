// Checkpoints go where others keep them: to a URL that fails at first, and into a git repository with a remote.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { once } from 'node:events';
import { writeFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { bailiwick } from '../lib/bailiwick.mjs';
import { run } from '../lib/children.mjs';
import { repository } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const work = scratch('publish');
const [tree, remote, kept] = ['tree', 'remote.git', 'kept'].map((name) => join(work, name));
const sizeOf = (checkpoint) => Number(checkpoint.split('\n')[1] ?? 0);
const got = [];
let receiver, gateway, refuse = 2;

const git = async (...words) => {
  const { code, stdout, stderr } = await run('git', words);
  assert.equal(code, 0, stderr);
  return stdout.trim();
};
const verify = async (checkpoint) => {
  writeFileSync(kept, checkpoint);
  await gateway.must('verify', '--head', kept);
};
const outlets = async () => JSON.parse(await gateway.must('outlets', '--json')).outlets;

before(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece)).on('end', () => {
      if (refuse > 0) {
        refuse -= 1;
        response.writeHead(503).end('not now');
      } else {
        got.push(body);
        response.writeHead(204).end();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  await git('init', '--quiet', '--bare', remote);
  await git('clone', '--quiet', remote, tree);
  for (const [name, value] of [['user.name', 'ledger'], ['user.email', 'ledger@example.org'], ['push.default', 'current']]) {
    await git('-C', tree, 'config', name, value);
  }
  const url = `http://127.0.0.1:${receiver.address().port}/checkpoints`;
  gateway = await bailiwick({
    registry: join(repository, 'examples/refunds'),
    args: ['--publish', url, '--publish', `git:${tree}`],
  });
});
after(async () => {
  await gateway.stop();
  receiver.closeAllConnections();
  receiver.close();
});

describe('published checkpoints', () => {
  test('reach a URL that refuses them at first', async () => {
    await until('a checkpoint', () => got.length > 0);
    await verify(got.at(-1));
    const [web] = await outlets();
    assert.deepEqual([web.failures, web.trouble], [2, undefined]);
    const before = sizeOf(got.at(-1));
    await gateway.must('kill', 'agent:nobody', '--reason', 'drill');
    await until('a newer one', () => sizeOf(got.at(-1)) > before);
    await verify(got.at(-1));
    assert.match(gateway.stderr(), /checkpoints do not reach .*it answered 503: not now/);
    assert.match(await (await fetch(`${gateway.admin}/metrics`)).text(), /bailiwick_publish_failures\{to="http[^"]*"\} 2/);
  });

  test('are committed and pushed', async () => {
    await until('a commit in the remote', async () => (await outlets())[1].entries > 0);
    const pushed = await git('-C', remote, 'show', 'HEAD:checkpoint');
    await verify(`${pushed}\n`);
    assert.equal(await git('-C', remote, 'log', '-1', '--format=%s'), `checkpoint of ${sizeOf(pushed)} entries`);
  });

  test('say so when they cannot be, and go on when they can', async () => {
    renameSync(remote, `${remote}.away`);
    await gateway.must('unkill', 'agent:nobody');
    const { trouble } = await until('trouble', async () => {
      const [, repository] = await outlets();
      return repository.trouble && repository;
    });
    assert.match(trouble, /git push ended with/);
    renameSync(`${remote}.away`, remote);
    const entries = sizeOf(got.at(-1));
    await until('the newest in the remote', async () => sizeOf(await git('-C', remote, 'show', 'HEAD:checkpoint')) >= entries);
    await until('no trouble', async () => (await outlets())[1].trouble === undefined);
  });

  test('go nowhere that was not understood', async () => {
    await assert.rejects(
      bailiwick({ registry: join(repository, 'examples/refunds'), args: ['--publish', 'ftp://example.org'] }),
      /expected a URL \(https:\/\/…\), or git:DIR/,
    );
  });
});
