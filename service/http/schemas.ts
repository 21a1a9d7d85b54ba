// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";

const AddressText = Type.String({ pattern: "^0x[0-9a-fA-F]{40}$" });
const HashText = Type.String({ pattern: "^0x[0-9a-f]{64}$" });
/** A token amount in wei, a time in seconds or a block number: never a JSON number. */
const Decimal = Type.String({ pattern: "^(0|[1-9][0-9]*)$" });
const Count = Type.Integer({ minimum: 0 });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

export const ErrorBody = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    field: Type.Optional(Type.String()),
  }),
});

export const EpochParams = Type.Object({ epoch: Type.String({ pattern: "^(0|[1-9][0-9]{0,14})$" }) });

export const EpochsQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  /** Only epochs below this one: the `next` of the page before. */
  before: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
});

const EpochFields = {
  epoch: Count,
  /** Half-open window of block timestamps. */
  window: Type.Object({ start: Decimal, end: Decimal }),
  /** superseded: active once, and followed by a later epoch's root. */
  status: Type.Enum(["pending", "active", "superseded", "vetoed"]),
  postNumber: Decimal,
  root: HashText,
  cumulativeTotal: Decimal,
  datasetHash: HashText,
  snapshot: Type.Object({ number: Decimal, hash: HashText }),
  claimableAt: Decimal,
  quorum: Count,
};

const EpochSummary = Type.Object(EpochFields);

export const EpochList = Type.Object({
  epochs: Type.Array(EpochSummary),
  /** What `before` has to be for the next page; null on the last one. */
  next: Nullable(Count),
});

/** What an epoch paid, from its artifact. */
const EpochResult = Type.Object({
  policy: Type.Object({ id: Type.String(), version: Count, hash: HashText }),
  budget: Decimal,
  carryIn: Decimal,
  added: Decimal,
  carryOut: Decimal,
  dropped: Decimal,
  provers: Count,
  fulfilments: Count,
  misses: Count,
});

export const EpochDetail = Type.Object({
  ...EpochFields,
  /** Known for the latest and the active post only: later ones have stopped counting. */
  attestations: Nullable(Count),
  /** null: this server has no copy of the artifact. */
  result: Nullable(EpochResult),
});

export const ProofParams = Type.Object({ address: AddressText });

export const ProofQuery = Type.Object({
  root: Type.Enum(["active", "latest"], { default: "active" }),
});

export const Proof = Type.Object({
  prover: AddressText,
  token: Type.Object({ address: AddressText, symbol: Type.String(), decimals: Count }),
  distributor: AddressText,
  /** The root that the merkleProof leads to, and whether claims against it are paid yet. */
  root: HashText,
  epoch: Count,
  status: Type.Enum(["pending", "active"]),
  /** The first moment at which a claim can be paid; a pending root also needs its quorum by then. */
  claimableFrom: Decimal,
  attestations: Count,
  quorum: Count,
  cumulative: Decimal,
  cumulativeCommission: Decimal,
  claimed: Decimal,
  claimedCommission: Decimal,
  /** What a claim against this root pays, if nothing is claimed before. */
  claimable: Decimal,
  merkleProof: Type.Array(HashText),
});

export const Health = Type.Object({
  status: Type.Literal("ok"),
  version: Type.String(),
  chainId: Decimal,
  distributor: AddressText,
});
