// node script/solc-server.mjs SOCKET: a compiler that stays. A fresh one spends four fifths of a small compilation
// on getting itself ready, which counts where a contract is compiled hundreds of times.
import { once } from "node:events";
import { createServer } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

/** A compiler gets slower with all that it has compiled: after so many answers another one takes its place. */
const ANSWERS = 40;

if (isMainThread) serve();
else await compile();

function serve() {
  const file = new URL(import.meta.url);
  let worker = new Worker(file);
  let answers = 0;
  let last = Promise.resolve("");

  /** @param {string} input */
  async function ask(input) {
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
