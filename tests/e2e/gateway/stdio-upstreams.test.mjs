// Upstreams that are run as children: our fixture in each era, and two servers of others from npm.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clients, drive } from '../clients/drive.mjs';
import { gatewayFor } from '../lib/behind.mjs';
import { assertSawEverything, everything } from '../lib/everything.mjs';
import { fixture, module, node22 } from '../lib/paths.mjs';
import { upstream } from '../lib/registry.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const names = ['sdk-v1', 'sdk-v2-auto', 'ai-sdk'];

for (const era of ['legacy', 'modern', 'both']) {
  describe(`the fixture as a child that speaks ${era}`, () => {
    let gateway;
    before(async () => {
      gateway = await gatewayFor([await upstream('fixture', { command: [node22, fixture, '--stdio', '--era', era] })]);
    });
    after(() => gateway.stop());

    for (const name of names) {
      test(name, async () => {
        assertSawEverything(await drive(name, gateway.endpoint, everything));
        const tool = 'test_input_required_result_elicitation';
        const { call } = await drive(name, gateway.endpoint, { tool, answer: { name: 'Ann' } });
        assert.equal(call.content?.[0].text, 'Hello, Ann!');
      });
    }
  });
}

describe('servers of others, side by side', () => {
  const folder = scratch('files');
  let gateway;
  before(async () => {
    writeFileSync(join(folder, 'note.txt'), 'Water the plants.');
    const server = (name) => [node22, module(`@modelcontextprotocol/${name}/dist/index.js`)];
    gateway = await gatewayFor([
      await upstream('everything', { command: server('server-everything') }, { prefix: 'all_' }),
      await upstream('files', { command: [...server('server-filesystem'), folder] }, { prefix: 'files_' }),
    ]);
  });
  after(() => gateway.stop());

  for (const name of names) {
    test(name, async () => {
      const echo = { tool: 'all_echo', args: { message: 'hello' }, prompt: 'all_simple-prompt' };
      const first = await drive(name, gateway.endpoint, echo);
      assert.match(first.call.content[0].text, /hello/);
      assert.ok(first.prompt.messages.length > 0, JSON.stringify(first.prompt));
      assert.ok(first.tools.every((tool) => /^(all|files)_/.test(tool)), first.tools.join(' '));

      const read = { tool: 'files_read_text_file', args: { path: join(folder, 'note.txt') }, resource: first.resources[0] };
      const second = await drive(name, gateway.endpoint, read);
      assert.equal(second.call.content[0].text, 'Water the plants.');
      assert.ok(second.resource.contents.length > 0, JSON.stringify(second.resource));
    });
  }

  test('a path outside of its folder is refused by the server, and that is what the agent hears', async () => {
    const { call } = await drive('sdk-v1', gateway.endpoint, { tool: 'files_read_text_file', args: { path: '/etc/passwd' } });
    assert.equal(call.isError, true);
    assert.match(call.content[0].text, /Access denied/);
  });

  test("follows its client's roots, of each agent its own", async () => {
    const [first, second] = ['first', 'second'].map((name) => scratch(`roots-${name}`));
    let mine = first;
    const roots = () => [{ uri: `file://${mine}`, name: 'mine' }];
    const agent = await clients['sdk-v1'](gateway.endpoint, { roots });
    const other = await clients['sdk-v1'](gateway.endpoint);
    const allowed = async (from) => (await from.callTool('files_list_allowed_directories', {})).content[0].text;
    await until('the server took the first roots', async () => (await allowed(agent)).includes(first));
    mine = second;
    await agent.client.sendRootsListChanged();
    await until('the server took the second', async () => (await allowed(agent)).includes(second));
    assert.ok(!(await allowed(agent)).includes(first));
    assert.ok((await allowed(other)).includes(folder));
    await agent.close();
    await other.close();
  });
});
