// node script/solc-server.mjs SOCKET: a compiler that stays. A fresh one spends four fifths of a small compilation
// on getting itself ready, which counts where a contract is compiled hundreds of times.
import { createServer } from "node:net";
import { answer } from "./solc-answer.mjs";

const server = createServer({ allowHalfOpen: true }, (connection) => {
  let input = "";
  connection
    .setEncoding("utf8")
    .on("data", (chunk) => {
      input += chunk;
    })
    .on("end", () => connection.end(answer(input)))
    .on("error", () => connection.destroy());
});
server.listen(process.argv[2], () => console.log("ready"));
// Its parent is gone: so is whoever would ask.
process.stdin.resume().once("end", () => process.exit());
