#!/usr/bin/env node
import { existsSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// Loading leaves much garbage, and the heap of a server would keep the size: 50 MB that nobody needs. What ends soon has
// no use for it, and is slower where much is computed.
if (process.argv[2] === "serve") setFlagsFromString("--optimize-for-size");
// Long texts are parsed into V8's old space, where what was read and folded may pile up to four times what is kept: here
// to one and a half times, for a quarter more of the processor's time.
if (process.argv[2] === "audit") setFlagsFromString("--heap-growing-percent=150");
const sources = new URL("./main.ts", import.meta.url);
// A clone runs from its sources, whatever was built of them; the package has none.
if (existsSync(sources)) await (await import("./start.mjs")).start(sources);
else await import(new URL("../../dist/esm/cli.js", import.meta.url).href);
