// SPDX-License-Identifier: Apache-2.0
// Writes the CEL conformance corpus as one JSON file for src/cel/conformance_test.cc.
//   npm install @bufbuild/cel-spec@0.6.1 && node dump.mjs node_modules > spec.json && BW_CEL_SPEC=spec.json cel_test
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const root = resolve(process.argv[2] ?? "node_modules", "@bufbuild/cel-spec/dist/esm/testdata");
const cases = [];
for (const file of ["conformance", "parsing", "checking", "comprehension"]) {
  const { tests } = await import(pathToFileURL(resolve(root, `${file}.js`)).href);
  const walk = (suite, path) => {
    const here = [...path, suite.name];
    for (const test of suite.tests ?? []) cases.push({ name: [...here, test.original.name ?? ""].join("/"), ...test });
    for (const inner of suite.suites ?? []) walk(inner, here);
  };
  walk(tests, []);
}
console.log(JSON.stringify({ cases }));
