#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { start } from "./start.mjs";

// Loading leaves much garbage, and the heap of a server would keep the size: 50 MB that nobody needs. What ends soon has
// no use for it, and is slower where much is computed.
if (process.argv[2] === "serve") setFlagsFromString("--optimize-for-size");
await start(new URL("./main.ts", import.meta.url));
