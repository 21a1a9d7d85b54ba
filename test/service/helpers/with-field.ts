// SPDX-License-Identifier: AGPL-3.0-only

/** A config in JSON with `value` at a dotted path, or without that field. */
export function withField(json: string, path: string, value: unknown): Record<string, unknown> {
  const config = JSON.parse(json);
  const keys = path.split(".");
  const last = keys.pop() as string;
  let place = config;
  for (const key of keys) place = place[key];
  if (value === undefined) delete place[last];
  else place[last] = value;
  return config;
}
