// Each real client through the gateway, over HTTP and through `bailiwick mcp`: it must see what it sees without it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clients, drive } from '../clients/drive.mjs';
import { behind } from '../lib/behind.mjs';
import { assertSawEverything, everything, speaks } from '../lib/everything.mjs';

let front;
before(async () => {
  front = await behind(['--page-size', '9']);
});
after(() => front.stop());

function assertHasReceipt(result) {
  const receipt = result.call._meta['dev.bailiwick/receipt'];
  assert.match(receipt.action, /^act_/);
  assert.match(receipt.leaf, /^[0-9a-f]{64}$/);
}

describe('over HTTP', () => {
  for (const name of Object.keys(clients)) {
    test(name, async () => {
      const result = await drive(name, front.endpoint, everything);
      assertSawEverything(result);
      assertHasReceipt(result);
      assert.equal(result.protocol, speaks[name]);
    });
  }
});

describe('over stdio, through the bridge', () => {
  for (const name of Object.keys(clients)) {
    test(name, async () => {
      const result = await drive(name, front.gateway.bridge(), everything);
      assertSawEverything(result);
      assertHasReceipt(result);
      assert.equal(result.protocol, speaks[name]);
    });
  }

  for (const name of ['sdk-v1', 'sdk-v2', 'sdk-v2-auto', 'ai-sdk']) {
    test(`${name} answers a question that comes in the middle of a call`, async () => {
      const tool = 'test_input_required_result_elicitation';
      const { call } = await drive(name, front.gateway.bridge(), { tool, answer: { name: 'Ann' } });
      assert.equal(call.content[0].text, 'Hello, Ann!');
    });
  }

  for (const name of ['sdk-v1', 'ai-sdk']) {
    test(`${name} hears what is wrong with its token`, async () => {
      const bridge = front.gateway.bridge('nonsense');
      await assert.rejects(drive(name, bridge), /the gateway refuses the token .* `bailiwick token issue/);
    });
  }
});

test('the ledger has each call once', async () => {
  const actions = await front.gateway.people.actions();
  const adds = actions.filter(({ tool }) => tool === 'fixture/add');
  assert.equal(adds.length, Object.keys(clients).length * 2);
});
