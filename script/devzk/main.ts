// SPDX-License-Identifier: AGPL-3.0-only
// node script/run.mjs script/devzk/main.ts: the development zkVM as a backend of a prover's node. Answers the question on its standard
// input, or with --port those that are sent there.
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { devzk, serveDevzk } from "./backend.ts";

const { values } = parseArgs({
  options: { port: { type: "string" }, "fetch-inputs": { type: "boolean", default: false } },
});
const fetchInputs = values["fetch-inputs"];

if (values.port === undefined) {
  const answer = await devzk(fetchInputs)(JSON.parse(await text(process.stdin)));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  // The threads that prove would keep the process alive.
  process.exit();
}
const { url } = await serveDevzk(Number(values.port), fetchInputs);
process.stdout.write(`${url}\n`);
