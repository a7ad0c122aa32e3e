// SPDX-License-Identifier: ISC
// Random numbers that a seed repeats.

/* mulberry32: small, seeded, good enough to choose a victim. 0 <= x < 1. */
export function randomNumbers(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const pick = (random, list) => list[Math.floor(random() * list.length)];

export const between = (random, low, high) => low
  + Math.floor(random() * (high - low + 1));

/* A copy in another order. */
export function shuffle(random, list) {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}
