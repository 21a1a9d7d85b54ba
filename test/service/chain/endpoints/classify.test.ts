// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import type { Call } from "../../../../service/chain/endpoints/call.ts";
import { classify } from "../../../../service/chain/endpoints/classify.ts";
import { WORDINGS, type Wording } from "./wordings.ts";

const CALLS: Record<Wording["asked"], Call> = {
  logs: { method: "eth_getLogs", params: [{ fromBlock: "0x1", toBlock: "0x2710" }] },
  call: { method: "eth_call", params: [{ to: `0x${"aa".repeat(20)}` }, "0x10"] },
  head: { method: "eth_blockNumber" },
  send: { method: "eth_sendRawTransaction", params: ["0x02"] },
  fee: { method: "eth_maxPriorityFeePerGas" },
};

describe("a refusal is understood", () => {
  it.each(WORDINGS.map((wording) => [wording.who, wording.words, wording] as const))(
    "as %s words it: %s",
    (_, __, { asked, means, of, source, who: ___, ...refusal }) => {
      expect(source).toMatch(/^https:\/\//);
      const judgement = classify(refusal, CALLS[asked]);
      expect({ kind: judgement.kind, of: judgement.of }).toEqual({ kind: means, of });
    },
  );

  it("of every provider and node that matters", () => {
    const all = WORDINGS.map(({ who }) => who).join(" ");
    for (const who of ["Alchemy", "Infura", "QuickNode", "Ankr", "dRPC", "Chainstack", "Blast", "base.org"]) {
      expect(all).toContain(who);
    }
    for (const who of ["Geth", "op-geth", "Erigon", "Nethermind", "Besu", "Reth"]) expect(all).toContain(who);
  });

  /** From the endpoint's point of view there is no answer in any of these, whatever its body says. */
  it.each([401, 402, 403, 500, 502, 503])("HTTP %d is never the chain's answer", (status) => {
    const bodies: [number, string][] = [
      [-32_000, "Must be authenticated!"],
      [-32_000, "service unavailable"],
      [-32_000, "node is syncing"],
      [-32_603, "Internal error"],
      [-32_600, "anything at all"],
    ];
    for (const [code, words] of bodies) {
      for (const call of Object.values(CALLS)) {
        expect(classify({ status, code, words }, call).kind).toBe("unreachable");
      }
    }
    // Some gateways send reverts with a status of their own.
    const revert = { status, code: 3, words: "execution reverted", data: `0x${"12".repeat(4)}` };
    expect(classify(revert, CALLS.call).kind).toBe("answered");
  });

  it("about a range may always be about its length", () => {
    for (const status of [400, 403, 408, 413, 500, 502, 503, 504]) {
      expect(classify({ status, words: "" }, CALLS.logs).mayBeTooMuch).toBe(true);
    }
    expect(
      classify({ words: "no connection (UND_ERR_SOCKET)", dropped: true }, CALLS.logs).mayBeTooMuch,
    ).toBe(true);
  });

  it("too much, generated or not, is not too often", () => {
    expect(classify({ code: -32_000, words: "generated too many results" }, CALLS.logs).kind).toBe(
      "too-much",
    );
    expect(classify({ code: -32_000, words: "moderately many results: narrow it" }, CALLS.logs).kind).toBe(
      "too-much",
    );
  });
});
