// node script/solc-server.mjs SOCKET: a compiler that stays. A fresh one spends four fifths of a small compilation
// on getting itself ready, which counts where a contract is compiled hundreds of times. For mutants alone: it takes
// the interfaces of all files to be always the same.
import { once } from "node:events";
import { createServer } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

/** A compiler gets slower with all that it has compiled: after so many answers another one takes its place. */
const ANSWERS = 40;

/**
 * What an input asks for if that is interfaces only, as forge does of every file there is ahead of each compilation
 * of a few. No mutant changes an interface, and whether it compiles shows in the compilation itself.
 * @param {string} input
 * @returns {string | undefined}
 */
function interfacesAskedFor(input) {
  if (input === "") return undefined;
  const { sources, settings } = JSON.parse(input);
  const outputs = Object.values(settings.outputSelection).flatMap((files) => Object.values(files).flat());
  if (outputs.length === 0 || outputs.some((output) => output !== "abi")) return undefined;
  return JSON.stringify([Object.keys(sources), settings]);
}

if (isMainThread) serve();
else await compile();

function serve() {
  const file = new URL(import.meta.url);
  let worker = new Worker(file);
  let answers = 0;
  let last = Promise.resolve("");
  /** @type {Map<string, string>} */
  const interfaces = new Map();

  /** @param {string} input */
  async function ask(input) {
    const wanted = interfacesAskedFor(input);
    const known = wanted !== undefined && interfaces.get(wanted);
    if (known) return known;
    const text = await compiled(input);
    if (wanted !== undefined) interfaces.set(wanted, text);
    return text;
  }

  /** @param {string} input */
  async function compiled(input) {
    if (answers++ === ANSWERS) {
      await worker.terminate();
      worker = new Worker(file);
      answers = 1;
    }
    worker.postMessage(input);
    const [text] = await once(worker, "message");
    return text;
  }

  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let input = "";
    connection
      .setEncoding("utf8")
      .on("data", (chunk) => {
        input += chunk;
      })
      .on("end", async () => {
        last = last.then(() => ask(input));
        connection.end(await last);
      })
      .on("error", () => connection.destroy());
  });
  server.listen(process.argv[2], () => console.log("ready"));
  // Its parent is gone: so is whoever would ask.
  process.stdin.resume().once("end", () => process.exit());
}

async function compile() {
  const { answer } = await import("./solc-answer.mjs");
  parentPort?.on("message", (input) => parentPort?.postMessage(answer(input)));
}
