// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Hex, PublicClient } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { audit as auditEpochs } from "../../../service/audit/audit.ts";
import type { AuditReport } from "../../../service/audit/report.ts";
import { iProverRegistryAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { type Artifact, artifactOf, datasetHash, encodeArtifact } from "../../../service/core/artifact.ts";
import { leavesOf } from "../../../service/core/epoch.ts";
import { plainInput } from "../../../service/core/epoch-input.ts";
import { buildRewardTree } from "../../../service/core/reward-tree.ts";
import type { Address, EpochInput, Row, Snapshot } from "../../../service/core/types.ts";
import { claimAll } from "../../../service/epoch/pay-claims.ts";
import { runEpoch } from "../../../service/epoch/run.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import {
  activate,
  deploySystem,
  endEpoch,
  ether,
  miss,
  pass,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";
import { type LyingEndpoint, lyingEndpoint, type Tamper } from "./proxy.ts";

const SLOW = 120_000;

export let test: TestSystem;
export let chain: Chain;
export let system: System;
/** Passes everything on to the chain, until told otherwise. */
export let endpoint: LyingEndpoint;
export let directory: string;
export let provers: [Address, Address, Address];
/** Epoch 1 as it should be posted. */
export let honest: { input: EpochInput; artifact: Artifact; bytes: Uint8Array };
export let firstArtifact: Uint8Array;
let checkpoint: Hex;

/** Epoch 0 posted, active and claimed; epoch 1 over, for each test to post. What a test does is undone after it. */
export function setScene(): void {
  beforeAll(play, SLOW);

  afterAll(() => {
    endpoint?.close();
    test?.anvil.stop();
    if (directory !== undefined) rmSync(directory, { recursive: true });
  });

  beforeEach(async () => {
    checkpoint = await test.client.snapshot();
  });

  afterEach(async () => {
    await test.client.revert({ id: checkpoint });
    // The chain forgets what was sent, and so must who sent it.
    rmSync(join(directory, "outbox"), { recursive: true, force: true });
    rmSync(join(directory, ".provender"), { recursive: true, force: true });
    for (const end of ["", "-wal", "-shm"]) rmSync(join(directory, `provender.db${end}`), { force: true });
    endpoint.repent();
  });
}

async function play(): Promise<void> {
  test = await deploySystem();
  endpoint = await lyingEndpoint(test.anvil.rpcUrl);
  directory = newFolder();
  chain = await connect({ rpcUrl: test.anvil.rpcUrl });
  system = await readSystem(chain, test.distributor);
  provers = test.accounts.slice(0, 3).map((account) => account.toLowerCase()) as typeof provers;
  const [first, second, third] = provers;

  await registerProver(test, first, ether(1_000), 1_000n);
  await registerProver(test, second, ether(5_000), 0n);
  await registerProver(test, third, ether(500), 2_000n);
  await work(test, first, ether(20), 1n);
  await work(test, second, ether(30), 2n);
  await miss(test, third, ether(5));
  await setCommission(first, 500n);
  await endEpoch(test);
  await post(0);
  await activate(test);
  await claimAll(sources(), publisher(), () => undefined);

  await work(test, first, ether(10), 3n);
  // The statement of the first epoch again, for more: only the excess counts.
  await work(test, third, ether(25), 1n);
  await endEpoch(test);
  const run = await runEpoch({ ...sources(), version: "test", log: () => undefined });
  const artifact = artifactOf(run.result);
  honest = { input: plainInput(run.result.input), artifact, bytes: encodeArtifact(artifact) };
}

function sources() {
  return { chain, system, store: fileStore(directory), open: stored(system) };
}

function publisher() {
  return signerFor(chain, { from: test.publisher });
}

export async function post(epoch: number): Promise<void> {
  const options = { ...sources(), epoch, version: "test", log: () => undefined };
  const run = await runEpoch({ ...options, signer: publisher() });
  if (epoch === 0) firstArtifact = encodeArtifact(artifactOf(run.result));
}

/** Posts for epoch 1 what a publisher with bad intentions or bad code would. */
export async function postThis(
  artifact: Artifact,
  other: { root?: Hex; snapshot?: Snapshot; datasetHash?: Hex } = {},
) {
  const bytes = encodeArtifact(artifact);
  const snapshot = other.snapshot ?? artifact.snapshot;
  const hash = await test.client.writeContract({
    account: test.publisher,
    address: test.distributor,
    abi: iRewardDistributorAbi,
    functionName: "postRoot",
    args: [
      1n,
      other.root ?? artifact.root,
      artifact.total,
      other.datasetHash ?? datasetHash(bytes),
      snapshot.number,
      snapshot.hash,
    ],
  });
  await confirmed(hash);
  return bytes;
}

export async function confirmed(hash: Hex): Promise<void> {
  const { status } = await test.client.waitForTransactionReceipt({ hash });
  expect(status).toBe("success");
}

/** An artifact in agreement with itself in which one row is another. */
export function withRow(index: number, change: (row: Row) => Partial<Row>): Artifact {
  const rows = honest.artifact.rows.map((row, i) => (i === index ? { ...row, ...change(row) } : row));
  const added = rows.reduce((sum, row) => sum + row.amount, 0n);
  const { root } = buildRewardTree(system.domain, leavesOf(rows));
  const { budget, carryIn, previousTotal } = honest.artifact;
  const left = budget + carryIn - added;
  if (left < budget) throw new Error("this epoch pays less than was carried into it");
  return {
    ...honest.artifact,
    rows,
    added,
    carryOut: budget,
    dropped: left - budget,
    total: previousTotal + added,
    root,
  };
}

async function setCommission(prover: Address, bps: bigint): Promise<void> {
  const hash = await test.client.writeContract({
    account: prover,
    address: test.registry,
    abi: iProverRegistryAbi,
    functionName: "setCommission",
    args: ["0x0000000000000000000000000000000000000000", bps],
  });
  await confirmed(hash);
}

export interface GivenArtifacts {
  readonly artifact?: Uint8Array;
  readonly continueFrom?: Uint8Array;
}

export async function audit(epoch: number, given: GivenArtifacts = {}): Promise<AuditReport> {
  return auditWith(chain.client, epoch, given);
}

export async function auditThrough(tamper: Tamper, epoch = 1): Promise<AuditReport> {
  endpoint.tamper = tamper;
  const { client } = await connect({ rpcUrl: endpoint.rpcUrl });
  return auditWith(client, epoch);
}

async function auditWith(
  client: PublicClient,
  epoch: number,
  { artifact, continueFrom }: GivenArtifacts = {},
): Promise<AuditReport> {
  const artifactOf = async () => artifact;
  const audits = auditEpochs({
    ...{ client, distributor: test.distributor, artifactOf, continueFrom },
    from: epoch,
    to: epoch,
  });
  for await (const { report } of audits) return report;
  throw new Error("nothing was audited");
}

export function verdicts({ verdicts: { inputs, amounts, root } }: AuditReport): string[] {
  return [inputs.verdict, amounts.verdict, root.verdict];
}

/** Moves the chain's clock on, a minute at a time, until what waits for it is over. */
export async function passWhile(waiting: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  waiting.then(end, end);
  while (!isOver) {
    await setTimeout(500);
    await pass(test, 60n);
  }
}

/** Flags of an auditor who has nothing but the endpoint that may lie. */
export const where = () => ["--rpc", endpoint.rpcUrl, "--distributor", test.distributor];

/** One command line, in the scene's folder. */
export async function provender(...args: string[]) {
  const { code: exitCode, stdout: out, stderr } = await cli(args, { cwd: directory });
  return { exitCode, out, notes: stderr.trimEnd() };
}
