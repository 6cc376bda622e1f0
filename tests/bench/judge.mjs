// SPDX-License-Identifier: Apache-2.0
//
// The judge beside other engines, in one run on one machine: Cedar (npm's WASM build, policies parsed beforehand) on the same
// policy and the same calls, whose answers must agree, and CEL libraries of npm on the condition of a refund. Both sides
// start from the call's JSON text. They run in this process and cross into WASM, which a server that embeds them would
// not: read the ratios as what a Node program pays.
//   cd tests/bench && npm ci && node judge.mjs [--rules 100,1000]
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({ options: { rules: { type: 'string', default: '100,1000' }, build: { type: 'string', default: join(here, '../../build') } } });

if (!existsSync(join(here, 'node_modules/@cedar-policy'))) {
  console.log('not installed: cd tests/bench && npm ci');
  process.exit(0);
}
const cedar = (await import('@cedar-policy/cedar-wasm/nodejs')).default;
const bufbuild = await import('@bufbuild/cel');
const celJs = await import('@marcbachmann/cel-js');

// The median of several rounds, in nanoseconds for one call of `work`, which is called with 0, 1, 2…
function measure(work, calls, rounds = 7) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) work(i);
    times.push(Number(process.hrtime.bigint() - start) / calls);
  }
  return times.sort((a, b) => a - b)[rounds >> 1];
}

// ---- Cedar

// Cedar has no floating point: numbers with one digit after the point become ten times as large, on both sides.
const scaled = (text) => text.replace(/args\.(d\d) (\S+) (\d+)\.5/g, (_, field, relation, whole) => `args.${field} ${relation} ${whole}5`);

function condition(cel) {
  return scaled(cel)
    .replace(/has\(args\.(\w+)\)/g, 'context has $1')
    .replace(/args\.(\w+) in (\[[^\]]*\])/g, '$2.contains(args.$1)')
    .replace(/args\./g, 'context.');
}
const either = (terms) => `(${terms.map((t) => `(${t})`).join(' || ')})`;
const named = (field, patterns) => (patterns.length ? [either(patterns.map((p) => `context.${field} like "${p}"`))] : []);

// Cedar says yes or no: what Bailiwick holds is not allowed there.
function policy(rule) {
  const tool = rule.tool[0];
  const scope = tool.includes('*') ? 'action' : `action == Action::${JSON.stringify(tool)}`;
  const terms = [
    ...(tool.includes('*') ? [`context.tool like "${tool}"`] : []),
    ...named('agent', rule.agent), ...named('workflow', rule.workflow),
    ...rule.all.map(condition), ...(rule.any.length ? [either(rule.any.map(condition))] : []),
  ];
  const unless = rule.unless.length ? ` unless { ${either(rule.unless.map(condition))} }` : '';
  return `${rule.effect === 'allow' ? 'permit' : 'forbid'}(principal, ${scope}, resource) when { ${terms.map((t) => `(${t})`).join(' && ')} }${unless};`;
}

function request(call, args, set) {
  const context = { ...args, tool: call.tool, agent: call.agent, workflow: call.workflow };
  for (const key of Object.keys(context)) if (/^d\d$/.test(key)) context[key] = Math.round(context[key] * 10);
  return {
    principal: { type: 'Agent', id: call.agent }, action: { type: 'Action', id: call.tool }, resource: { type: 'Upstream', id: 'u' },
    context, entities: [], preparsedPolicySetId: set,
  };
}

for (const count of options.rules.split(',').map(Number)) {
  const { rules, calls, nanoseconds } = JSON.parse(execFileSync(join(options.build, 'bin/policy_judge_bench'), ['--dump', String(count)], { maxBuffer: 1 << 28, encoding: 'utf8' }));
  const parsed = cedar.preparsePolicySet(`set-${count}`, { staticPolicies: rules.map(policy).join('\n') });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors[0]));
  const texts = calls.map((call) => JSON.stringify(call.args));
  const ask = (i) => cedar.statefulIsAuthorized(request(calls[i], JSON.parse(texts[i]), `set-${count}`));
  let allowed = 0;
  calls.forEach((call, i) => {
    const answer = ask(i);
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer.errors[0]));
    if ((answer.response.decision === 'allow') !== call.allowed) throw new Error(`the engines disagree on call ${i}: ${texts[i]}`);
    if (call.allowed) allowed++;
  });
  const theirs = measure(ask, Math.min(calls.length, count > 500 ? 100 : 500), 3);
  console.log(`${count} rules, ${calls.length} calls, ${allowed} allowed by both: judge ${nanoseconds} ns, cedar-wasm ${Math.round(theirs)} ns (${Math.round(theirs / nanoseconds)} times)`);
}

// ---- CEL libraries

const predicate = 'args.amount_usd > 0.0 && args.amount_usd <= 200.0 && facts.tenure_months >= 3.0 && facts.fraud_score < 0.7 && facts.lifetime_refunds_usd < 500.0';
const values = { args: { amount_usd: 120.5 }, facts: { tenure_months: 24, fraud_score: 0.2, lifetime_refunds_usd: 80 } };
const ours = Number(/predicate (\d+)/.exec(execFileSync(join(options.build, 'bin/policy_judge_bench'), ['--predicate', predicate], { encoding: 'utf8' }))[1]);
const environment = bufbuild.celEnv();
const planned = bufbuild.plan(environment, bufbuild.parse(predicate));
const parsedByCelJs = celJs.parse(predicate);
for (const [name, run] of [['@marcbachmann/cel-js', () => parsedByCelJs(values)], ['@bufbuild/cel', () => planned(values)]]) {
  if (run() !== true) throw new Error(`${name} says ${run()}`);
  const theirs = measure(run, 100_000);
  console.log(`refund predicate: cel ${ours} ns, ${name} ${Math.round(theirs)} ns (${(theirs / ours).toFixed(1)} times)`);
}
