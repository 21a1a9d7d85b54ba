// SPDX-License-Identifier: AGPL-3.0-only
import manifest from "../../package.json" with { type: "json" };
import { runCli } from "./program.ts";

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  version: manifest.version,
  out: (text) => process.stdout.write(text),
  note: (line) => process.stderr.write(`${line}\n`),
});
