#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { start } from "./start.mjs";

// Loading leaves much garbage, and the heap would keep the size: 50 MB that nobody needs.
setFlagsFromString("--optimize-for-size");
await start(new URL("./main.ts", import.meta.url));
