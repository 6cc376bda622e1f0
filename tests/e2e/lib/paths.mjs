// Where things are, seen from here.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export const e2e = here('..');
export const repository = here('../../..');
export const fixture = here('../fixture/server.mjs');
export const desk = here('../../../examples/desk/server.mjs');

// The conformance suite and Inspector need node 22. On Linux x64 it comes as an npm package; elsewhere, bring your own.
const packaged = here('../node_modules/node/bin/node');
export const node22 = existsSync(packaged) ? packaged : process.execPath;
export const module = (path) => here(`../node_modules/${path}`);
