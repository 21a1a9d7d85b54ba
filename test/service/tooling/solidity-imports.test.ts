import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const files = readdirSync(new URL("contracts/", root), { recursive: true, encoding: "utf8" })
  .map((file) => `contracts/${file.replaceAll("\\", "/")}`)
  .filter((file) => file.endsWith(".sol"));

// Whoever installs the package has no remappings: what is ours is found from where it is, the rest in node_modules.
test.each(files)("%s imports relatively what is ours, and by name only solmate", (file) => {
  const source = readFileSync(new URL(file, root), "utf8");
  const imports = [...source.matchAll(/^(?:import|\})[^;"]*"([^"]+)";/gm)].map(([, path = ""]) => path);
  expect(imports.length).toBe(source.match(/^import\b/gm)?.length ?? 0);
  for (const path of imports) {
    if (path.startsWith("solmate/")) {
      expect(existsSync(new URL(`node_modules/${path}`, root)), path).toBe(true);
      continue;
    }
    expect(path).toMatch(/^\.\.?\//);
    const target = posix.join(posix.dirname(file), path);
    expect(target).toMatch(/^contracts\//);
    expect(existsSync(new URL(target, root))).toBe(true);
  }
});
