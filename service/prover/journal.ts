// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { asDecimal, asHash, asObject } from "../core/guard.ts";
import type { Hex } from "../core/types.ts";
import { writeFileWhole } from "../store/file-store.ts";

/** All that the chain does not tell about a bid of ours: without fee and salt it cannot be revealed. */
export interface Bid {
  readonly id: Hex;
  readonly fee: bigint;
  readonly salt: Hex;
  /** Only in the request's log, and needed again to prove it. */
  readonly inputUri: string;
}

export interface BidJournal {
  /** On disk when it returns. @throws InputError for a request that has one: its salt is never written over */
  readonly put: (bid: Bid) => Promise<void>;
  readonly remove: (id: Hex) => Promise<void>;
  readonly all: () => Promise<Bid[]>;
}

const SCHEMA = "provender.bid/1";

/**
 * A file a bid. The folder is its owner's alone: whoever knows a salt can tell the fee before the reveal. Reading
 * throws InputError for a file that is no bid.
 */
export async function openJournal(folder: string): Promise<BidJournal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fileOf = (id: Hex) => join(folder, `${id}.json`);
  return {
    async put({ id, fee, salt, inputUri }) {
      const claim = `${fileOf(id)}.claim`;
      // Two nodes that have the same folder by mistake see a request at the same time.
      await writeFile(claim, "", { flag: "wx" }).catch((cause) => {
        throw (cause as NodeJS.ErrnoException).code === "EEXIST" ? bidBefore(id) : cause;
      });
      try {
        if (existsSync(fileOf(id))) throw bidBefore(id);
        const record = { schema: SCHEMA, id, fee: String(fee), salt, inputUri };
        await writeFileWhole(fileOf(id), Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
      } finally {
        await rm(claim, { force: true });
      }
    },

    async remove(id) {
      await rm(fileOf(id), { force: true });
    },

    async all() {
      const names = await readdir(folder);
      const ours = names.filter((name) => /^0x[0-9a-f]{64}\.json$/.test(name)).sort();
      return Promise.all(ours.map((name) => readBid(join(folder, name))));
    },
  };
}

const bidBefore = (id: Hex) =>
  new InputError(
    "invalid",
    id,
    "another node has bid for it from this folder",
    "give each node a --data-dir of its own, and never two nodes one prover",
  );

async function readBid(path: string): Promise<Bid> {
  try {
    const record = asObject(JSON.parse(await readFile(path, "utf8")), "bid");
    if (record.schema !== SCHEMA) {
      throw new InputError("invalid", "schema", `not ${SCHEMA}`, "use the release that wrote the file");
    }
    if (typeof record.inputUri !== "string") {
      throw new InputError("invalid", "inputUri", "not a string", "restore the file");
    }
    return {
      id: asHash(record.id, "id"),
      fee: asDecimal(record.fee, "fee"),
      salt: asHash(record.salt, "salt"),
      inputUri: record.inputUri,
    };
  } catch (cause) {
    const hint =
      cause instanceof InputError && cause.field === "schema"
        ? cause.hint
        : "restore the file; without it this bid cannot be revealed, and its bond is lost";
    throw new InputError("invalid", path, (cause as Error).message, hint);
  }
}
