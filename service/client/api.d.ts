// SPDX-License-Identifier: AGPL-3.0-only
// Made from the routes by npm run client: change those.

export interface paths {
  "/health": {
    /** Whether the process answers, and which deployment it serves; it asks nobody else */
    get: operations["getHealth"];
  };
  "/ready": {
    /** Whether the server has read the chain, and what it serves agrees with it */
    get: operations["getReadiness"];
  };
  "/status": {
    /** Where the epochs are, what is due, and how long the funds last */
    get: operations["getStatus"];
  };
  "/metrics": {
    /** Counters and states for Prometheus */
    get: operations["getMetrics"];
  };
  "/v1/epochs": {
    /** Epochs with a posted root, the newest first */
    get: operations["listEpochs"];
  };
  "/v1/epochs/{epoch}": {
    /** An epoch's last root, and what the epoch paid */
    get: operations["getEpoch"];
  };
  "/v1/epochs/{epoch}/artifact": {
    /** The artifact: all inputs and results of the epoch, as bytes that hash to the dataset hash */
    get: operations["getArtifact"];
  };
  "/v1/provers/{address}/proof": {
    /** What a prover claims with: its leaf and the merkleProof, and what was claimed already */
    get: operations["getProof"];
  };
  "/v1/provers": {
    /** Provers by address, with what they staked, charge and delivered */
    get: operations["listProvers"];
  };
  "/v1/provers/{address}": {
    /** One prover: stake, free collateral, commission, and its record by epoch */
    get: operations["getProver"];
  };
}

export type webhooks = Record<string, never>;

export interface components {
  schemas: {
    /** @description An error */
    Error: {
      error: {
        /**
         * @description not-modified (304): What was asked for has not changed: the answer has no body, and the client says this. invalid-request (400): Part of the request is not what it should be; `field` names it. not-found (404): There is no such path, or not with this method. unknown-epoch (404): No root has been posted for this epoch. unknown-prover (404): Nobody with this address has earned anything, or registered. no-root (404): No root has been posted, or none is active yet. no-artifact (404): The epoch is posted, but this server has no copy of its artifact. too-slow (408): The request did not arrive in time. too-large (413): The request, its address or its headers are too large. rate-limited (429): Too many requests from one address: `retry-after` says how many seconds to wait. internal (500): Something unexpected happened, and was logged. damaged-artifact (500): This server's copy of the artifact cannot be read. chain-unreachable (503): The RPC endpoint does not answer: try again later. database-unreachable (503): This server's database cannot be read: try again later. leaves-missing (503): A root is there, but this server has no copy of the artifact with its leaves. not-synced (503): This server has not read the chain far enough yet: try again later. timed-out (503): The answer took too long: try again later.
         * @enum {string}
         */
        code: "not-modified" | "invalid-request" | "not-found" | "unknown-epoch" | "unknown-prover" | "no-root" | "no-artifact" | "too-slow" | "too-large" | "rate-limited" | "internal" | "damaged-artifact" | "chain-unreachable" | "database-unreachable" | "leaves-missing" | "not-synced" | "timed-out";
        message: string;
        /** @description The part of the request that is wrong */
        field?: string;
      };
    };
    /** @description A page of epochs */
    Epochs: {
      /** @description The newest first */
      epochs: ({
          /** @description The epoch's number, from 0 */
          epoch: number;
          /** @description Half-open window of block timestamps */
          window: {
            /** @description First second */
            start: string;
            /** @description First second of the next epoch */
            end: string;
          };
          /**
           * @description Of the epoch's last root; superseded: active once, and followed by a later epoch's
           * @enum {string}
           */
          status: "pending" | "active" | "superseded" | "vetoed";
          /** @description Counts posted roots, vetoed ones included */
          postNumber: string;
          /** @description The root of the tree of cumulative amounts */
          root: string;
          /** @description What the root's leaves have earned in all epochs, in wei */
          cumulativeTotal: string;
          /** @description keccak256 of the artifact */
          datasetHash: string;
          /** @description The last block before the epoch's end */
          snapshot: {
            /** @description Block number */
            number: string;
            /** @description Block hash */
            hash: string;
          };
          /** @description When the challenge window ends */
          claimableAt: string;
          /** @description Attestations that the root needs */
          quorum: number;
        })[];
      /** @description What `before` has to be for the next page; null on the last one */
      next: number | null;
    };
    /** @description An epoch with its last root */
    Epoch: {
      /** @description The epoch's number, from 0 */
      epoch: number;
      /** @description Half-open window of block timestamps */
      window: {
        /** @description First second */
        start: string;
        /** @description First second of the next epoch */
        end: string;
      };
      /**
       * @description Of the epoch's last root; superseded: active once, and followed by a later epoch's
       * @enum {string}
       */
      status: "pending" | "active" | "superseded" | "vetoed";
      /** @description Counts posted roots, vetoed ones included */
      postNumber: string;
      /** @description The root of the tree of cumulative amounts */
      root: string;
      /** @description What the root's leaves have earned in all epochs, in wei */
      cumulativeTotal: string;
      /** @description keccak256 of the artifact */
      datasetHash: string;
      /** @description The last block before the epoch's end */
      snapshot: {
        /** @description Block number */
        number: string;
        /** @description Block hash */
        hash: string;
      };
      /** @description When the challenge window ends */
      claimableAt: string;
      /** @description Attestations that the root needs */
      quorum: number;
      /** @description Known for the latest and the active root only: earlier ones have stopped counting */
      attestations: number | null;
      /** @description What the epoch paid, from its artifact; null: this server has no copy of it */
      result: {
        policy: {
          id: string;
          /** @description The policy's version; 2 has campaigns, by which the artifact's rows are divided */
          version: number;
          /** @description keccak256 of the policy's canonical JSON */
          hash: string;
        };
        /** @description In wei */
        budget: string;
        /** @description What earlier epochs left */
        carryIn: string;
        /** @description What the epoch paid */
        added: string;
        /** @description What it leaves */
        carryOut: string;
        /** @description Neither paid nor carried */
        dropped: string;
        /** @description Rows of the artifact */
        provers: number;
        /** @description Counted fulfilments */
        fulfilments: number;
        /** @description Missed deadlines */
        misses: number;
      } | null;
    };
    /** @description A page of provers */
    Provers: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description In ascending order of their addresses */
      provers: ({
          /** @description The prover's address */
          prover: string;
          /** @description Where its stake is */
          vault: string;
          /**
           * @description Only active provers may bid
           * @enum {string}
           */
          state: "active" | "inactive" | "jailed";
          /** @description When it registered */
          registeredAt: string;
          /** @description Its vault's active assets, in wei */
          stake: string;
          /** @description At the latest block, in wei */
          collateral: {
            /** @description Committed to open assignments */
            locked: string;
            /** @description What can still be locked for a new one */
            free: string;
          };
          /** @description What the prover keeps of what its vault earns, in basis points, as of the latest block */
          commissionBps: {
            /** @description Of the fees that requesters pay */
            fees: number;
            /** @description Of the foundation's rewards */
            rewards: number;
          };
          /** @description Requests proven, in all epochs */
          fulfilments: number;
          /** @description Deadlines missed, in all epochs */
          misses: number;
          /** @description Of what was fulfilled or missed, the part on time, in basis points, rounded down; null if there was nothing */
          onTimeBps: number | null;
          /** @description The latest epochs, the running one first */
          epochs: ({
              /** @description The epoch's number */
              epoch: number;
              /** @description Requests proven */
              fulfilments: number;
              /** @description Deadlines missed */
              misses: number;
              /** @description Of what was fulfilled or missed, the part on time, in basis points, rounded down; null if there was nothing */
              onTimeBps: number | null;
              /** @description Σ counted weight */
              work: string;
              /** @description What requesters paid, in wei */
              fees: string;
              /** @description What of it went to the protocol, in wei */
              protocolFees: string;
              /** @description Active assets, time-weighted over the epoch or what has passed of it */
              stake: string;
            })[];
        })[];
      /** @description `after` for the next page; null on the last one */
      next: string | null;
    };
    /** @description A prover */
    Prover: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description The prover's address */
      prover: string;
      /** @description Where its stake is */
      vault: string;
      /**
       * @description Only active provers may bid
       * @enum {string}
       */
      state: "active" | "inactive" | "jailed";
      /** @description When it registered */
      registeredAt: string;
      /** @description Its vault's active assets, in wei */
      stake: string;
      /** @description At the latest block, in wei */
      collateral: {
        /** @description Committed to open assignments */
        locked: string;
        /** @description What can still be locked for a new one */
        free: string;
      };
      /** @description What the prover keeps of what its vault earns, in basis points, as of the latest block */
      commissionBps: {
        /** @description Of the fees that requesters pay */
        fees: number;
        /** @description Of the foundation's rewards */
        rewards: number;
      };
      /** @description Requests proven, in all epochs */
      fulfilments: number;
      /** @description Deadlines missed, in all epochs */
      misses: number;
      /** @description Of what was fulfilled or missed, the part on time, in basis points, rounded down; null if there was nothing */
      onTimeBps: number | null;
      /** @description The latest epochs, the running one first */
      epochs: ({
          /** @description The epoch's number */
          epoch: number;
          /** @description Requests proven */
          fulfilments: number;
          /** @description Deadlines missed */
          misses: number;
          /** @description Of what was fulfilled or missed, the part on time, in basis points, rounded down; null if there was nothing */
          onTimeBps: number | null;
          /** @description Σ counted weight */
          work: string;
          /** @description What requesters paid, in wei */
          fees: string;
          /** @description What of it went to the protocol, in wei */
          protocolFees: string;
          /** @description Active assets, time-weighted over the epoch or what has passed of it */
          stake: string;
        })[];
    };
    /** @description What a prover claims with */
    Proof: {
      /** @description The prover's address */
      prover: string;
      token: {
        /** @description The staking token */
        address: string;
        symbol: string;
        /** @description Of the token */
        decimals: number;
      };
      /** @description Where to claim */
      distributor: string;
      /** @description What the merkleProof leads to */
      root: string;
      /** @description The root's epoch */
      epoch: number;
      /**
       * @description Whether claims against the root are paid yet
       * @enum {string}
       */
      status: "pending" | "active";
      /** @description The first moment at which a claim can be paid; a pending root also needs its quorum by then */
      claimableFrom: string;
      /** @description That the root has */
      attestations: number;
      /** @description That the root needs */
      quorum: number;
      /** @description What the prover earned in all epochs, in wei */
      cumulative: string;
      /** @description The commission part of it */
      cumulativeCommission: string;
      /** @description What it was paid of that */
      claimed: string;
      /** @description The commission part of it */
      claimedCommission: string;
      /** @description What a claim against this root pays, if nothing is claimed before */
      claimable: string;
      /** @description From the leaf's sibling up */
      merkleProof: string[];
    };
    /** @description The process answers */
    Health: {
      /** @enum {string} */
      status: "ok";
      /** @description The software's version */
      version: string;
      /** @description The chain */
      chainId: string;
      /** @description The distributor that names the deployment */
      distributor: string;
    };
    /** @description What was checked, and how it is */
    Readiness: {
      /** @description Whether every check is ok; overdue or vetoed roots count only where roots are posted from */
      ready: boolean;
      checks: ({
          /**
           * @description What was checked
           * @enum {string}
           */
          name: "chain" | "leaves" | "database" | "epochs" | "outbox";
          ok: boolean;
          message: string;
        })[];
    };
    /** @description How the deployment is */
    Status: {
      /** @description The software's version */
      version: string;
      /** @description The chain */
      chainId: string;
      /** @description The distributor that names the deployment */
      distributor: string;
      /** @description A block */
      head: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description Up to where the database was filled; null: there is none, or nothing in it */
      database: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      } | null;
      /** @description The epoch that runs */
      currentEpoch: number;
      /** @description The epoch whose root comes next */
      nextEpoch: number;
      /** @description The last root posted */
      latest: ({
        /** @description Its epoch */
        epoch: number;
        /** @description Counts posted roots, vetoed ones included */
        postNumber: string;
        /** @description The root */
        root: string;
        /** @description In wei */
        cumulativeTotal: string;
        /**
         * @description Whether claims are paid from it
         * @enum {string}
         */
        status: "pending" | "active" | "vetoed";
        /** @description When its window ends */
        claimableAt: string;
        /** @description That it has */
        attestations: number;
        /** @description That it needs */
        quorum: number;
      }) | null;
      /** @description The root that claims are paid from */
      active: ({
        /** @description Its epoch */
        epoch: number;
        /** @description Counts posted roots, vetoed ones included */
        postNumber: string;
        /** @description The root */
        root: string;
        /** @description In wei */
        cumulativeTotal: string;
        /**
         * @description Whether claims are paid from it
         * @enum {string}
         */
        status: "pending" | "active" | "vetoed";
        /** @description When its window ends */
        claimableAt: string;
        /** @description That it has */
        attestations: number;
        /** @description That it needs */
        quorum: number;
      }) | null;
      /** @description What somebody has to do, or to wait for */
      due: ({
          /**
           * @description What it is
           * @enum {string}
           */
          kind: "post" | "repost" | "window" | "attestations" | "wait";
          /** @description The epoch that it is about */
          epoch: number;
          /** @description When it is over, if time alone ends it */
          until: string | null;
          /** @description Attestations that are missing */
          missing: number | null;
        })[];
      /** @description Policies of epochs without a root, that nobody can run */
      unrunnable: ({
          /** @description The first epoch that it governs */
          first: number;
          /** @description The last; null: there is no end to it */
          last: number | null;
          /** @description What is wrong with it */
          message: string;
          /** @description What to do about it */
          hint: string;
        })[];
      /** @description Of the running epoch, in wei */
      budget: string;
      /** @description What earlier epochs left */
      carry: string;
      /** @description What was paid to all provers */
      totalClaimed: string;
      /** @description What the distributor holds */
      funds: string;
      /** @description What it owes, or will */
      promised: string;
      /** @description What it could do without */
      surplus: string;
      /** @description What promises exceed the funds by */
      shortfall: string;
      /** @description How many epochs' budgets, the running one's first, the funds cover; null: there is no end to it */
      runway: number | null;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}

export type $defs = Record<string, never>;

export type external = Record<string, never>;

export interface operations {

  /** Whether the process answers, and which deployment it serves; it asks nobody else */
  getHealth: {
    responses: {
      /** @description The process answers */
      200: {
        content: {
          "application/json": components["schemas"]["Health"];
        };
      };
    };
  };
  /** Whether the server has read the chain, and what it serves agrees with it */
  getReadiness: {
    responses: {
      /** @description What was checked, and how it is */
      200: {
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
      /** @description What was checked, and how it is */
      503: {
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
    };
  };
  /** Where the epochs are, what is due, and how long the funds last */
  getStatus: {
    responses: {
      /** @description How the deployment is */
      200: {
        content: {
          "application/json": components["schemas"]["Status"];
        };
      };
      /** @description An error */
      default: {
        content: {
          "application/json": components["schemas"]["Error"];
        };
      };
    };
  };
  /** Counters and states for Prometheus */
  getMetrics: {
    responses: {
      /** @description Counters and states */
      200: {
        content: {
          "text/plain": string;
        };
      };
    };
  };
  /** Epochs with a posted root, the newest first */
  listEpochs: {
    parameters: {
      query?: {
        /** @description Epochs a page */
        limit?: number;
        /** @description Only epochs below this one: the `next` of the page before */
        before?: number;
      };
    };
    responses: {
      /** @description A page of epochs */
      200: {
        content: {
          "application/json": components["schemas"]["Epochs"];
        };
      };
      /** @description An error */
      default: {
        content: {
          "application/json": components["schemas"]["Error"];
        };
      };
    };
  };
  /** An epoch's last root, and what the epoch paid */
  getEpoch: {
    parameters: {
      path: {
        /**
         * @description The epoch's number, in digits
         * @example 7
         */
        epoch: string;
      };
    };
    responses: {
      /** @description An epoch with its last root */
      200: {
        content: {
          "application/json": components["schemas"]["Epoch"];
        };
      };
      /** @description An error */
      default: {
        content: {
          "application/json": components["schemas"]["Error"];
        };
      };
    };
  };
  /** The artifact: all inputs and results of the epoch, as bytes that hash to the dataset hash */
  getArtifact: {
    parameters: {
      path: {
        /**
         * @description The epoch's number, in digits
         * @example 7
         */
        epoch: string;
      };
    };
    responses: {
      /** @description Canonical JSON, as service/SPEC.md describes it; under a policy of version 2 each row says what it was paid by campaign */
      200: {
        content: {
          "application/json": {
            [key: string]: unknown;
          };
        };
      };
      /** @description What `if-none-match` names is still right */
      304: {
        content: never;
      };
      /** @description An error */
      default: {
        content: {
          "application/json": components["schemas"]["Error"];
        };
      };
    };
  };
  /** What a prover claims with: its leaf and the merkleProof, and what was claimed already */
  getProof: {
    parameters: {
      query?: {
        /** @description latest: the pending root, if there is one that was not vetoed */
        root?: "active" | "latest";
      };
      path: {
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        address: string;
      };
    };
    responses: {
      /** @description What a prover claims with */
      200: {
        content: {
          "application/json": components["schemas"]["Proof"];
        };
      };
      /** @description An error */
      default: {
        content: {
          "application/json": components["schemas"]["Error"];
        };
      };
    };
  };
  /** Provers by address, with what they staked, charge and delivered */
  listProvers: {
    parameters: {
      query?: {
        /** @description Provers a page */
        limit?: number;
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        after?: string;
        /** @description How many epochs of its record each prover comes with */
        epochs?: number;
      };
    };
    responses: {
      /** @description A page of provers */
      200: {
        content: {
          "application/json": components["schemas"]["Provers"];
        };
      };
      /** @description An error */
      default: {
        content: {
          "application/json": components["schemas"]["Error"];
        };
      };
    };
  };
  /** One prover: stake, free collateral, commission, and its record by epoch */
  getProver: {
    parameters: {
      query?: {
        /** @description How many epochs of its record each prover comes with */
        epochs?: number;
      };
      path: {
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        address: string;
      };
    };
    responses: {
      /** @description A prover */
      200: {
        content: {
          "application/json": components["schemas"]["Prover"];
        };
      };
      /** @description An error */
      default: {
        content: {
          "application/json": components["schemas"]["Error"];
        };
      };
    };
  };
}
