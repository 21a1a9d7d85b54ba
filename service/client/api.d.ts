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
    /** Provers, sorted and searched, with what they staked, charge, delivered and returned */
    get: operations["listProvers"];
  };
  "/v1/provers/{address}": {
    /** One prover: stake, vault, commission, open assignments, returns, and its record by epoch */
    get: operations["getProver"];
  };
  "/v1/provers/{address}/epochs": {
    /** A prover's record by epoch: share price, stake, work, income, and what it earned */
    get: operations["listProverEpochs"];
  };
  "/v1/provers/{address}/commissions": {
    /** A prover's commission, and all its changes */
    get: operations["listCommissions"];
  };
  "/v1/provers/{address}/slashes": {
    /** What was slashed from a prover's vault, and why */
    get: operations["listSlashes"];
  };
  "/v1/stakers/{address}/positions": {
    /** What an address has staked over all vaults: worth, put in, gained, and its exits */
    get: operations["getPositions"];
  };
  "/v1/stakers/{address}/moves": {
    /** Deposits, exits, claims and transfers of an address, the newest first */
    get: operations["listMoves"];
  };
  "/v1/requests": {
    /** Requests with their bids and what became of them, the newest first */
    get: operations["listRequests"];
  };
  "/v1/requests/{id}": {
    /** One request */
    get: operations["getRequest"];
  };
  "/v1/network": {
    /** Contracts, token, clock, rules, roles, and whether anything is paused */
    get: operations["getNetwork"];
  };
  "/v1/foundation": {
    /** Funds, promises and runway; budgets and policies; who posts and who attests */
    get: operations["getFoundation"];
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
    /** @description A page of epochs */
    Epochs: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
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
          /** @description Of the epoch, by the segment that governs it, in wei */
          budget: string;
          /** @description keccak256 of that segment's policy */
          policyHash: string;
          /** @description Parts of the budget, in the policy's order; null: the policy has none */
          campaigns: (({
              /** @description What it may pay, in wei */
              budget: string;
              /** @description null: everybody's that no other campaign lists */
              requesters: string[] | null;
              /** @description null: this server has no copy of the epoch's artifact */
              result: {
                /** @description That it counted */
                fulfilments: number;
                /** @description Σ counted weight */
                work: string;
                /** @description What was paid for them, in wei */
                fees: string;
                /** @description Σ of what it came to for each prover, in wei: what was paid is less where minimum stake, an exclusion or the stake cap lowered a prover's sum over all campaigns */
                dealt: string;
              } | null;
            })[]) | null;
          /** @description Attestations and vetoes of all roots that were posted for the epoch, in chain order */
          votes: ({
              /** @description Of which root */
              postNumber: string;
              /**
               * @description Yes, or no
               * @enum {string}
               */
              kind: "attest" | "veto";
              /** @description The auditor, or the guardian */
              by: string;
              /** @description The block */
              block: string;
              /** @description That block's time; null: it is not known */
              time: string | null;
              /** @description The transaction's hash; null: the endpoint did not say it */
              transaction: string | null;
            })[];
        })[];
      /** @description What `before` has to be for the next page; null on the last one */
      next: number | null;
    };
    /** @description An epoch with its last root */
    Epoch: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
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
      /** @description Of the epoch, by the segment that governs it, in wei */
      budget: string;
      /** @description keccak256 of that segment's policy */
      policyHash: string;
      /** @description Parts of the budget, in the policy's order; null: the policy has none */
      campaigns: (({
          /** @description What it may pay, in wei */
          budget: string;
          /** @description null: everybody's that no other campaign lists */
          requesters: string[] | null;
          /** @description null: this server has no copy of the epoch's artifact */
          result: {
            /** @description That it counted */
            fulfilments: number;
            /** @description Σ counted weight */
            work: string;
            /** @description What was paid for them, in wei */
            fees: string;
            /** @description Σ of what it came to for each prover, in wei: what was paid is less where minimum stake, an exclusion or the stake cap lowered a prover's sum over all campaigns */
            dealt: string;
          } | null;
        })[]) | null;
      /** @description Attestations and vetoes of all roots that were posted for the epoch, in chain order */
      votes: ({
          /** @description Of which root */
          postNumber: string;
          /**
           * @description Yes, or no
           * @enum {string}
           */
          kind: "attest" | "veto";
          /** @description The auditor, or the guardian */
          by: string;
          /** @description The block */
          block: string;
          /** @description That block's time; null: it is not known */
          time: string | null;
          /** @description The transaction's hash; null: the endpoint did not say it */
          transaction: string | null;
        })[];
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
      /** @description That match `search` and `state` */
      total: number;
      /** @description In the order asked for */
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
          /** @description What an exit of 10^18 shares is priced at, at the synced block, in wei; null: there are no shares */
          sharePrice: string | null;
          /** @description The net return to stakers, over windows that begin at the end of an epoch */
          returns: {
            /** @description null: it registered later than 7 days ago, or has no shares */
            days7: ({
              /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
              from: string;
              /** @description Where it ends: the time of the synced block */
              to: string;
              /** @description Whole epochs in it */
              epochs: number;
              /** @description What 10^18 shares were worth then, in wei */
              priceFrom: string;
              /** @description What they are worth at its end */
              priceTo: string;
              /** @description priceTo / priceFrom − 1, in millionths, rounded down */
              netPpm: number;
              /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
              annualPpm: number | null;
              /** @description What came to all stakers from requesters' fees, after commission, in wei */
              fees: string;
              /** @description From the foundation's rewards, after commission */
              rewards: string;
              /** @description Given by anybody else, after commission */
              other: string;
              /** @description What slashes took from active stake */
              slashed: string;
            }) | null;
            /** @description null: as above, with 30 days */
            days30: ({
              /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
              from: string;
              /** @description Where it ends: the time of the synced block */
              to: string;
              /** @description Whole epochs in it */
              epochs: number;
              /** @description What 10^18 shares were worth then, in wei */
              priceFrom: string;
              /** @description What they are worth at its end */
              priceTo: string;
              /** @description priceTo / priceFrom − 1, in millionths, rounded down */
              netPpm: number;
              /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
              annualPpm: number | null;
              /** @description What came to all stakers from requesters' fees, after commission, in wei */
              fees: string;
              /** @description From the foundation's rewards, after commission */
              rewards: string;
              /** @description Given by anybody else, after commission */
              other: string;
              /** @description What slashes took from active stake */
              slashed: string;
            }) | null;
            /** @description null: as above, with 90 days */
            days90: ({
              /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
              from: string;
              /** @description Where it ends: the time of the synced block */
              to: string;
              /** @description Whole epochs in it */
              epochs: number;
              /** @description What 10^18 shares were worth then, in wei */
              priceFrom: string;
              /** @description What they are worth at its end */
              priceTo: string;
              /** @description priceTo / priceFrom − 1, in millionths, rounded down */
              netPpm: number;
              /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
              annualPpm: number | null;
              /** @description What came to all stakers from requesters' fees, after commission, in wei */
              fees: string;
              /** @description From the foundation's rewards, after commission */
              rewards: string;
              /** @description Given by anybody else, after commission */
              other: string;
              /** @description What slashes took from active stake */
              slashed: string;
            }) | null;
            /** @description Since it registered; null: it has no shares */
            all: ({
              /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
              from: string;
              /** @description Where it ends: the time of the synced block */
              to: string;
              /** @description Whole epochs in it */
              epochs: number;
              /** @description What 10^18 shares were worth then, in wei */
              priceFrom: string;
              /** @description What they are worth at its end */
              priceTo: string;
              /** @description priceTo / priceFrom − 1, in millionths, rounded down */
              netPpm: number;
              /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
              annualPpm: number | null;
              /** @description What came to all stakers from requesters' fees, after commission, in wei */
              fees: string;
              /** @description From the foundation's rewards, after commission */
              rewards: string;
              /** @description Given by anybody else, after commission */
              other: string;
              /** @description What slashes took from active stake */
              slashed: string;
            }) | null;
          };
          /** @description Changes of the commission that are not in force yet */
          announced: {
            /** @description A change that is announced; null: there is none */
            fees: {
              /** @description The commission that comes */
              bps: number;
              /** @description From when on, in seconds */
              at: string;
            } | null;
            /** @description A change that is announced; null: there is none */
            rewards: {
              /** @description The commission that comes */
              bps: number;
              /** @description From when on, in seconds */
              at: string;
            } | null;
          };
          /** @description At the latest block, in wei */
          collateral: {
            /** @description Committed to open assignments */
            locked: string;
            /** @description What can still be locked for a new one */
            free: string;
            /** @description What exits are worth that were not taken out: a slash takes of it, too */
            unbonding: string;
          };
          /** @description What the prover's own shares are worth at the latest block, in wei */
          selfStake: string;
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
      /** @description What an exit of 10^18 shares is priced at, at the synced block, in wei; null: there are no shares */
      sharePrice: string | null;
      /** @description The net return to stakers, over windows that begin at the end of an epoch */
      returns: {
        /** @description null: it registered later than 7 days ago, or has no shares */
        days7: ({
          /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
          from: string;
          /** @description Where it ends: the time of the synced block */
          to: string;
          /** @description Whole epochs in it */
          epochs: number;
          /** @description What 10^18 shares were worth then, in wei */
          priceFrom: string;
          /** @description What they are worth at its end */
          priceTo: string;
          /** @description priceTo / priceFrom − 1, in millionths, rounded down */
          netPpm: number;
          /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
          annualPpm: number | null;
          /** @description What came to all stakers from requesters' fees, after commission, in wei */
          fees: string;
          /** @description From the foundation's rewards, after commission */
          rewards: string;
          /** @description Given by anybody else, after commission */
          other: string;
          /** @description What slashes took from active stake */
          slashed: string;
        }) | null;
        /** @description null: as above, with 30 days */
        days30: ({
          /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
          from: string;
          /** @description Where it ends: the time of the synced block */
          to: string;
          /** @description Whole epochs in it */
          epochs: number;
          /** @description What 10^18 shares were worth then, in wei */
          priceFrom: string;
          /** @description What they are worth at its end */
          priceTo: string;
          /** @description priceTo / priceFrom − 1, in millionths, rounded down */
          netPpm: number;
          /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
          annualPpm: number | null;
          /** @description What came to all stakers from requesters' fees, after commission, in wei */
          fees: string;
          /** @description From the foundation's rewards, after commission */
          rewards: string;
          /** @description Given by anybody else, after commission */
          other: string;
          /** @description What slashes took from active stake */
          slashed: string;
        }) | null;
        /** @description null: as above, with 90 days */
        days90: ({
          /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
          from: string;
          /** @description Where it ends: the time of the synced block */
          to: string;
          /** @description Whole epochs in it */
          epochs: number;
          /** @description What 10^18 shares were worth then, in wei */
          priceFrom: string;
          /** @description What they are worth at its end */
          priceTo: string;
          /** @description priceTo / priceFrom − 1, in millionths, rounded down */
          netPpm: number;
          /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
          annualPpm: number | null;
          /** @description What came to all stakers from requesters' fees, after commission, in wei */
          fees: string;
          /** @description From the foundation's rewards, after commission */
          rewards: string;
          /** @description Given by anybody else, after commission */
          other: string;
          /** @description What slashes took from active stake */
          slashed: string;
        }) | null;
        /** @description Since it registered; null: it has no shares */
        all: ({
          /** @description Where the window begins: the end of an epoch, or the registration, in seconds */
          from: string;
          /** @description Where it ends: the time of the synced block */
          to: string;
          /** @description Whole epochs in it */
          epochs: number;
          /** @description What 10^18 shares were worth then, in wei */
          priceFrom: string;
          /** @description What they are worth at its end */
          priceTo: string;
          /** @description priceTo / priceFrom − 1, in millionths, rounded down */
          netPpm: number;
          /** @description The same a year of 365 days, without compounding; null: there are fewer than four whole epochs in the window */
          annualPpm: number | null;
          /** @description What came to all stakers from requesters' fees, after commission, in wei */
          fees: string;
          /** @description From the foundation's rewards, after commission */
          rewards: string;
          /** @description Given by anybody else, after commission */
          other: string;
          /** @description What slashes took from active stake */
          slashed: string;
        }) | null;
      };
      /** @description Changes of the commission that are not in force yet */
      announced: {
        /** @description A change that is announced; null: there is none */
        fees: {
          /** @description The commission that comes */
          bps: number;
          /** @description From when on, in seconds */
          at: string;
        } | null;
        /** @description A change that is announced; null: there is none */
        rewards: {
          /** @description The commission that comes */
          bps: number;
          /** @description From when on, in seconds */
          at: string;
        } | null;
      };
      /** @description At the latest block, in wei */
      collateral: {
        /** @description Committed to open assignments */
        locked: string;
        /** @description What can still be locked for a new one */
        free: string;
        /** @description What exits are worth that were not taken out: a slash takes of it, too */
        unbonding: string;
      };
      /** @description What the prover's own shares are worth at the latest block, in wei */
      selfStake: string;
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
      /** @description Where its commission is paid; null: the chain does not say it now */
      payout: string | null;
      /** @description null: the chain does not say it now */
      vaultState: {
        /** @description Vested active assets: what all shares are worth */
        totalAssets: string;
        /** @description All shares */
        totalShares: string;
        /** @description Of the active assets, what still vests */
        unvested: string;
        /** @description When the last of it has vested, in seconds */
        vestingEnd: string;
        /** @description What exits are worth that are not claimed */
        unbonding: string;
        /** @description The most that can be deposited now */
        maxDeposit: string;
        /** @description To the prover, not paid yet */
        commissionOwed: string;
      } | null;
      /** @description Open ones, by their deadline */
      assignments: {
          /** @description The request's id */
          id: string;
          /** @description What it pays, in wei */
          price: string;
          /** @description What a miss costs at most */
          lock: string;
          /** @description The last second for its proof */
          deadline: string;
        }[];
    };
    /** @description A prover's record, epoch by epoch */
    ProverHistory: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description The newest first */
      epochs: ({
          /** @description The epoch's number */
          epoch: number;
          /** @description Its end, or the time of the synced block if it runs: price and stake are those then */
          at: string;
          /** @description Whether it has not ended */
          running: boolean;
          /** @description What an exit of 10^18 shares was priced at, in wei; null: there were no shares */
          sharePrice: string | null;
          /** @description Its vault's active assets, in wei */
          active: string;
          /** @description The same, time-weighted over the epoch */
          stake: string;
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
          /** @description What of it went to the protocol, as far as its weight counted */
          protocolFees: string;
          /** @description What came into its vault in the epoch, whatever epoch it was earned in; in wei */
          income: {
            /** @description From requesters, to stakers */
            fees: string;
            /** @description From requesters, to the prover */
            feeCommission: string;
            /** @description From the foundation, to stakers */
            rewards: string;
            /** @description From the foundation, to the prover */
            rewardCommission: string;
            /** @description From anybody else, to stakers */
            other: string;
            /** @description Lost by slashes, from active stake */
            slashed: string;
          };
          /** @description For what was done in the epoch, by its artifact; null: no root is posted for it, or this server has no copy */
          earned: ({
            /** @description The foundation's reward, in wei */
            amount: string;
            /** @description The prover's part of it */
            commission: string;
            /**
             * @description What kept the reward below its part by work
             * @enum {string}
             */
            limitedBy: "none" | "stake" | "fee-match" | "min-stake" | "excluded";
            /** @description By campaign, in the policy's order; null: the policy has none */
            campaigns: (({
                /** @description Σ counted weight */
                work: string;
                /** @description What requesters paid, in wei */
                fees: string;
                /** @description The reward, in wei */
                amount: string;
                /**
                 * @description What kept it below its part by work
                 * @enum {string}
                 */
                limitedBy: "none" | "stake" | "fee-match" | "min-stake" | "excluded";
              })[]) | null;
          }) | null;
        })[];
      /** @description What `before` has to be for the next page; null on the last one */
      next: number | null;
    };
    /** @description A prover's commission, and all its changes */
    Commissions: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description All changes, the newest first */
      commissions: ({
          /** @description Counted from 1 */
          sequence: number;
          /**
           * @description Of what: fees from the market, rewards from the distributor, or all that has no rate of its own
           * @enum {string}
           */
          source: "default" | "fees" | "rewards" | "other";
          /** @description The source */
          address: string;
          /** @description null: the source has the default rate again */
          bps: number | null;
          /** @description In seconds */
          announcedAt: string;
          /** @description From when on it is in force, unless a later change comes first */
          effectiveAt: string;
          /** @description Whether it decides now */
          inForce: boolean;
          /** @description The block */
          block: string;
        })[];
    };
    /** @description What was slashed from a prover's vault */
    Slashes: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description The newest first */
      slashes: ({
          /** @description What it took, in wei */
          amount: string;
          /** @description From stake */
          fromActive: string;
          /** @description From exits that are not claimed */
          fromUnbonding: string;
          /**
           * @description A deadline missed, a bid not revealed, or another market's
           * @enum {string}
           */
          cause: "missed" | "unrevealed" | "other";
          /** @description The request; null: it is another market's */
          request: string | null;
          /** @description The block */
          block: string;
          /** @description That block's time; null: it is not known */
          time: string | null;
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
    /** @description What an address has staked, over all vaults */
    Positions: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description Whose */
      address: string;
      total: {
        /** @description Of all shares, in wei */
        worth: string;
        /** @description Of all exits that are not claimed */
        exiting: string;
        /** @description By all positions */
        gained: string;
        /** @description What of it, up or down, may be roundings alone */
        rounding: string;
      };
      /** @description One for each vault that it has, or had, shares or exits in; by the prover's address */
      positions: {
          /** @description The prover */
          prover: string;
          /** @description Its vault */
          vault: string;
          /** @description Held now */
          shares: string;
          /** @description What an exit would be priced at now, in wei */
          worth: string;
          /** @description Deposits for the address, and shares that came by transfer at their worth then */
          putIn: string;
          /** @description Exits at their price, and shares that went by transfer at their worth then */
          takenOut: string;
          /** @description What the shares will be worth besides, once all rewards of the vault have vested: a deposit pays for it, and an exit leaves it to the others; in wei */
          vesting: string;
          /** @description worth + takenOut − putIn */
          gained: string;
          /** @description What of `gained`, up or down, may be roundings alone, in wei: each conversion between shares and assets is off by less than a share's worth */
          rounding: string;
          /** @description Of which it is the controller, not claimed whole; the oldest first */
          exits: {
              /** @description From 1, in the order of its controller's requests */
              number: string;
              /** @description Who may claim it */
              controller: string;
              /** @description What is left of its shares */
              shares: string;
              /** @description What all its shares were worth when it was requested, in wei */
              priced: string;
              /** @description What is left of it now: slashes lower it until it is claimed */
              worth: string;
              /** @description What of it can still be lost: all, until it is claimed */
              slashable: string;
              /** @description In seconds */
              requestedAt: string;
              /** @description The first second in which it may be claimed */
              dueAt: string;
              /** @description Whether that has come */
              claimable: boolean;
            }[];
        }[];
    };
    /** @description What an address did in all vaults */
    Moves: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description The newest first */
      moves: ({
          /**
           * @description exit: a request; claim: of exits that were due; received, sent: shares by transfer
           * @enum {string}
           */
          kind: "deposit" | "exit" | "claim" | "received" | "sent";
          /** @description Whose vault */
          prover: string;
          /** @description That moved */
          shares: string;
          /** @description What they were worth, in wei */
          assets: string;
          /** @description The block */
          block: string;
          /** @description That block's time; null: it is not known */
          time: string | null;
        })[];
      /** @description `before` for the next page; null on the last one */
      next: string | null;
    };
    /** @description A page of requests */
    Requests: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description The newest first */
      requests: ({
          /** @description The request's id */
          id: string;
          /** @description Who asks */
          requester: string;
          /** @description What is to be proven */
          programKey: string;
          /** @description Of the public values */
          publicValuesDigest: string;
          /** @description Which verifier decides */
          verifierVersion: string;
          /** @description Where its input is, as the requester says */
          inputUri: string;
          /** @description The most that it pays, in wei */
          maxFee: string;
          /** @description The least collateral that the winner must lock */
          minStake: string;
          /** @description What the winner locks */
          lock: string;
          /** @description What each bid locks until it is revealed */
          bond: string;
          /** @description The block that it came in */
          block: string;
          /** @description That block's time, in seconds; null: the endpoint did not say it */
          createdAt: string | null;
          /** @description The last second in which bids are taken; null: as above */
          commitEnd: string | null;
          /** @description The last second in which they are revealed; null: as above */
          revealEnd: string | null;
          /** @description The last second for its proof */
          deadline: string;
          /**
           * @description committing, revealing: the auction runs. assigned: its prover works. overdue: the deadline is over, and nobody ended it. unassigned: nobody revealed a bid, and nobody closed it. The others are final
           * @enum {string}
           */
          state: "committing" | "revealing" | "assigned" | "overdue" | "unassigned" | "fulfilled" | "missed" | "closed" | "cancelled" | "withdrawn";
          /** @description Who leads while bids are revealed, and who is assigned afterwards; null: nobody */
          prover: string | null;
          /** @description What the prover is paid: the second-lowest fee revealed, or its own if alone; null: there is no bid revealed */
          price: string | null;
          /** @description What of it went to the protocol; null: it is not fulfilled */
          protocolFee: string | null;
          /** @description What the miss cost the prover's vault; null: it is not missed */
          slashed: string | null;
          /** @description When it ended; null: it has not */
          ended: ({
            /** @description Its block */
            block: string;
            /** @description That block's time; null: it is not known */
            time: string | null;
          }) | null;
          /** @description In their order */
          bids: ({
              /** @description Who bids */
              prover: string;
              /** @description Decides ties: the lower wins */
              order: string;
              /**
               * @description forfeited: it was not revealed
               * @enum {string}
               */
              state: "sealed" | "revealed" | "forfeited";
              /** @description What it asks, in wei; null: it is sealed */
              fee: string | null;
              /** @description What the forfeit took, in wei; null: it is not forfeited */
              slashed: string | null;
            })[];
        })[];
      /** @description `before` for the next page; null on the last one */
      next: string | null;
    };
    /** @description A request, its bids, and what became of it */
    Request: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description The request's id */
      id: string;
      /** @description Who asks */
      requester: string;
      /** @description What is to be proven */
      programKey: string;
      /** @description Of the public values */
      publicValuesDigest: string;
      /** @description Which verifier decides */
      verifierVersion: string;
      /** @description Where its input is, as the requester says */
      inputUri: string;
      /** @description The most that it pays, in wei */
      maxFee: string;
      /** @description The least collateral that the winner must lock */
      minStake: string;
      /** @description What the winner locks */
      lock: string;
      /** @description What each bid locks until it is revealed */
      bond: string;
      /** @description The block that it came in */
      block: string;
      /** @description That block's time, in seconds; null: the endpoint did not say it */
      createdAt: string | null;
      /** @description The last second in which bids are taken; null: as above */
      commitEnd: string | null;
      /** @description The last second in which they are revealed; null: as above */
      revealEnd: string | null;
      /** @description The last second for its proof */
      deadline: string;
      /**
       * @description committing, revealing: the auction runs. assigned: its prover works. overdue: the deadline is over, and nobody ended it. unassigned: nobody revealed a bid, and nobody closed it. The others are final
       * @enum {string}
       */
      state: "committing" | "revealing" | "assigned" | "overdue" | "unassigned" | "fulfilled" | "missed" | "closed" | "cancelled" | "withdrawn";
      /** @description Who leads while bids are revealed, and who is assigned afterwards; null: nobody */
      prover: string | null;
      /** @description What the prover is paid: the second-lowest fee revealed, or its own if alone; null: there is no bid revealed */
      price: string | null;
      /** @description What of it went to the protocol; null: it is not fulfilled */
      protocolFee: string | null;
      /** @description What the miss cost the prover's vault; null: it is not missed */
      slashed: string | null;
      /** @description When it ended; null: it has not */
      ended: ({
        /** @description Its block */
        block: string;
        /** @description That block's time; null: it is not known */
        time: string | null;
      }) | null;
      /** @description In their order */
      bids: ({
          /** @description Who bids */
          prover: string;
          /** @description Decides ties: the lower wins */
          order: string;
          /**
           * @description forfeited: it was not revealed
           * @enum {string}
           */
          state: "sealed" | "revealed" | "forfeited";
          /** @description What it asks, in wei; null: it is sealed */
          fee: string | null;
          /** @description What the forfeit took, in wei; null: it is not forfeited */
          slashed: string | null;
        })[];
    };
    /** @description The deployment: its contracts, its clock, its rules */
    Network: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description The software's version */
      version: string;
      /** @description The chain */
      chainId: string;
      /** @description An endpoint of the chain that this server's operator offers to everybody; null: none */
      rpc: string | null;
      /** @description The deployment's contracts */
      contracts: {
        /** @description Roots and claims */
        distributor: string;
        /** @description Provers and their collateral */
        registry: string;
        /** @description Requests and bids */
        market: string;
        /** @description The staking token */
        token: string;
        /** @description Makes the vaults */
        factory: string;
        /** @description Views of many things at once; null: this server's deployment record names none, and a caller can send its code along */
        lens: string | null;
        /** @description Takes a deposit with its permit in one transaction; null: this server's deployment record names none */
        router: string | null;
      };
      token: {
        symbol: string;
        name: string;
        /** @description Of the token, and of vault shares */
        decimals: number;
      };
      clock: {
        /** @description The first second of epoch 0 */
        start: string;
        /** @description In seconds */
        epochLength: string;
        /** @description The epoch of the latest block */
        currentEpoch: number;
      };
      staking: {
        /** @description Seconds from an exit's request until it is due */
        unbondingDelay: string;
        /** @description Seconds in which a reward vests */
        vestingPeriod: string;
        /** @description What a prover must have staked itself, in wei */
        minSelfStake: string;
        /** @description The highest commission */
        maxCommissionBps: number;
        /** @description Seconds from a rise of the commission until it is in force */
        commissionNotice: string;
        /** @description That have registered */
        provers: number;
      };
      /** @description Whether the guardian has paused the registry */
      pause: {
        /**
         * @description What is stopped now: deposits, requests and bids; then also requests of exits. Never a claim
         * @enum {string}
         */
        level: "none" | "deposits" | "deposits-and-exits";
        /** @description When requests of exits go on by themselves, in seconds; null: they are not stopped */
        exitsUntil: string | null;
      };
      roles: {
        /** @description May change parameters */
        owner: string;
        /** @description Who may accept the ownership; null: nobody */
        pendingOwner: string | null;
        /** @description May pause, jail and veto */
        guardian: string;
        /** @description Gets slashes and protocol fees */
        treasury: string;
        /** @description Posts roots */
        publisher: string;
      };
    };
    /** @description Funds, promises, and what the next epochs pay by */
    Foundation: {
      /** @description A block */
      synced: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description A block */
      head: {
        /** @description Block number */
        number: string;
        /** @description The block's time, in seconds */
        timestamp: string;
      };
      /** @description What the distributor holds, in wei */
      funds: string;
      /** @description What it owes, or will */
      promised: string;
      /** @description What it could do without */
      surplus: string;
      /** @description What promises exceed the funds by */
      shortfall: string;
      /** @description What earlier epochs left */
      carry: string;
      /** @description What was paid to all provers */
      totalClaimed: string;
      /** @description Of the running epoch */
      budget: string;
      /** @description How many epochs' budgets, the running one's first, the funds cover; null: there is no end to it */
      runway: number | null;
      /** @description Posts roots */
      publisher: string;
      /** @description Seconds in which a root may be vetoed, for the next post */
      challengeWindow: string;
      /** @description Attestations that the next post will need */
      quorum: number;
      /** @description Those listed now, by address */
      auditors: ({
          /** @description May attest and veto */
          auditor: string;
          /** @description The block that listed it */
          block: string;
          /** @description That block's time; null: it is not known */
          time: string | null;
        })[];
      /** @description Budgets and policies, in the order in which they were set */
      segments: ({
          /** @description Counted from 0 */
          number: number;
          /** @description The first epoch that it governs */
          fromEpoch: string;
          /** @description The last; null: there is no end to it, or a later segment took its place */
          toEpoch: string | null;
          /**
           * @description replaced: a later segment from the same epoch on took its place
           * @enum {string}
           */
          state: "past" | "running" | "next" | "replaced";
          /** @description For each epoch, in wei */
          budget: string;
          /** @description keccak256 of the policy's canonical JSON */
          policyHash: string;
          /** @description null: its bytes are no JSON object */
          policy: {
            [key: string]: unknown;
          } | null;
        })[];
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
  /** Provers, sorted and searched, with what they staked, charge, delivered and returned */
  listProvers: {
    parameters: {
      query?: {
        /** @description Provers a page */
        limit?: number;
        /**
         * @description The `next` of the page before, with the same `sort` and `order`
         * @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
         */
        after?: string;
        /** @description return7, return30, return90: the net return to stakers. self-stake, free, at-risk: what of its stake is the prover's own, is not locked, and, as a part of it and of exits that were not taken out, is locked, by the market's logs. commission: of the foundation's rewards. Whoever has no such figure comes last */
        sort?: "address" | "registered" | "state" | "stake" | "price" | "return7" | "return30" | "return90" | "self-stake" | "free" | "at-risk" | "commission" | "fee-commission" | "on-time" | "fulfilments" | "misses";
        /** @description Of the sort */
        order?: "ascending" | "descending";
        /**
         * @description Part of the prover's or its vault's address
         * @example 0x7099
         */
        search?: string;
        /**
         * @description Only these
         * @example active
         */
        state?: "active" | "inactive" | "jailed";
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
  /** One prover: stake, vault, commission, open assignments, returns, and its record by epoch */
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
  /** A prover's record by epoch: share price, stake, work, income, and what it earned */
  listProverEpochs: {
    parameters: {
      query?: {
        /** @description Epochs a page */
        limit?: number;
        /** @description Only epochs below this one: the `next` of the page before */
        before?: number;
      };
      path: {
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        address: string;
      };
    };
    responses: {
      /** @description A prover's record, epoch by epoch */
      200: {
        content: {
          "application/json": components["schemas"]["ProverHistory"];
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
  /** A prover's commission, and all its changes */
  listCommissions: {
    parameters: {
      path: {
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        address: string;
      };
    };
    responses: {
      /** @description A prover's commission, and all its changes */
      200: {
        content: {
          "application/json": components["schemas"]["Commissions"];
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
  /** What was slashed from a prover's vault, and why */
  listSlashes: {
    parameters: {
      path: {
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        address: string;
      };
    };
    responses: {
      /** @description What was slashed from a prover's vault */
      200: {
        content: {
          "application/json": components["schemas"]["Slashes"];
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
  /** What an address has staked over all vaults: worth, put in, gained, and its exits */
  getPositions: {
    parameters: {
      path: {
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        address: string;
      };
    };
    responses: {
      /** @description What an address has staked, over all vaults */
      200: {
        content: {
          "application/json": components["schemas"]["Positions"];
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
  /** Deposits, exits, claims and transfers of an address, the newest first */
  listMoves: {
    parameters: {
      query?: {
        /** @description Moves a page */
        limit?: number;
        /**
         * @description Only moves before this one: the `next` of the page before
         * @example 812
         */
        before?: string;
      };
      path: {
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        address: string;
      };
    };
    responses: {
      /** @description What an address did in all vaults */
      200: {
        content: {
          "application/json": components["schemas"]["Moves"];
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
  /** Requests with their bids and what became of them, the newest first */
  listRequests: {
    parameters: {
      query?: {
        /** @description Requests a page */
        limit?: number;
        /**
         * @description Only requests before this one: the `next` of the page before
         * @example 0x9f2a3b6e0f6a4d0b8ad1a3a5a2ad5b8ffd0e86ad4b2d8ef6a7a3c1e7f5d4c3b2
         */
        before?: string;
        /** @description open: not ended */
        which?: "all" | "open" | "ended";
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        requester?: string;
        /** @example 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 */
        prover?: string;
      };
    };
    responses: {
      /** @description A page of requests */
      200: {
        content: {
          "application/json": components["schemas"]["Requests"];
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
  /** One request */
  getRequest: {
    parameters: {
      path: {
        /** @example 0x9f2a3b6e0f6a4d0b8ad1a3a5a2ad5b8ffd0e86ad4b2d8ef6a7a3c1e7f5d4c3b2 */
        id: string;
      };
    };
    responses: {
      /** @description A request, its bids, and what became of it */
      200: {
        content: {
          "application/json": components["schemas"]["Request"];
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
  /** Contracts, token, clock, rules, roles, and whether anything is paused */
  getNetwork: {
    responses: {
      /** @description The deployment: its contracts, its clock, its rules */
      200: {
        content: {
          "application/json": components["schemas"]["Network"];
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
  /** Funds, promises and runway; budgets and policies; who posts and who attests */
  getFoundation: {
    responses: {
      /** @description Funds, promises, and what the next epochs pay by */
      200: {
        content: {
          "application/json": components["schemas"]["Foundation"];
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
