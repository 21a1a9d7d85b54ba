// SPDX-License-Identifier: AGPL-3.0-only
import { EMPTY_ACCUMULATOR, hashWords } from "../../../service/core/ids.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type { Address } from "../../../service/core/types.ts";
import {
  after,
  changed,
  type Fields,
  HASH,
  hasNext,
  inTheMiddle,
  type Lie,
  missing,
  STRANGER,
  swapped,
  type Told,
  twice,
  unregistered,
} from "./lies.ts";

const HUGE = 2n ** 200n;

const changeOf = ({ event }: Told, what: string) =>
  `commission change ${event.sequence} of prover ${event.prover} is ${what} in the logs`;

const ABOUT_COMMISSIONS: readonly Lie[] = [
  {
    ...{
      what: "a prover's first commission change is missing",
      about: "CommissionChanged",
      instead: missing,
    },
    where: ({ previous, next }) => previous === undefined && next !== undefined,
    says: (told) => changeOf(told, "missing"),
  },
  {
    ...{ what: "a commission change is missing", about: "CommissionChanged", instead: missing },
    where: inTheMiddle,
    says: (told) => changeOf(told, "missing"),
  },
  {
    ...{ what: "a commission change is given twice", about: "CommissionChanged", instead: twice },
    says: (told) => changeOf(told, "out of order"),
  },
  {
    ...{ what: "two commission changes have changed places", about: "CommissionChanged", ...swapped },
    where: hasNext,
    says: (told) => changeOf(told, "missing"),
  },
  ...(
    [
      ["source", () => ({ source: STRANGER })],
      ["bps", ({ bps }) => ({ bps: bps + 1n })],
      ["announcedAt", ({ announcedAt }) => ({ announcedAt: announcedAt + 1n })],
      ["effectiveAt", ({ effectiveAt }) => ({ effectiveAt: effectiveAt + 1n })],
      ["rollingHash", () => ({ rollingHash: HASH })],
    ] as const satisfies readonly (readonly [string, (event: Fields) => Partial<Fields>])[]
  ).map(
    ([field, change]): Lie => ({
      ...{ what: `the ${field} of a commission change is altered`, about: "CommissionChanged" },
      instead: changed(change),
      says: (told) => changeOf(told, "altered"),
    }),
  ),
  {
    ...{ what: "a commission change names who is not registered", about: "CommissionChanged" },
    ...{ instead: changed(() => ({ prover: STRANGER })), says: unregistered },
  },
];

const isAltered = ({ block, event }: Told) =>
  `block ${block}: registration ${event.sequence} is altered in the logs`;
const registeredTwice = (block: number, prover: Address, vault: Address) =>
  `block ${block}: prover ${prover} or its vault ${vault} is registered twice in the logs`;

const ABOUT_REGISTRATIONS: readonly Lie[] = [
  {
    ...{ what: "a registration is missing", about: "ProverRegistered", instead: missing },
    says: ({ block, event }) =>
      `block ${block}: the registration of prover ${event.prover} is missing from the logs`,
  },
  {
    ...{ what: "a registration is given twice", about: "ProverRegistered", instead: twice },
    says: ({ block, event }) => registeredTwice(block, event.prover, event.vault),
  },
  {
    ...{ what: "another prover is registered with a vault", about: "ProverRegistered" },
    instead: (told) => [told.log, ...changed(() => ({ prover: STRANGER }))(told)],
    says: ({ block, event }) => registeredTwice(block, STRANGER, event.vault),
  },
  {
    ...{ what: "a prover is registered with another vault too", about: "ProverRegistered" },
    instead: (told) => [told.log, ...changed(() => ({ vault: STRANGER }))(told)],
    says: ({ block, event }) => registeredTwice(block, event.prover, STRANGER),
  },
  {
    ...{ what: "a prover is registered with another vault", about: "ProverRegistered" },
    instead: changed(() => ({ vault: STRANGER })),
    says: isAltered,
  },
  ...(
    [
      ["payout", { payout: STRANGER }],
      ["commission", { commissionBps: 7n }],
      ["rolling hash", { rollingHash: 7n }],
    ] as const
  ).map(
    ([field, change]): Lie => ({
      ...{ what: `the ${field} of a registration is altered`, about: "ProverRegistered" },
      ...{ instead: changed(() => change), says: isAltered },
    }),
  ),
];

const POLICY = encodePolicy({
  ...{ version: 1, id: "work", params: {} },
  guards: { exclusions: [], feeMatchBps: 7, minStake: 0n },
});

const numberOf = ({ previous }: Told): number => (previous === undefined ? 0 : 1 + numberOf(previous));

const isNoVeto = ({ block, event }: Told) =>
  `block ${block}: the veto of posted root ${event.postNumber} is twice, out of order or altered in the logs`;

const ABOUT_THE_LEDGER: readonly Lie[] = [
  ...[{ policy: POLICY }, { policyHash: HASH }].map(
    (change): Lie => ({
      ...{ what: `the ${Object.keys(change)[0]} of a segment is altered`, about: "SegmentAdded" },
      instead: changed(() => change),
      says: (told) =>
        `block ${told.block}: the policy of budget segment ${numberOf(told)} is altered in the logs`,
    }),
  ),
  {
    ...{ what: "a posted root is missing before another", about: "RootPosted", instead: missing },
    // No veto in between, which would say so first.
    where: ({ event, next }) => next !== undefined && next.event.epoch === event.epoch + 1n,
    says: ({ event, next }) =>
      `block ${after(next).block}: posted root ${event.postNumber} is missing from the logs`,
  },
  {
    ...{ what: "a posted root is missing before its veto", about: "RootPosted", instead: missing },
    where: ({ event, next }) => next?.event.epoch === event.epoch,
    says: ({ event }) => `: posted root ${event.postNumber} is missing from the logs before its veto`,
  },
  {
    ...{ what: "a posted root is given twice", about: "RootPosted", instead: twice },
    says: ({ block, event }) => `block ${block}: posted root ${event.postNumber} is out of order in the logs`,
  },
  {
    ...{ what: "two posted roots have changed places", about: "RootPosted", ...swapped },
    where: ({ event, next }) => next?.event.epoch === event.epoch + 1n,
    says: ({ block, event }) => `block ${block}: posted root ${event.postNumber} is missing from the logs`,
  },
  ...(
    [
      ["root", { root: HASH }],
      ["dataset hash", { datasetHash: HASH }],
      ["quorum", { quorum: 7n }],
      ["rolling hash", { rollingHash: HASH }],
    ] as const
  ).map(
    ([field, change]): Lie => ({
      ...{ what: `the ${field} of a posted root is altered`, about: "RootPosted" },
      instead: changed(() => change),
      says: ({ block, event }) => `block ${block}: posted root ${event.postNumber}, or a veto before it, is`,
    }),
  ),
  {
    ...{ what: "a veto is missing before another root", about: "RootVetoed", instead: missing },
    where: hasNext,
    says: ({ event }) => `: posted root ${event.postNumber + 1n}, or a veto before it, is missing`,
  },
  ...(
    [
      ["who vetoed", { by: STRANGER }],
      ["the root of a veto", { root: HASH }],
      ["the epoch of a veto", { epoch: 77n }],
      ["the rolling hash of a veto", { rollingHash: HASH }],
    ] as const
  ).map(
    ([field, change]): Lie => ({
      ...{ what: `${field} is altered`, about: "RootVetoed", instead: changed(() => change) },
      says: isNoVeto,
    }),
  ),
  { ...{ what: "a veto is given twice", about: "RootVetoed", instead: twice }, says: isNoVeto },
];

const continues = ({ block, event }: Told, cumulative: bigint, from: bigint) =>
  `block ${block}: a claim of prover ${event.prover} continues ${cumulative}, the logs before it give ${from}`;
const paidBefore = ({ event }: Told) => event.cumulative - event.amount;
const paid = ({ event }: Told) => event.amount > 0n;

const ABOUT_CLAIMS: readonly Lie[] = [
  {
    ...{ what: "a claim is missing", about: "Claimed", instead: missing },
    where: (told) => hasNext(told) && paid(told),
    says: (told) => continues(after(told.next), told.event.cumulative, paidBefore(told)),
  },
  {
    ...{ what: "a claim is given twice", about: "Claimed", where: paid, instead: twice },
    says: (told) => continues(told, paidBefore(told), told.event.cumulative),
  },
  {
    ...{ what: "two claims have changed places", about: "Claimed", ...swapped },
    where: (told) => hasNext(told) && paid(told),
    says: (told) => continues(told, told.event.cumulative, paidBefore(told)),
  },
  {
    ...{ what: "the amount of a claim is altered", about: "Claimed" },
    instead: changed(({ amount }) => ({ amount: amount + 1n })),
    says: (told) => continues(told, paidBefore(told) - 1n, paidBefore(told)),
  },
  {
    ...{ what: "a claim is of an epoch without a root", about: "Claimed" },
    instead: changed(() => ({ epoch: 2n ** 255n })),
    says: ({ event }) =>
      `a claim of prover ${event.prover} is altered in the logs: no root of epoch ${2n ** 255n}`,
  },
  {
    ...{ what: "the commission of a claim is above its amount", about: "Claimed" },
    instead: changed(({ amount }) => ({ commission: amount + 1n })),
    says: ({ event }) => `a claim of prover ${event.prover} is altered in the logs: its commission is above`,
  },
  {
    ...{ what: "a claim names who is not registered", about: "Claimed", says: unregistered },
    instead: changed(() => ({ prover: STRANGER })),
  },
];

/** Whoever alters a commission change can make its hash fit too: the registry's state at the end shows that. */
function resealed(event: Fields, previous: Told | undefined): Fields {
  const { sequence, source, bps, announcedAt, effectiveAt } = event;
  if (sequence === undefined || source === undefined) return event;
  const before = previous?.event.rollingHash ?? EMPTY_ACCUMULATOR;
  return { ...event, rollingHash: hashWords([before, sequence, source, bps, announcedAt, effectiveAt]) };
}

const TOO_LARGE: readonly Lie[] = (
  [
    ["CommissionChanged", "bps"],
    ["CommissionChanged", "announcedAt"],
    ["CommissionChanged", "effectiveAt"],
    ["SegmentAdded", "fromEpoch"],
    ["RootPosted", "epoch"],
  ] as const
).map(([about, field]) => ({
  ...{ what: `the ${field} of a ${about} is larger than any`, about },
  instead: (told) => changed((event) => resealed({ ...event, [field]: HUGE }, told.previous))(told),
  says: ({ block }) => `block ${block}: the ${field} of a ${about} is ${HUGE}`,
}));

/** About what is kept one by one. */
export const RECORD_LIES: readonly Lie[] = [
  ...[...ABOUT_COMMISSIONS, ...ABOUT_REGISTRATIONS, ...ABOUT_THE_LEDGER, ...ABOUT_CLAIMS, ...TOO_LARGE],
];
