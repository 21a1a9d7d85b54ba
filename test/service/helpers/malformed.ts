// SPDX-License-Identifier: AGPL-3.0-only

/** What no contract and no node means by anything: other types, nothing, and numbers without digits or with strange ones. */
const BAD = [
  undefined,
  null,
  true,
  7,
  0.5,
  "",
  "0x",
  "0xzz",
  "0x1g",
  "nonsense",
  `0x${"f".repeat(65)}`,
  {},
  [],
];

/** A JSON value with one place of it something else, for each place and each of `BAD`; of lists the first item only. */
export function* malformed(value: unknown): Generator<unknown> {
  yield* BAD;
  if (Array.isArray(value)) {
    if (value.length === 0) return;
    for (const bad of malformed(value[0])) yield [bad, ...value.slice(1)];
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const bad of malformed(item)) yield { ...value, [key]: bad };
    }
  }
}
