// Runs the official conformance suite against a URL and counts what passed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './children.mjs';
import { headerProxy } from './header-proxy.mjs';
import { module, node22 } from './paths.mjs';
import { scratch } from './scratch.mjs';

const suite = module('@modelcontextprotocol/conformance/dist/index.js');

/**
 * Resolves with { passed, failed, scenarios }, where scenarios maps a scenario's name to its checks. Checks that only
 * inform are left out; one that was skipped or only warned did not pass.
 */
export async function conformance(url, specVersion, { headers = {}, scenario } = {}) {
  const results = scratch('conformance');
  const proxy = Object.keys(headers).length ? await headerProxy(url, headers) : undefined;
  try {
    const which = scenario ? ['--scenario', scenario] : ['--suite', 'all'];
    const args = ['server', '--url', proxy?.url ?? url, '--spec-version', specVersion, ...which, '-o', results];
    const { stdout, stderr } = await run(node22, [suite, ...args], { timeout: 300_000 });
    const scenarios = read(results);
    if (Object.keys(scenarios).length === 0) throw new Error(`the suite ran nothing:\n${stdout}\n${stderr}`);
    const all = Object.values(scenarios).flat();
    const passed = all.filter((check) => check.status === 'SUCCESS').length;
    const failed = all.filter((check) => check.status === 'FAILURE').length;
    return { passed, failed, scenarios };
  } finally {
    await proxy?.close();
  }
}

// One folder per scenario: server-NAME-TIME/checks.json.
function read(results) {
  const scenarios = {};
  for (const folder of readdirSync(results).sort()) {
    const [, name] = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(folder);
    const checks = JSON.parse(readFileSync(join(results, folder, 'checks.json'), 'utf8'));
    scenarios[name] = checks.filter((check) => check.status !== 'INFO');
  }
  return scenarios;
}

/** What passed, in a form to keep: { scenario: { "id name": times } }. */
export function passes(scenarios) {
  const kept = {};
  for (const [name, checks] of Object.entries(scenarios)) {
    kept[name] = {};
    for (const check of checks.filter((c) => c.status === 'SUCCESS')) {
      const key = `${check.id} ${check.name}`;
      kept[name][key] = (kept[name][key] ?? 0) + 1;
    }
  }
  return kept;
}

/** The checks of `expected` that did not pass as often as they should: [{ scenario, check, why }]. */
export function lost(expected, scenarios) {
  const now = passes(scenarios);
  const missing = [];
  for (const [scenario, checks] of Object.entries(expected)) {
    for (const [check, times] of Object.entries(checks)) {
      if ((now[scenario]?.[check] ?? 0) >= times) continue;
      const seen = scenarios[scenario]?.find((c) => `${c.id} ${c.name}` === check && c.status !== 'SUCCESS');
      missing.push({ scenario, check, why: seen ? `${seen.status}: ${seen.errorMessage ?? ''}` : 'not seen' });
    }
  }
  return missing;
}
