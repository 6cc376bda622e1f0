// SPDX-License-Identifier: Apache-2.0
// Writes the public conformance corpus (npm's @bufbuild/cel-spec) as one JSON file for conformance_test.cc: the cases of its
// four files, with the messages in them as bytes, and the descriptors of those messages.
//   node tests/cel/dump.mjs FILE
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { AnySchema, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

const root = resolve(dirname(fileURLToPath(import.meta.url)), 'node_modules/@bufbuild/cel-spec/dist/esm');
const load = (file) => import(pathToFileURL(resolve(root, file)).href);

const registry = (await load('testdata/registry.js')).getTestRegistry();
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** The same JSON, with each message as its type's URL and its bytes. */
function withBytes(value) {
  if (Array.isArray(value)) return value.map(withBytes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== 'objectValue') return [key, withBytes(inner)];
      const any = fromJson(AnySchema, inner, { registry });
      return [key, { typeUrl: any.typeUrl, value: base64(any.value) }];
    }),
  );
}

const cases = [];
for (const file of ['conformance', 'parsing', 'checking', 'comprehension']) {
  const { tests } = await load(`testdata/${file}.js`);
  const walk = (suite, path) => {
    const here = [...path, suite.name];
    for (const test of suite.tests ?? []) {
      cases.push({ name: [...here, test.original.name ?? ''].join('/'), ...test, original: withBytes(test.original) });
    }
    for (const inner of suite.suites ?? []) walk(inner, here);
  };
  walk(tests, []);
}

/** Each file after those it depends on. */
const files = new Map();
const add = (file) => {
  if (files.has(file.proto.name)) return;
  file.dependencies.forEach(add);
  files.set(file.proto.name, base64(toBinary(FileDescriptorProtoSchema, file.proto)));
};
const package_ = 'gen/cel/expr/conformance';
for (const file of ['proto2/test_all_types', 'proto2/test_all_types_extensions', 'proto3/test_all_types']) {
  const module = await load(`${package_}/${file}_pb.js`);
  add(module[`file_cel_expr_conformance_${file.replace('/', '_')}`]);
}

writeFileSync(process.argv[2], JSON.stringify({ cases, descriptors: [...files.values()] }));
