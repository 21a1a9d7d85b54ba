#!/usr/bin/env node
// Runs the TypeScript sources as they stand, so that a clone needs no build step.
import { setFlagsFromString } from "node:v8";
import { register } from "tsx/esm/api";

// Loading leaves much garbage, and the heap would keep the size: 50 MB that nobody needs.
setFlagsFromString("--optimize-for-size");
register();
await import("./main.ts");
