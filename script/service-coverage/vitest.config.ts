import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { instrument } from "./instrument.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

export default defineConfig({
  root,
  plugins: [
    {
      name: "lines",
      enforce: "pre",
      transform(_, id) {
        const [path = ""] = id.split("?");
        const file = relative(root, path).replaceAll("\\", "/");
        if (!/^service\/(core|audit)\/.*\.ts$/.test(file)) return null;
        return { code: instrument(file, readFileSync(path, "utf8")).code, map: null };
      },
    },
  ],
  test: {
    include: ["test/service/{core,audit}/**/*.test.ts", "test/service/store/trees.test.ts"],
    setupFiles: ["script/service-coverage/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
