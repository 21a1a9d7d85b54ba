// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import { cli } from "../helpers/cli.ts";

describe("a prover's node is started with no backend but one that can be asked:", () => {
  test.each([
    [["--backend", ""], "--backend: no command"],
    [["--backend", "  "], "--backend: no command"],
    [
      ["--backend", "cat", "--backend-url", "http://127.0.0.1:1"],
      "--backend and --backend-url both name a backend",
    ],
    [["--backend-url", "127.0.0.1:1/prove"], "--backend-url: not an http or https URL"],
    [["--proofs", "nowhere"], "--proofs: there is no folder"],
    [["--proofs", process.execPath], "--proofs: there is no folder"],
    [[], "what makes the zk proofs is missing"],
  ])("%j is refused before anybody is asked anything", async (backend, problem) => {
    const { code, stderr } = await cli(["prover", "run", "--cost", "2", ...backend]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});
