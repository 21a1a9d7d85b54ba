// SPDX-License-Identifier: AGPL-3.0-only
// Made from the routes by npm run client: change those.

export interface paths {
  "/health": {
    /** Whether the process answers */
    get: operations["getHealth"];
  };
  "/ready": {
    /** Whether the chain is read, and agrees with what the contracts say of themselves */
    get: operations["getReadiness"];
  };
  "/v1/status": {
    /** How far is read, where the chain's head is, and which epochs there are */
    get: operations["getStatus"];
  };
  "/v1/epochs/{epoch}": {
    /** Who worked, staked, missed and was paid in an epoch, or so far in the one that runs */
    get: operations["getEpoch"];
  };
}

export type webhooks = Record<string, never>;

export interface components {
  schemas: {
    /** @description An error */
    Error: {
      error: {
        /**
         * @description not-modified (304): What was asked for has not changed: the answer has no body, and the client says this. invalid-request (400): Part of the request is not what it should be; `field` names it. not-found (404): There is no such path, or not with this method. unknown-epoch (404): No root has been posted for this epoch. unknown-prover (404): Nobody with this address has earned anything, or registered. unknown-request (404): No request has this id. no-root (404): No root has been posted, or none is active yet. no-artifact (404): The epoch is posted, but this server has no copy of its artifact. too-slow (408): The request did not arrive in time. too-large (413): The request, its address or its headers are too large. rate-limited (429): Too many requests from one address: `retry-after` says how many seconds to wait. internal (500): Something unexpected happened, and was logged. damaged-artifact (500): This server's copy of the artifact cannot be read. chain-unreachable (503): The RPC endpoint does not answer: try again later. database-unreachable (503): This server's database cannot be read: try again later. store-unreachable (503): The object store does not answer: try again later. leaves-missing (503): A root is there, but this server has no copy of the artifact with its leaves. not-synced (503): This server has not read the chain far enough yet: try again later. timed-out (503): The answer took too long: try again later.
         * @enum {string}
         */
        code: "not-modified" | "invalid-request" | "not-found" | "unknown-epoch" | "unknown-prover" | "unknown-request" | "no-root" | "no-artifact" | "too-slow" | "too-large" | "rate-limited" | "internal" | "damaged-artifact" | "chain-unreachable" | "database-unreachable" | "store-unreachable" | "leaves-missing" | "not-synced" | "timed-out";
        message: string;
        /** @description The part of the request that is wrong */
        field?: string;
      };
    };
    /** @description The process answers */
    Health: {
      /** @enum {string} */
      status: "ok";
    };
    /** @description Whether the last reading came through */
    Readiness: {
      /** @enum {string} */
      status: "ready" | "not-ready";
      /** @description Why it is not */
      trouble?: string;
    };
    /** @description How far is read, and which epochs there are */
    Status: {
      /** @enum {string} */
      network: "provernet";
      /** @description The chain */
      chainId: string;
      contracts: {
        /** @description Its StakingController */
        stakingController: string;
        /** @description Its BrevisMarket */
        market: string;
        /** @description Who makes vaults */
        vaultFactory: string;
        /** @description What is staked and paid */
        token: string;
        /** @description null: it is not known, and there are no epochs */
        epochRewards: string | null;
      };
      /** @description null: nothing is read yet */
      readUpTo: {
        /** @description The last final block whose logs are read */
        block: string;
        /** @description Its hash */
        hash: string;
        /** @description Its time, in seconds */
        time: string;
      } | null;
      /** @description The chain's last block, of which nothing is read before it is final */
      head: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      } | null;
      /** @description The latest that have begun, the oldest first */
      epochs: {
          /** @description Its number, from 1 */
          epoch: number;
          /** @description Its first second */
          start: number;
          /** @description The first second after it */
          end: number;
          /** @description The most that its rewards may come to, in wei */
          maxEpochReward: string;
          /** @description Rewards are set: its window stands */
          settled: boolean;
          /** @description It ended by the last block read */
          over: boolean;
        }[];
      /** @description What no state vouches for */
      notVouched: string[];
    };
    /** @description Who worked, staked, missed and was paid */
    Epoch: {
      /** @description Its number, from 1 */
      epoch: number;
      /** @description Its first second */
      start: number;
      /** @description The first second after it */
      end: number;
      /** @description In seconds */
      length: number;
      /** @description No rewards are set: another configuration may still change its window */
      provisional: boolean;
      /** @description It ended by the last block read; if not, all is up to `countedUntil` */
      over: boolean;
      /** @description Up to when is counted: the epoch's end, or the time of the last block read */
      countedUntil: number;
      /** @description The most that its rewards may come to, in wei */
      maxEpochReward: string;
      /** @description What was set in sum */
      rewardsSet: string;
      /** @description What was paid in sum */
      rewardsDistributed: string;
      /** @description By address, all that joined before its end */
      provers: {
        [key: string]: {
          /** @description Its vault */
          vault: string;
          /** @description What its fulfilments cost, in wei */
          fees: string;
          /** @description What of it exceeds what the same requester paid for the same statement before */
          countedFees: string;
          /** @description The protocol's part of the fees */
          protocolFees: string;
          /** @description Of any fee, and of statements that were proven before too */
          fulfilments: number;
          /** @description Requests that it had won, refunded in the epoch */
          missesByRefundTime: number;
          /** @description Those whose deadline was in the epoch */
          missesByDeadline: number;
          /** @description Statements that it proved */
          distinctStatements: number;
          /** @description Those that nobody had proven before */
          statementsNeverProvenBefore: number;
          /** @description What its vault held, times the seconds */
          assetSeconds: string;
          /** @description The same by the epoch's length */
          timeWeightedAssets: string;
          /** @description What came to its vault past the controller, which no state vouches for */
          donated: string;
          commissionBps: {
            forEpochRewards: {
              /** @description By the changes before the epoch */
              beforeStart: number;
              /** @description By those of its first second too */
              atStart: number;
            };
            forMarket: {
              /** @description By the changes before the epoch */
              beforeStart: number;
              /** @description By those of its first second too */
              atStart: number;
            };
          };
          /** @description What EpochRewards set; null: nothing */
          rewardSet: string | null;
          /** @description Whether that is paid */
          distributed: boolean;
          /** @description The commission of it; null: it is not paid */
          commissionPaid: string | null;
        };
      };
      readUpTo: {
        /** @description The last final block whose logs are read */
        block: string;
        /** @description Its hash */
        hash: string;
      };
      /** @description What no state vouches for */
      notVouched: string[];
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

  /** Whether the process answers */
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
  /** Whether the chain is read, and agrees with what the contracts say of themselves */
  getReadiness: {
    responses: {
      /** @description Whether the last reading came through */
      200: {
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
      /** @description Whether the last reading came through */
      503: {
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
    };
  };
  /** How far is read, where the chain's head is, and which epochs there are */
  getStatus: {
    responses: {
      /** @description How far is read, and which epochs there are */
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
  /** Who worked, staked, missed and was paid in an epoch, or so far in the one that runs */
  getEpoch: {
    parameters: {
      path: {
        /**
         * @description Its number
         * @example 7
         */
        epoch: number;
      };
    };
    responses: {
      /** @description Who worked, staked, missed and was paid */
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
}
