// SPDX-License-Identifier: AGPL-3.0-only
import type { Chain } from "../chain/client.ts";
import type { NetworkState } from "../chain/network.ts";
import type { System } from "../chain/system.ts";
import type { Address } from "../core/types.ts";
import type { Status } from "../epoch/status.ts";
import type { Troubles } from "../epoch/troubles.ts";
import type { Database } from "../store/database.ts";
import type { Deployment } from "../store/deployment.ts";
import type { Artifacts } from "./artifacts.ts";
import type { Metrics } from "./metrics.ts";
import type { PostedRoots } from "./posts.ts";
import type { ProverReader } from "./provers.ts";
import type { Remembered } from "./remembered.ts";

/** What nothing else in the system knows: whoever runs the server tells it. */
export interface Views {
  /** An endpoint of the chain for everybody: never the server's own, unless that is told to be. */
  readonly rpc?: string | undefined;
  readonly lens?: Address | undefined;
  readonly router?: Address | undefined;
}

/** What the routes share. */
export interface Api {
  readonly chain: Chain;
  readonly system: System;
  readonly version: string;
  /** Whose balance pays for posting, if this process posts. */
  readonly signer?: Address | undefined;
  readonly status: Remembered<Status>;
  readonly troubles: () => Troubles | Promise<Troubles>;
  /** The deployment's addresses with their checksums. */
  readonly shown: { readonly token: Address; readonly distributor: Address };
  /** At once if it is known, so that who answers thousands need not wait. */
  readonly posts: Remembered<PostedRoots>;
  readonly artifacts: Artifacts;
  readonly metrics: Metrics;
  readonly network: Remembered<NetworkState>;
  readonly database: Database;
  readonly deployment: Deployment;
  readonly views: Views;
  readonly provers: ProverReader;
}
