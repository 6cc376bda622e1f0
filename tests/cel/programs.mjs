// SPDX-License-Identifier: Apache-2.0
// Well-typed CEL programs without variables, the same for the same seed. They stay within what all libraries claim to have.

/** Numbers from 0 to below n (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const leaves = {
  bool: ['true', 'false'],
  int: ['0', '1', '-3', '7', '42', '9223372036854775807', '1 / 0', '5 % 0'],
  double: ['0.0', '1.5', '-2.25', '1e300', '0.1', '-0.0'],
  string: ["''", "'a'", "'ab'", "'b'", "'héé'"],
  list: ['[]', '[1, 2, 3]', '[4]', '[-1, 0, 7]'],
};

class Author {
  constructor(seed) {
    this.below = random(seed);
    this.locals = [];
  }
  pick(choices) {
    return choices[this.below(choices.length)];
  }
  write(type, depth) {
    if (depth <= 0) {
      if (type === 'int' && this.locals.length && this.below(2)) return this.pick(this.locals);
      return this.pick(leaves[type]);
    }
    return this[type](depth - 1);
  }
  bool(d) {
    const int = () => this.write('int', d), bool = () => this.write('bool', d), string = () => this.write('string', d);
    return this.pick([
      () => `(${bool()} && ${bool()})`,
      () => `(${bool()} || ${bool()})`,
      () => `!(${bool()})`,
      () => `(${int()} ${this.comparison()} ${int()})`,
      () => `(${this.write('double', d)} ${this.comparison()} ${this.write('double', d)})`,
      () => `(${string()} ${this.comparison()} ${string()})`,
      () => `(${int()} in ${this.write('list', d)})`,
      () => `${string()}.${this.pick(['startsWith', 'endsWith', 'contains'])}(${string()})`,
      () => `(${bool()} ? ${bool()} : ${bool()})`,
      () => `(${this.write('list', d)} ${this.pick(['==', '!='])} ${this.write('list', d)})`,
      () => this.loop(this.pick(['all', 'exists', 'exists_one']), 'bool', d),
    ])();
  }
  int(d) {
    const int = () => this.write('int', d);
    return this.pick([
      () => `(${int()} ${this.pick(['+', '-', '*', '/', '%'])} ${int()})`,
      () => `size(${this.pick([() => this.write('list', d), () => this.write('string', d)])()})`,
      () => `(${this.write('bool', d)} ? ${int()} : ${int()})`,
      () => `${this.write('list', d)}[${int()}]`,
      () => `int(${this.write('double', d)})`,
    ])();
  }
  double(d) {
    const double = () => this.write('double', d);
    return this.pick([
      () => `(${double()} ${this.pick(['+', '-', '*', '/'])} ${double()})`,
      () => `double(${this.write('int', d)})`,
    ])();
  }
  string(d) {
    const string = () => this.write('string', d);
    return this.pick([
      () => `(${string()} + ${string()})`,
      () => `string(${this.write('int', d)})`,
      () => `(${this.write('bool', d)} ? ${string()} : ${string()})`,
    ])();
  }
  list(d) {
    const list = () => this.write('list', d);
    return this.pick([
      () => `[${this.write('int', d)}, ${this.write('int', d)}]`,
      () => `(${list()} + ${list()})`,
      () => this.loop('map', 'int', d),
      () => this.loop('filter', 'bool', d),
    ])();
  }
  comparison() {
    return this.pick(['<', '<=', '>', '>=', '==', '!=']);
  }
  loop(macro, type, d) {
    const range = this.write('list', d);
    const name = this.pick(['x', 'y']);
    this.locals.push(name);
    const body = this.write(type, d);
    this.locals.pop();
    return `${range}.${macro}(${name}, ${body})`;
  }
}

export function programs(count) {
  const types = ['bool', 'int', 'double', 'string', 'list'];
  return Array.from({ length: count }, (_, seed) => new Author(seed).write(types[seed % types.length], 2 + (seed % 3)));
}
