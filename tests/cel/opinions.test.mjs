// SPDX-License-Identifier: Apache-2.0
// A third opinion: what npm's CEL libraries say of the corpus and of generated programs, beside what ours says. Where they
// differ, the reason stands here; a reason that explains nothing any more fails.
//   BW_CEL_SPEC=build/cel-spec.json node --test tests/cel/opinions.test.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { opinions } from './opinions.mjs';
import { programs } from './programs.mjs';

const evaluator = fileURLToPath(new URL('../../build/bin/cel_evaluate', import.meta.url));
const skip = !existsSync(evaluator) && 'build/bin/cel_evaluate is not built';

function ours(sources) {
  const input = sources.map((source) => `${JSON.stringify(source)}\n`).join('');
  const lines = execFileSync(evaluator, { input, encoding: 'utf8', maxBuffer: 1 << 27 }).trimEnd().split('\n');
  assert.equal(lines.length, sources.length);
  return lines;
}

/** Compares one library with ours; what differs must have a reason, and each reason must be needed. */
function compare(t, library, sources, reasons) {
  const answers = ours(sources);
  const needed = new Set();
  const unexplained = [];
  let agreed = 0;
  sources.forEach((source, i) => {
    const other = opinions[library](source);
    if (other === answers[i]) return void agreed++;
    const reason = reasons.find(({ of }) => of.test(source));
    if (reason) needed.add(reason);
    else unexplained.push(`${source}\n  ours:   ${answers[i]}\n  theirs: ${other}`);
  });
  t.diagnostic(`${library}: ${agreed} of ${sources.length} alike, ${sources.length - agreed} differ for ${needed.size} known reasons`);
  assert.deepEqual(unexplained, []);
  assert.deepEqual(reasons.filter((reason) => !needed.has(reason)), [], 'reasons that explain nothing');
  return agreed;
}

// What bufbuild's library does not have. It runs the same corpus itself; where both have a function, they agree.
const bufbuildLacks = [
  { of: /\bmath\./, why: 'the math extension' },
  { of: /\bbase64\./, why: 'the encoders extension' },
  { of: /\bcel\.(bind|block|iterVar)\(/, why: 'the bindings and block extensions' },
  { of: /optional|\.\?|\[\?|\{\?/, why: 'optionals' },
  { of: /\.`/, why: 'names in back quotes' },
  { of: /\.(all|exists|existsOne|transformList|transformMap|transformMapEntry)\(\w+, \w+, /, why: 'macros of two variables' },
  { of: /^\{0: 1, 0u: 2\}/, why: 'it takes 0 and 0u for two keys; the specification for one' },
];

test('bufbuild, on the expressions of the corpus that stand on their own', { skip: skip || (!process.env.BW_CEL_SPEC && 'BW_CEL_SPEC is not set') }, (t) => {
  const { cases } = JSON.parse(readFileSync(process.env.BW_CEL_SPEC, 'utf8'));
  const sources = cases
    .filter(({ name, original: o }) => name.startsWith('conformance/') && !o.bindings && !o.typeEnv && !o.container && !o.checkOnly)
    .map(({ original }) => original.expr)
    .filter((source) => !/google\.protobuf|TestAllTypes/.test(source));
  assert.ok(compare(t, '@bufbuild/cel', sources, bufbuildLacks) > 1200);
});

// Of the corpus, cel-js leaves out or reads otherwise a third, so it is asked about what every library has.
const generated = {
  '@bufbuild/cel': [],
  '@marcbachmann/cel-js': [
    { of: /int\(.*(1e300|9223372036854775807)/, why: 'int(x) does not check that x fits' },
    { of: /\[\]/, why: 'the elements of [], and of what is joined to it, have a type that no operator takes' },
  ],
};

for (const [library, reasons] of Object.entries(generated)) {
  test(`${library}, on generated programs`, { skip }, (t) => {
    const sources = programs(2000);
    const failing = ours(sources).filter((answer) => answer === 'error').length;
    assert.ok(failing > 200 && failing < 1500, `${failing} programs fail: too many or too few to say much`);
    compare(t, library, sources, reasons);
  });
}
