// SPDX-License-Identifier: AGPL-3.0-only

/** A time in seconds as ISO 8601 in UTC. */
export function time(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
