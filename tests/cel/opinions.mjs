// SPDX-License-Identifier: Apache-2.0
// What npm's CEL libraries make of an expression, in one spelling for all (evaluate.cc has the same).
import { celEnv, isCelError, isCelList, isCelMap, isCelType, isCelUint, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { Environment } from '@marcbachmann/cel-js';

const hex = (bytes) => Buffer.from(bytes).toString('hex');

function double(number) {
  if (Number.isNaN(number)) return 'double NaN';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, number);
  return `double ${view.getBigUint64(0).toString(16).padStart(16, '0')}`;
}

function scalar(value) {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return double(value);
  if (typeof value === 'string') return `string ${hex(value)}`;
  if (value instanceof Uint8Array) return `bytes ${hex(value)}`;
  return undefined;
}

const list = (values, spell) => `[${[...values].map(spell).join(', ')}]`;
const map = (entries, spell) => `{${[...entries].map(([k, v]) => `${spell(k)}: ${spell(v)}`).sort().join(', ')}}`;

// ---- @bufbuild/cel

function spellBufbuild(value) {
  const plain = scalar(value);
  if (plain !== undefined) return plain;
  if (isCelError(value)) return 'error';
  if (isCelUint(value)) return `${value.value}u`;
  if (isCelList(value)) return list(value, spellBufbuild);
  if (isCelMap(value)) return map(value.entries(), spellBufbuild);
  if (isCelType(value)) return `type ${value.name}`;
  const message = value.message ?? value;
  const kind = { 'google.protobuf.Timestamp': 'timestamp', 'google.protobuf.Duration': 'duration' }[message.$typeName];
  return kind ? `${kind} ${message.seconds} ${message.nanos}` : `other ${message.$typeName}`;
}

const bufbuildEnv = celEnv({ funcs: strings });

function bufbuild(source) {
  try {
    return spellBufbuild(plan(bufbuildEnv, parse(source))({}));
  } catch {
    return 'error';
  }
}

// ---- @marcbachmann/cel-js

function spellCelJs(value) {
  const plain = scalar(value);
  if (plain !== undefined) return plain;
  const kind = value.constructor?.name;
  if (kind === 'UnsignedInt') return `${value.valueOf()}u`;
  if (kind === 'Duration') return `duration ${value.seconds} ${value.nanos}`;
  if (value instanceof Date) {
    const seconds = Math.floor(value.getTime() / 1000);
    return `timestamp ${seconds} ${(value.getTime() - seconds * 1000) * 1e6}`;
  }
  if (Array.isArray(value) || value instanceof Set) return list(value, spellCelJs);
  if (value instanceof Map) return map(value.entries(), spellCelJs);
  if (kind === 'Type') return `type ${value.name}`;
  if (kind === 'Optional') return value.hasValue() ? `some(${spellCelJs(value.value())})` : 'none';
  return map(Object.entries(value), spellCelJs);
}

const celJsEnv = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false });

function celJs(source) {
  try {
    return spellCelJs(celJsEnv.evaluate(source, {}));
  } catch {
    return 'error';
  }
}

export const opinions = { '@bufbuild/cel': bufbuild, '@marcbachmann/cel-js': celJs };
