// SPDX-License-Identifier: AGPL-3.0-only
const MAX_BYTES = 65_536;
const TIMEOUT_MS = 5_000;

/** There is no such input, now or ever. */
export class MissingInput extends Error {
  override readonly name = "MissingInput";
}

/**
 * A request's input. It may be in the address itself (`data:`); others are fetched only if whoever runs the node wants
 * that, since anybody who posts a request chooses them.
 */
export async function readInput(uri: string, fetchInputs: boolean): Promise<string> {
  const protocol = URL.canParse(uri) ? new URL(uri).protocol : "";
  const remote = protocol === "http:" || protocol === "https:";
  if (protocol !== "data:" && !remote) {
    throw new MissingInput("the request's inputUri is neither data: nor http(s):");
  }
  if (remote && !fetchInputs) throw new MissingInput("the request's input is not in its inputUri");
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(uri, { redirect: "error", signal }).catch((cause) => {
    // The network may be back later; an address that holds its own content will be no better.
    throw remote ? cause : new MissingInput("the request's inputUri is not a data: address", { cause });
  });
  if (!response.ok) throw new Error(`the request's input: ${response.status} ${response.statusText}`);
  return read(response);
}

async function read({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new MissingInput(`the request's input is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
