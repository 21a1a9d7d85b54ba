// SPDX-License-Identifier: AGPL-3.0-only
import { EMPTY_STAKE_HASH } from "../../../service/core/ids.ts";
import {
  after,
  changed,
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

const LATE = 2n ** 41n;

function aboutSequence(about: "Fulfilled" | "Missed", kind: string, says: (told: Told) => string): Lie[] {
  const missingBefore = (told: Told, block: number) =>
    `epoch ${told.event.epoch}: ${kind} ${told.event.sequence} is missing from the logs before block ${block}`;
  const outOfOrder = ({ event, block }: Told) =>
    `epoch ${event.epoch}: ${kind} ${event.sequence} is out of order in the logs at block ${block}`;
  return [
    {
      ...{ what: `the first ${kind} is missing`, about, instead: missing },
      where: ({ event, next }) => event.sequence === 1n && next !== undefined,
      says: (told) => missingBefore(told, after(told.next).block),
    },
    {
      ...{ what: `a ${kind} in the middle is missing`, about, where: inTheMiddle, instead: missing },
      says: (told) => missingBefore(told, after(told.next).block),
    },
    { ...{ what: `a ${kind} is given twice`, about, instead: twice }, says: outOfOrder },
    {
      ...{ what: `a ${kind} is added`, about, where: hasNext },
      instead: (told) => [told.log, ...changed(({ sequence }) => ({ sequence: sequence + 1n }))(told)],
      says: ({ next }) => outOfOrder(after(next)),
    },
    {
      ...{ what: `a ${kind} and the one after it have changed places`, about, ...swapped },
      where: ({ event, next }) => event.timestamp === next?.event.timestamp,
      says: (told) => missingBefore(told, told.block),
    },
    {
      ...{ what: `a ${kind} names another epoch`, about, says },
      instead: changed(({ epoch }) => ({ epoch: epoch + 1n })),
    },
    {
      ...{ what: `a ${kind} names who is not registered`, about, says: unregistered },
      instead: changed(() => ({ prover: STRANGER })),
    },
    {
      ...{
        what: `a ${kind} is of a time before the clock`,
        about,
        instead: changed(() => ({ timestamp: 1n })),
      },
      says: ({ block }) => `block ${block}: the time of a log is 1, not between`,
    },
    {
      ...{ what: `a ${kind} is of a time after its page`, about },
      instead: changed(() => ({ timestamp: LATE })),
      says: ({ block }) => `block ${block}: the time of a log is ${LATE}, not between`,
    },
  ];
}

const between = ({ log, previous }: Told, last: Told) =>
  `vault ${log.address}: a change of active assets is missing from the logs or altered between ${
    previous === undefined ? "its creation" : `block ${previous.block}`
  } and block ${last.block}`;

const ABOUT_VAULTS: readonly Lie[] = [
  {
    ...{ what: "a vault's first change is missing", about: "ActiveAssetsChanged", instead: missing },
    where: ({ previous, next }) => previous === undefined && next !== undefined,
    says: (told) => between(told, after(told.next)),
  },
  {
    ...{ what: "a vault's change is missing", about: "ActiveAssetsChanged", instead: missing },
    where: ({ previous, next }) => previous !== undefined && next !== undefined,
    says: (told) => between(told, after(told.next)),
  },
  {
    ...{ what: "two of a vault's changes have changed places", about: "ActiveAssetsChanged", ...swapped },
    where: ({ event, next }) =>
      next?.event.timestamp === event.timestamp && next.event.activeAssets !== event.activeAssets,
    says: (told) => between(told, after(told.next)),
  },
  {
    ...{ what: "the active assets of a vault's change are altered", about: "ActiveAssetsChanged" },
    instead: changed(({ activeAssets }) => ({ activeAssets: activeAssets + 1n })),
    says: (told) => between(told, told),
  },
  {
    ...{ what: "the rolling hash of a vault's change is altered", about: "ActiveAssetsChanged" },
    instead: changed(() => ({ rollingHash: EMPTY_STAKE_HASH })),
    says: (told) => between(told, told),
  },
  {
    ...{ what: "a change of a vault that nobody registered is added", about: "ActiveAssetsChanged" },
    instead: ({ log }) => [{ ...log, address: STRANGER }, log],
    says: ({ block }) =>
      `block ${block}: the registration of the prover with vault ${STRANGER} is missing from the logs`,
  },
];

/** About what is added up. */
export const ACTIVITY_LIES: readonly Lie[] = [
  ...aboutSequence(
    "Fulfilled",
    "fulfilment",
    ({ block, event }) => `block ${block}: a fulfilment of epoch ${event.epoch} says that it is of`,
  ),
  {
    ...{ what: "a miss is logged before its deadline", about: "Missed" },
    instead: changed(({ timestamp }) => ({ deadline: timestamp })),
    says: ({ block, event: { timestamp } }) =>
      `block ${block}: a miss is logged at ${timestamp}, before its deadline ${timestamp} is over`,
  },
  ...aboutSequence(
    "Missed",
    "miss",
    ({ block, event }) => `block ${block}: a miss with a deadline in epoch ${event.epoch} says that it is of`,
  ),
  ...ABOUT_VAULTS,
];
