// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../../core/types.ts";
import type { Header } from "./header.ts";
import type { Witness } from "./witness.ts";

/** EIP-2935: a contract that every block writes its parent's hash to, in a ring. */
const HISTORY: Address = "0x0000f90827f1c53a10cb7a02335b175320002935";
/** How many blocks back a hash can be proven. */
export const HISTORY_BLOCKS = 8_191n;

export interface Ancestors {
  /** The header of a block at or below the trusted one; undefined if it is too far back to be proven. */
  readonly at: (number: bigint) => Promise<Header | undefined>;
}

/**
 * Blocks below a trusted one: by what the chain itself keeps of their hashes, or else link by link. Each is proven, and
 * remembered.
 */
export function ancestorsOf(witness: Witness, trusted: Header): Ancestors {
  const known = new Map<bigint, Header>([[trusted.number, trusted]]);
  const remember = (header: Header): Header => {
    known.set(header.number, header);
    return header;
  };

  async function fromHistory(number: bigint): Promise<Header | undefined> {
    const [word] = await witness.words(trusted, HISTORY, [number % HISTORY_BLOCKS]);
    // Where nobody writes there, it is empty.
    if (word === undefined || word === 0n) return undefined;
    const hash: Hex = `0x${word.toString(16).padStart(64, "0")}`;
    const header = await witness.header(hash);
    // Chains with shorter blocks keep a longer ring.
    return header.number === number ? header : undefined;
  }

  async function linkedBelow(number: bigint): Promise<Header> {
    const above = [...known.values()]
      .filter((header) => header.number > number)
      .reduce((nearest, header) => (header.number < nearest.number ? header : nearest));
    const linked = await witness.ancestors(above, Number(above.number - number));
    return linked.map(remember).at(-1) as Header;
  }

  return {
    async at(number) {
      const found = known.get(number);
      if (found !== undefined) return found;
      if (number > trusted.number || trusted.number - number > HISTORY_BLOCKS) return undefined;
      const child = known.get(number + 1n);
      if (child !== undefined) return remember(await witness.header(child.parentHash));
      const kept = await fromHistory(number);
      return kept === undefined ? linkedBelow(number) : remember(kept);
    },
  };
}
