// The official conformance suite through the gateway: no check may be lost that the upstream passes when asked directly.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { behind } from '../lib/behind.mjs';
import { conformance, lost } from '../lib/suite.mjs';

for (const [version, eras] of [
  ['2025-11-25', ['both', 'legacy']],
  ['2026-07-28', ['both', 'modern']],
]) {
  const file = new URL(`../expected/conformance-${version}.json`, import.meta.url);
  const expected = JSON.parse(readFileSync(file, 'utf8'));

  for (const era of eras) {
    test(`${version}, in front of an upstream that speaks ${era}`, async () => {
      const { endpoint, stop } = await behind(['--era', era]);
      const headers = { Authorization: `Bearer ${endpoint.token}` };
      const { scenarios } = await conformance(endpoint.url, version, { headers });
      assert.deepEqual(lost(expected, scenarios), []);
      await stop();
    });
  }
}
