#!/usr/bin/env node
// Lets forge run the compiler that npm installed: forge wants one executable that speaks solc's own command line.
// With PROVENDER_SOLC_SOCKET the answer comes from a compiler that runs already (solc-server.mjs).
import { readFileSync, writeSync } from "node:fs";

/** @param {string} socket @param {string} input */
async function ask(socket, input) {
  const { connect } = await import("node:net");
  const connection = connect(socket);
  connection.end(input);
  for await (const chunk of connection) write(chunk);
}

/**
 * All of it, also into a pipe that is full for a moment.
 * @param {Uint8Array} bytes
 */
function write(bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EAGAIN") throw error;
    }
  }
}

const wantsVersion = process.argv.includes("--version");
const input = wantsVersion ? "" : readFileSync(0, "utf8");
const socket = process.env.PROVENDER_SOLC_SOCKET;
if (socket) await ask(socket, input);
else {
  const { answer } = await import("./solc-answer.mjs");
  write(Buffer.from(answer(input)));
}
