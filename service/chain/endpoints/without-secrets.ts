// SPDX-License-Identifier: AGPL-3.0-only

/** What is shorter is a version or a flag, and would be found in innocent words. */
const SHORTEST = 4;
/** Plain words are names of networks; keys are long, or have digits. */
const MAY_BE_KEY = /\d|^.{12}/;

/**
 * `text` with an ellipsis in place of whatever of `url` may be a key: path, its segments, the query and its values, user
 * and password, as they stand in the URL and decoded. Providers repeat what they were asked in what they refuse.
 */
export function withoutSecrets(text: string, url: string): string {
  if (!URL.canParse(url)) return text.replaceAll(url, "…");
  const { href, pathname, search, searchParams, username, password } = new URL(url);
  const segments = pathname.split("/").filter((segment) => MAY_BE_KEY.test(segment));
  const parts = [...segments, ...searchParams.values(), username, password];
  const secrets = [href, url, `${pathname}${search}`, pathname, search, ...parts]
    .flatMap((part) => [part, decoded(part)])
    .filter((part) => part.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "…"), text);
}

/** Without its percent signs, if they are what such text may have. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
