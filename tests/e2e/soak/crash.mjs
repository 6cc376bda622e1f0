// The long form of gateway-faults/crash.test.mjs.
import { test } from 'node:test';
import { crash } from '../lib/crash.mjs';

const rounds = Number(process.env.BW_ROUNDS ?? 200);

test(`${rounds} kills under load`, { timeout: 3_600_000 }, async () => {
  console.log(await crash(rounds));
});
