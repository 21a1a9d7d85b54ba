// SPDX-License-Identifier: AGPL-3.0-only

type Format = "gzip" | "deflate-raw";

/** All of the bytes at once; formats as `CompressionStream` names them. */
export async function compress(bytes: Uint8Array, format: Format): Promise<Uint8Array> {
  return gather(through(bytes, new CompressionStream(format)), Number.POSITIVE_INFINITY);
}

/** @throws RangeError if the bytes are not compressed so, or unpack to more than `most` bytes. */
export async function decompress(bytes: Uint8Array, format: Format, most: number): Promise<Uint8Array> {
  try {
    return await gather(through(bytes, new DecompressionStream(format)), most);
  } catch (cause) {
    throw new RangeError("not compressed, or too large", { cause });
  }
}

function through(
  bytes: Uint8Array,
  transform: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  return new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(transform);
}

async function gather(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError(`more than ${most} bytes`);
    }
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
