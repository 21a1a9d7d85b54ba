// SPDX-License-Identifier: AGPL-3.0-only
import { type ArtifactHead, canonicalRow, headFromText } from "./artifact.ts";
import { leavesIn } from "./epoch.ts";
import { InputError } from "./errors.ts";
import { domainOf } from "./leaf.ts";
import { type PackedLeaves, packLeaves, rootOf } from "./packed-leaves.ts";
import type { LeafEntry, Row } from "./types.ts";

/** What a root's claims are served from, as an artifact tells it. */
export interface ArtifactLeaves {
  readonly head: ArtifactHead;
  /** How many provers have a row. */
  readonly provers: number;
  readonly leaves: PackedLeaves;
}

const BEFORE_ROWS = '"rows":[';
const [OPEN, CLOSE, COMMA] = [..."{},"].map((each) => each.charCodeAt(0)) as [number, number, number];

/**
 * Reads an artifact that comes in parts of any size, and keeps of it only its head and its leaves. Every row has to be
 * in its canonical form, and the leaves to lead to the root; whether amounts follow from the policy is for the epoch's
 * computation to say.
 * @throws InputError if it is no artifact.
 */
export async function readArtifactLeaves(parts: AsyncIterable<Uint8Array>): Promise<ArtifactLeaves> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let front: string | undefined;
  let text = "";
  let ended = false;
  const counted = { provers: 0 };
  const leaves: LeafPortion[] = [];
  for await (const part of parts) {
    text += decode(decoder, part);
    if (front === undefined) {
      const at = text.indexOf(BEFORE_ROWS);
      if (at < 0) continue;
      front = text.slice(0, at + BEFORE_ROWS.length);
      text = text.slice(front.length);
    }
    if (ended) continue;
    const rows = takeRows(text);
    ended = rows.ended;
    text = rows.rest;
    counted.provers += rows.rows.length;
    leaves.push(packLeaves(leavesIn(rows.rows)));
  }
  if (front === undefined || !ended) throw notCanonical("it has no list of rows, or is cut off");
  const head = headFromText(front, text);
  const all = joinLeaves(leaves);
  if (rootOf(domainOf(head.chainId, head.distributor), all) !== head.root)
    throw new InputError("mismatch", "artifact.root", "its rows do not lead to it", "fetch it again");
  return { head, provers: counted.provers, leaves: all };
}

const AFTER_ROWS = '],"schema":';

/**
 * The head alone, of an artifact that is known to be what was published: its rows are passed over. `end` is the last
 * LONGEST_END bytes of it, or all if it is shorter.
 * @throws InputError if it is no artifact.
 */
export async function readArtifactHead(
  parts: AsyncIterable<Uint8Array>,
  end: Uint8Array,
): Promise<ArtifactHead> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let front = "";
  for await (const part of parts) {
    front += decode(decoder, part);
    const at = front.indexOf(BEFORE_ROWS);
    if (at < 0) continue;
    // Nothing that comes after the rows is longer than a number of 256 bits, no row has such a field, and all is ASCII.
    const text = String.fromCharCode(...end);
    const after = text.lastIndexOf(AFTER_ROWS);
    if (after < 0) break;
    return headFromText(front.slice(0, at + BEFORE_ROWS.length), text.slice(after));
  }
  throw notCanonical("it has no list of rows, or is cut off");
}

export const LONGEST_END = 4_096;

type LeafPortion = Iterable<LeafEntry>;

function joinLeaves(portions: readonly LeafPortion[]): PackedLeaves {
  function* all(): Generator<LeafEntry> {
    let before = "";
    for (const portion of portions)
      for (const leaf of portion) {
        if (leaf.prover <= before)
          throw new InputError("not-canonical", "artifact.rows", "out of order", "sort them by address");
        before = leaf.prover;
        yield leaf;
      }
  }
  return packLeaves(all());
}

/** The whole rows at the front of a text that begins at a row, or at the end of them. */
function takeRows(text: string): { rows: Row[]; rest: string; ended: boolean } {
  const rows: Row[] = [];
  let from = 0;
  let depth = 0;
  // In a row's canonical form no text holds a brace; what is in another form is refused.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN) depth++;
    else if (code === CLOSE && --depth === 0) {
      rows.push(canonicalRow(text.slice(from, at + 1)));
      if (at + 1 === text.length) return { rows: rows.slice(0, -1), rest: text.slice(from), ended: false };
      if (text.charCodeAt(at + 1) !== COMMA) return { rows, rest: text.slice(at + 1), ended: true };
      from = at + 2;
      at++;
    } else if (depth === 0) {
      // Nothing but a row begins here, unless there are no more.
      return { rows, rest: text.slice(from), ended: true };
    }
  }
  return { rows, rest: text.slice(from), ended: false };
}

function decode(decoder: InstanceType<typeof TextDecoder>, part: Uint8Array): string {
  try {
    return decoder.decode(part, { stream: true });
  } catch (cause) {
    throw notCanonical(`not JSON in UTF-8 (${(cause as Error).message})`);
  }
}

function notCanonical(message: string): InputError {
  return new InputError("not-canonical", "artifact", message, "fetch it again by its dataset hash");
}
