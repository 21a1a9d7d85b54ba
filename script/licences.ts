// SPDX-License-Identifier: AGPL-3.0-only
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The licences of the packages that files come from, each once. `root` is where paths begin that are not absolute. */
export function licencesOf(files: Iterable<string>, root: string): string {
  const folders = new Set<string>();
  for (const file of files) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
    if (folder !== undefined) folders.add(resolve(root, folder));
  }
  const texts = [...folders].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim();
    return `${name} ${version}, ${license}\n\n${text}\n`;
  });
  return [...new Set(texts)].join("\n----\n\n");
}
