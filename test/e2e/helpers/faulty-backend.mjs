// A backend that goes wrong as the input tells: a prover's node runs it with a folder of zk proofs and one for notes.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";

const [, , proofs = "", notes = ""] = process.argv;
const { task, request, programKey, input } = JSON.parse(await text(process.stdin));
const fault = decodeURIComponent(input.slice("data:,".length));
const right = readdirSync(proofs)
  .map((name) => JSON.parse(readFileSync(join(proofs, name), "utf8")))
  .find((each) => each.programKey === programKey).proof;
const wrong = [...right.slice(0, 6), right[0], right[1]];

/** @param {unknown} answer */
const print = (answer) => void process.stdout.write(`${JSON.stringify(answer)}\n`);
const note = join(notes, request);
const isFirst = !existsSync(note);

if (task === "check") {
  if (fault === "never checked") await setTimeout(1_000_000);
  print(fault === "lie at once" ? { proof: wrong } : { provable: true });
  process.exit();
}
writeFileSync(note, "asked");
if (fault === "hang") await setTimeout(1_000_000);
if (fault === "slow") await setTimeout(2_000);
if (fault === "crash" && isFirst) process.exit(7);
if (fault === "flood") for (let i = 0; i < 20; i++) print("x".repeat(1_000_000));
print({ proof: fault === "lie for ever" || (fault === "lie" && isFirst) ? wrong : right });
if (fault === "twice") print({ proof: right });
