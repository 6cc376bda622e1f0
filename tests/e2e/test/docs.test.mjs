// What the documentation shows is what happens: each page's blocks against the real program, the example desk and the
// official file server. lib/page.mjs says what a page may write. A page sees a folder that looks like the repository.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { clients } from '../clients/drive.mjs';
import { bailiwick, binary, built } from '../lib/bailiwick.mjs';
import { run } from '../lib/children.mjs';
import { blocksOf, matches, shellFor } from '../lib/page.mjs';
import { repository } from '../lib/paths.mjs';
import { scratch } from '../lib/scratch.mjs';

const skip = !built && 'build/bailiwick is not built';

/** The ports that pages name, each with a free one to take its place. */
async function freePorts() {
  const held = ['7070', '7071', '7099'].map((port) => [port, createServer().listen(0, '127.0.0.1')]);
  await Promise.all(held.map(([, server]) => once(server, 'listening')));
  const ports = Object.fromEntries(held.map(([port, server]) => [port, server.address().port]));
  await Promise.all(held.map(([, server]) => once(server.close(), 'close')));
  return ports;
}

/** A folder like the repository, whose build/bailiwick is the program, at these ports where a page says nothing of ports. */
function standIn(ports) {
  const folder = scratch('page');
  symlinkSync(join(repository, 'examples'), join(folder, 'examples'));
  mkdirSync(join(folder, 'build'));
  const program = join(folder, 'build/bailiwick');
  writeFileSync(
    program,
    `#!/bin/sh
case $1 in
  serve) exec ${binary} "$@" --agents 127.0.0.1:${ports[7070]} --admin 127.0.0.1:${ports[7071]} ;;
  init) ${binary} "$@" && { [ "$2" != refunds ] || exec sed -i s/7099/${ports[7099]}/ "$3/upstreams/desk.yaml"; } ;;
  *) exec ${binary} "$@" ;;
esac
`,
  );
  chmodSync(program, 0o755);
  return folder;
}

/** What a ```json block with `mcpServers` tells a client, tried with the SDK most clients are built on. */
async function connects(block, env) {
  const filledIn = block.text.replace(/\$\{(\w+)\}/g, (_, name) => env[name]);
  for (const server of Object.values(JSON.parse(filledIn).mcpServers)) {
    const where = server.type === 'http' ? server : { command: [server.command, ...server.args], env: { ...env, ...server.env } };
    const client = await clients['sdk-v1'](where);
    const names = (await client.listTools()).map((tool) => tool.name);
    await client.close();
    assert.ok(names.includes('desk_create_refund'), `${names}`);
  }
}

const common = ['--help', '--admin', '--data', '--json'];

/** What `--help` says of a command: { options: [{ name, value, required, text }], subcommands: [{ name }] }, the latter of all areas. */
async function help(words) {
  const { stdout } = await run(binary, [...words, '--help'], { env: { PATH: process.env.PATH, BAILIWICK_USER: 'you' } });
  const sections = stdout.replace(/\n {10,}/g, '  ').split(/\n(?=\w[\w ]*:\n)/);
  const rowsOf = (section) => section.match(/(?<=\n  )\S.*/g) ?? [];
  const options = sections.filter((section) => section.startsWith('Options:'));
  const areas = sections.slice(1).filter((section) => !/^(Options|Positionals):/.test(section));
  const option = (row) => {
    const [, name, type, value, required, text] = /^(\S+)( [A-Z]+(?::[^\]]*\])?)?(?:=(\S+))?( REQUIRED| \.\.\.)? +(.*)$/.exec(row);
    return { name: type ? `${name} …` : name, value: value === 'you' ? undefined : value, required: required === ' REQUIRED', text };
  };
  return {
    options: options.flatMap(rowsOf).map(option),
    subcommands: areas.flatMap(rowsOf).map((row) => ({ name: row.split(' ', 1)[0] })),
  };
}

/** Every command that does something, as its words: ['token', 'issue']. */
async function commands(words = []) {
  assert.ok(words.length <= 3, `\`${words.join(' ')} --help\` lists what is no command`);
  const { options, subcommands } = await help(words);
  const does = words.length > 0 && (subcommands.length === 0 || options.some(({ name }) => !name.includes('--help')));
  return (does ? [words] : []).concat((await Promise.all(subcommands.map(({ name }) => commands([...words, name])))).flat());
}

async function optionTable() {
  const rows = ['| option | what it says |', '|---|---|'];
  for (const words of await commands()) {
    const { options } = await help(words);
    const isCommon = ({ name }) => common.some((option) => name.split(/[, ]/).includes(option));
    const asksServer = options.filter(isCommon).length === common.length;
    for (const option of options) {
      if (option.name.includes('--help') || (asksServer && isCommon(option))) continue;
      const value = option.required ? '; required' : option.value ? `; else \`${option.value}\`` : '';
      rows.push(`| \`${words.join(' ')} ${option.name}\` | ${option.text}${value} |`);
    }
  }
  return `${rows.join('\n')}\n`;
}

async function tryPage(t, path) {
  const ports = await freePorts();
  const text = readFileSync(join(repository, path), 'utf8').replace(/\b(7070|7071|7099)\b/g, (port) => ports[port]);
  const folder = standIn(ports);
  const env = {
    ...process.env,
    PATH: `${join(folder, 'build')}:${process.env.PATH}`,
    BAILIWICK_URL: `http://127.0.0.1:${ports[7070]}/mcp`,
    BAILIWICK_ADMIN: `http://127.0.0.1:${ports[7071]}`,
  };
  const shell = shellFor({ cwd: folder, env });
  t.after(() => shell.end());
  let broken = false;
  for (const block of blocksOf(text)) {
    const what = `line ${block.line}: ${block.text.trim().split('\n')[0]}`;
    await t.test(what, { skip: block.notRun ?? (broken && 'a block before it fails') }, async () => {
      broken = true;
      if (block.language === 'sh') await shell.run(block);
      else if (block.language === 'json') await connects(block, { ...env, BAILIWICK_TOKEN: await shell.variable('BAILIWICK_TOKEN') });
      broken = false;
    });
  }
}

const reference = readdirSync(join(repository, 'docs/reference')).map((name) => `docs/reference/${name}`);
for (const path of ['README.md', ...reference]) test(path, { skip }, (t) => tryPage(t, path));

describe('nothing is left out', { skip }, () => {
  test('every option stands in docs/reference/cli.md', async () => {
    const path = join(repository, 'docs/reference/cli.md');
    const page = readFileSync(path, 'utf8');
    const [before, table, after] = page.split(/(?<=<!-- options -->\n)([^]*?)(?=<!-- end -->)/);
    const printed = await optionTable();
    if (process.env.UPDATE_GOLDEN) return writeFileSync(path, before + printed + after);
    const [should, does] = [printed.split('\n'), table.split('\n')];
    const missing = should.filter((line) => !does.includes(line));
    const stale = does.filter((line) => !should.includes(line));
    assert.deepEqual({ missing, stale }, { missing: [], stale: [] }, 'run this test with UPDATE_GOLDEN=1');
  });

  test('every command stands in the table of docs/reference/cli.md', async () => {
    const [table] = readFileSync(join(repository, 'docs/reference/cli.md'), 'utf8').split('\n## ');
    for (const words of await commands()) {
      assert.match(table, new RegExp(`\`${words.join(' ')}\\b`), `\`${words.join(' ')}\` is missing`);
    }
  });

  test('the admin API answers what docs/reference/admin-api.md lists, and counts what it says it counts', async (t) => {
    const page = readFileSync(join(repository, 'docs/reference/admin-api.md'), 'utf8');
    const gateway = await bailiwick({ registry: join(repository, 'examples/refunds') });
    t.after(() => gateway.stop());
    const headers = { Authorization: `Bearer ${readFileSync(join(gateway.data, 'operator.token'), 'utf8').trim()}` };
    for (const method of ['GET', 'POST']) {
      const [, table] = page.split(`| ${method} |`)[1].match(/^([^]*?)\n\n/);
      for (const [, route] of table.matchAll(/`(\/v1\/[^`]+)`/g)) {
        const answer = await fetch(gateway.admin + route, { method, headers, body: method === 'POST' ? '{}' : undefined });
        const { error = '' } = await answer.json();
        assert.doesNotMatch(error, /^no (question|change) /, `${method} ${route}`);
      }
    }
    const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
    const counted = metrics.matchAll(/^# TYPE (\w+)/gm);
    const listed = page.split('\n## Metrics')[1].matchAll(/`(\w+)(?:\{\w+\})?`/g);
    assert.deepEqual([...listed].map((m) => m[1]).sort(), [...counted].map((m) => m[1]).sort());
  });
});

describe('what a page may write', () => {
  for (const [expected, printed, good] of [
    ['one\ntwo', 'one\ntwo\n', true],
    ['one', 'one\ntwo\n', false],
    ['one\n…', 'one\n', true],
    ['…\nthree', 'one\ntwo\nthree\n', true],
    ['one\n…\nthree', 'one\nthree three\n', false],
    ['act_… is …', 'act_01 is good\n', true],
    ['act_… is …', 'act_01 is\n', false],
    ['a.c (d)', 'abc (d)\n', false],
  ]) {
    test(`${JSON.stringify(expected)} is ${good ? '' : 'not '}${JSON.stringify(printed)}`, () => {
      assert.equal(matches(expected, printed), good);
    });
  }

  test('a comment that nobody knows is an error', () => {
    assert.throws(() => blocksOf('<!-- not tried: why -->\n```sh\ntrue\n```\n'), /line 2: a block's comment says `not tried: why`/);
  });
});
