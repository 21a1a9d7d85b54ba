// SPDX-License-Identifier: AGPL-3.0-only

/**
 * One figure of ours, alone or beside the same of a peer. The ratio is how many times better ours is; `bar` says what
 * has to be reached, and `met` whether it was.
 * @typedef {{
 *   name: string, value: number, unit: string,
 *   peer?: string, peerValue?: number, ratio?: number,
 *   bar?: string, met?: boolean,
 * }} Figure
 */

/** @param {number[]} values */
export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/**
 * Ours beside a peer's. Of seconds and bytes less is better, of requests and records a second more.
 * @param {{
 *   name: string, unit: string, value: number, peer: string, peerValue: number,
 *   better: "less" | "more", atLeast?: number | undefined,
 * }} figure
 * @returns {Figure}
 */
export function beside({ better, atLeast, ...figure }) {
  const ratio = better === "less" ? figure.peerValue / figure.value : figure.value / figure.peerValue;
  if (atLeast === undefined) return { ...figure, ratio };
  return { ...figure, ratio, bar: `≥ ${atLeast} ×`, met: ratio >= atLeast };
}

/**
 * @param {{ name: string, unit: string, value: number, atMost?: number | undefined, atLeast?: number | undefined }} figure
 * @returns {Figure}
 */
export function alone({ atMost, atLeast, ...figure }) {
  if (atMost !== undefined) return { ...figure, bar: `≤ ${atMost}`, met: figure.value <= atMost };
  if (atLeast !== undefined) return { ...figure, bar: `≥ ${atLeast}`, met: figure.value >= atLeast };
  return figure;
}
