// SPDX-License-Identifier: AGPL-3.0-only
import { tmpdir } from "node:os";
import { type ProverProcess, spawnProver } from "../../../script/prover-process.ts";
import { type Network, privateKeyOf, type Role } from "./network.ts";

export interface NodeOptions {
  readonly dataDir: string;
  readonly args: readonly string[];
  /** Makes the zk proofs, besides those that args name. */
  readonly backendUrl?: string | undefined;
  /** Another endpoint than the chain's own. */
  readonly rpcUrl?: string;
}

/** A prover node with the key of a role. */
export function startProver(network: Network, role: Role, options: NodeOptions): ProverProcess {
  const { dataDir, args, backendUrl, rpcUrl = network.anvil.rpcUrl } = options;
  return spawnProver({
    name: role,
    args: [
      ...["--every", "0.2", ...args, ...(backendUrl === undefined ? [] : ["--backend-url", backendUrl])],
      ...["--rpc", rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir],
    ],
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PROVENDER_PRIVATE_KEY: privateKeyOf(role) },
  });
}
