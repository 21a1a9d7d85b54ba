// SPDX-License-Identifier: AGPL-3.0-only
import manifest from "../../package.json" with { type: "json" };
import { coloured, showsColours } from "./colour.ts";
import { printable } from "./printable.ts";
import { runCli } from "./program.ts";

const { stdin, stdout, stderr, env } = process;
/** Columns of a terminal that doesn't say. */
const NARROW = 80;
const onTerminal = stdin.isTTY && stderr.isTTY;

// Whoever reads the results has read enough, such as `head`; whoever reads the notes need not.
stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));
stderr.on("error", () => undefined);

// What the runtime prints of an error that nobody caught shows all its fields, an endpoint's URL among them.
process.on("uncaughtException", (error) => {
  import("./errors.ts").then(
    ({ describe }) => {
      const { exitCode, message } = describe(error);
      stderr.write(`error: ${printable(message)}\n`);
      process.exit(exitCode || 1);
    },
    // An error here would come back here, for ever.
    () => {
      stderr.write("error: the files of this program are gone: install it again\n");
      process.exit(1);
    },
  );
});

process.exitCode = await runCli(process.argv.slice(2), {
  env,
  cwd: process.cwd(),
  version: manifest.version,
  out: showsColours(stdout, env) ? (text) => stdout.write(coloured(text)) : (text) => stdout.write(text),
  note: showsColours(stderr, env)
    ? (line) => stderr.write(`${coloured(line)}\n`)
    : (line) => stderr.write(`${line}\n`),
  terminal: stderr.isTTY
    ? { write: (text) => stderr.write(text), columns: () => stderr.columns || NARROW }
    : undefined,
  askSecret: onTerminal
    ? async (question) => (await import("./prompt.ts")).askSecret(question, stdin, stderr)
    : undefined,
});
