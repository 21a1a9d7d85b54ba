// SPDX-License-Identifier: AGPL-3.0-only

/** Scheme and account, and then all hosts, each with its port. */
const PARTS = /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)([^/?]+)(.*)$/;

export interface PostgresUrl {
  readonly hosts: readonly string[];
  /** The database's name, with its slash. */
  readonly path: string;
  readonly parameters: URLSearchParams;
}

/** The parts of a postgres:// URL, which may name several hosts; undefined if it is none. */
export function postgresUrl(text: string): PostgresUrl | undefined {
  const [, head, hosts = "", rest] = PARTS.exec(text) ?? [];
  const urls = hosts.split(",").map((host) => `${head}${host}${rest}`);
  if (head === undefined || !urls.every((url) => URL.canParse(url))) return undefined;
  const { pathname: path, searchParams: parameters } = new URL(urls[0] as string);
  return { hosts: urls.map((url) => new URL(url).host), path, parameters };
}
