#!/usr/bin/env node
// Runs the official MCP conformance suite and compares with what our fixture passes when asked directly.
//
//   node conformance.mjs --url URL --spec-version 2025-11-25|2026-07-28 [--header 'Name: value' …]
//                        [--scenario NAME] [--write-expected]
//
// Exits 1 when a check that is in expected/conformance-VERSION.json is lost.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { conformance, lost, passes } from './lib/suite.mjs';

const { values: flags } = parseArgs({
  options: {
    url: { type: 'string' },
    'spec-version': { type: 'string' },
    header: { type: 'string', multiple: true, default: [] },
    scenario: { type: 'string' },
    'write-expected': { type: 'boolean', default: false },
  },
});
if (!flags.url || !flags['spec-version']) throw new Error('--url and --spec-version are needed');

const headers = Object.fromEntries(
  flags.header.map((header) => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon).trim(), header.slice(colon + 1).trim()];
  }),
);
const version = flags['spec-version'];
const { passed, scenarios } = await conformance(flags.url, version, { headers, scenario: flags.scenario });

for (const [name, checks] of Object.entries(scenarios)) {
  const ok = checks.filter((check) => check.status === 'SUCCESS').length;
  console.log(`${ok === checks.length ? ' ok ' : 'FAIL'} ${name}: ${ok}/${checks.length}`);
}

const file = new URL(`expected/conformance-${version}.json`, import.meta.url);
if (flags['write-expected']) {
  writeFileSync(file, JSON.stringify(passes(scenarios), null, 2) + '\n');
}
let expected = JSON.parse(readFileSync(file, 'utf8'));
if (flags.scenario) expected = { [flags.scenario]: expected[flags.scenario] };
const total = Object.values(expected).flatMap(Object.values).reduce((sum, times) => sum + times, 0);
const missing = lost(expected, scenarios);
for (const { scenario, check, why } of missing) console.log(`LOST ${scenario}: ${check} — ${why}`);
console.log(`${version}: ${passed} passed, ${total} expected, ${missing.length} lost`);
process.exit(missing.length === 0 ? 0 : 1);
