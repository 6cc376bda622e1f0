// Waiting for something to become true, and chance that can be repeated.
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Resolves with what `condition` answers once that is true; throws after `seconds` with `what`. */
export async function until(what, condition, { seconds = 60 } = {}) {
  const end = performance.now() + seconds * 1000;
  for (let pause = 0; ; pause = Math.min(pause + 1, 20)) {
    const found = await condition();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${typeof what === 'function' ? what() : what}`);
    await (pause ? setTimeout(pause) : setImmediate());
  }
}

/** A gate that is closed until it is opened: `await gate.passed`. */
export function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { passed, open };
}

/** Numbers in [0, 1) that are the same for the same seed: mulberry32. */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The seed of this run: BW_SEED, or a new one. Print it. */
export const seed = Number(process.env.BW_SEED ?? Date.now() % 1_000_000_007);
