#!/usr/bin/env node
import { existsSync } from "node:fs";
import { spareMemory } from "./memory.mjs";

spareMemory(process.argv[2]);
const sources = new URL("./main.ts", import.meta.url);
// A clone runs from its sources, whatever was built of them; the package has none.
if (existsSync(sources)) await (await import("./start.mjs")).start(sources);
else await import(new URL("../../dist/esm/cli.js", import.meta.url).href);
