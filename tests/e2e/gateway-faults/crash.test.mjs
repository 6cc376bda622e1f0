// A gateway that is killed at any moment: no action ran without an entry, none ran twice, none is lost without a word.
import { test } from 'node:test';
import { built } from '../lib/bailiwick.mjs';
import { crash } from '../lib/crash.mjs';

const rounds = Number(process.env.BW_ROUNDS ?? 25);

test(`${rounds} kills under load`, { skip: !built, timeout: 600_000 }, async () => {
  console.log(await crash(rounds));
});
