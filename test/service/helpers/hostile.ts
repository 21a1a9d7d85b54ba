// SPDX-License-Identifier: AGPL-3.0-only
import { connect, type Socket } from "node:net";
import type { Address } from "../../../service/core/types.ts";

const UINT256 = String(2n ** 256n);

/** What no epoch, address or number looks like: percent-encoded where a path needs it. */
export const NASTY: readonly string[] = [
  ...["1e9", "0x10", "0b1"],
  ...["-1", UINT256, `-${UINT256}`, "NaN", "Infinity", "1.5", "٣", "%00", "%0d%0a", "%ff", "%"],
  ...["..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "..\\..", "....//", "/etc/passwd", "%252e%252e"],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"],
  ...["null", "undefined", "[object Object]", "{}", "[]", "<script>", "'; drop table provers; --"],
  ...[`0x${"f".repeat(64)}`, "x".repeat(5_000)],
].map((text) => text.replaceAll(" ", "%20"));

/** Longer than anything that a server need read. */
export const MEGABYTE = "a".repeat(2 ** 20);

/** Paths with something in the place of an epoch, an address or a number. */
export function placesFor(prover: Address): ((text: string) => string)[] {
  return [
    (text) => `/v1/epochs/${text}`,
    (text) => `/v1/epochs/${text}/artifact`,
    (text) => `/v1/provers/${text}`,
    (text) => `/v1/provers/${text}/proof`,
    (text) => `/v1/epochs?limit=${text}`,
    (text) => `/v1/epochs?before=${text}`,
    (text) => `/v1/provers?after=${text}`,
    (text) => `/v1/provers/${prover}/proof?root=${text}`,
  ];
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What a server says to these very bytes, until it ends the connection. */
function converse(
  url: string,
  text: string,
  meanwhile: (socket: Socket) => void = () => {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.once("close", () => resolve(said));
    socket.once("error", (error) => (said === "" ? reject(error) : resolve(said)));
    meanwhile(socket);
  });
}

export async function send(url: string, text: string): Promise<Answer> {
  const [head = "", ...body] = (await converse(url, text)).split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body: body.join("\r\n\r\n") };
}

/** The path as it is, which no well-bred client would send. */
export const get = (url: string, path: string): Promise<Answer> =>
  send(url, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);

/** Milliseconds between two bytes of a header that never ends. */
const TRICKLE = 500;

/** Never comes to the end of its request: gives what it is told in the end. */
export function dawdle(url: string): Promise<string> {
  return converse(url, "GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ", (socket) => {
    const trickle = setInterval(() => socket.writable && socket.write("a"), TRICKLE);
    socket.once("close", () => clearInterval(trickle));
  });
}
