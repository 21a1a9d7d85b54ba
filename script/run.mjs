// node script/run.mjs FILE [arguments]: runs a TypeScript program of this project, as `tsx FILE` would, but sooner.
import { resolve } from "node:path";
import { start } from "../service/cli/start.mjs";

const [, , file = ""] = process.argv;
process.argv.splice(1, 2, resolve(file));
await start(resolve(file));
