// SPDX-License-Identifier: AGPL-3.0-only
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Abi, encodePacked, erc20Abi, maxUint256, parseEther } from "viem";
import { foundry } from "viem/chains";
import {
  proofMarketAbi,
  proverRegistryAbi,
  proverVaultAbi,
  rewardDistributorAbi,
} from "../../service/chain/abi.ts";
import { ACCOUNTS, type Cast, castOf } from "./cast.ts";
import { type LocalChain, send, startLocalChain } from "./local-chain.ts";
import { chapter, good, note, say, short, tokens } from "./print.ts";
import { mustRun } from "./provender.ts";

type Address = `0x${string}`;

/** Every function and every error: a revert of one contract shows through another. */
export const abi: Abi = [...proofMarketAbi, ...proverRegistryAbi, ...proverVaultAbi, ...rewardDistributorAbi];
const tokenAbi: Abi = [
  ...erc20Abi,
  {
    type: "function",
    name: "mint",
    stateMutability: "nonpayable",
    inputs: [
      { name: "to", type: "address" },
      { name: "amount", type: "uint256" },
    ],
    outputs: [],
  },
];

export interface Proof {
  readonly name: string;
  readonly words: readonly `0x${string}`[];
  readonly programKey: `0x${string}`;
  readonly publicValuesDigest: `0x${string}`;
  readonly zkProof: `0x${string}`;
}

export interface Stage {
  readonly chain: LocalChain;
  readonly cast: Cast;
  readonly folder: string;
  readonly token: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly distributor: Address;
  readonly proofs: readonly Proof[];
  readonly vaults: ReadonlyMap<string, Address>;
}

const EPOCH = 86_400n;
const WINDOW = 21_600n;
export const VESTING = 86_400n;

const FIXTURES = ["pico-v1.0-fibonacci", "pico-v1.1-dcap", "pico-v1.2.2-provernet", "sp1-v4-vapp"] as const;

async function loadProof(name: string): Promise<Proof> {
  const path = fileURLToPath(new URL(`../../test/fixtures/proofs/${name}.json`, import.meta.url));
  const fixture = JSON.parse(await readFile(path, "utf8")) as {
    verifyingKey: { words: `0x${string}`[] };
    programKey: `0x${string}`;
    publicValuesDigest: `0x${string}`;
    proof: `0x${string}`[];
  };
  return {
    name,
    words: fixture.verifyingKey.words,
    programKey: fixture.programKey,
    publicValuesDigest: fixture.publicValuesDigest,
    zkProof: encodePacked(
      fixture.proof.map(() => "bytes32"),
      fixture.proof,
    ),
  };
}

const POLICY =
  '{"guards":{"exclusions":[],"feeMatchBps":9000,"minStake":"0"},"id":"capped",' +
  '"params":{"capDenominator":"1000","capNumerator":"8"},"version":1}';

/** The demo's deployment: one day's epochs, a quarter of that to challenge a root, a 10 % protocol fee. */
function deployConfig(cast: Cast, proofs: readonly Proof[]): unknown {
  return {
    schema: "provender.deploy/1",
    chainId: foundry.id,
    token: "dev",
    roles: {
      owner: cast.owner,
      guardian: cast.guardian,
      treasury: cast.treasury,
      publisher: cast.publisher,
      auditors: [cast.auditor],
    },
    registry: {
      unbondingDelay: 3 * Number(EPOCH),
      vestingPeriod: Number(VESTING),
      minSelfStake: String(parseEther("500")),
      maxCommissionBps: 5_000,
      commissionNotice: 2 * Number(EPOCH),
    },
    market: {
      clockStart: "now",
      epochLength: Number(EPOCH),
      expiryGrace: 7_200,
      protocolFeeBps: 1_000,
      lockBps: 20_000,
      maxStakeMultiple: 10,
      minFee: String(parseEther("1")),
      bond: String(parseEther("10")),
      maxOpenAssignments: 10,
    },
    verifiers: proofs.map(({ name, words }) => ({ name, words })),
    programs: proofs.map(({ name, programKey }) => ({
      verifier: name,
      programKey,
      multiplierBps: name.startsWith("sp1") ? 20_000 : 10_000,
    })),
    distributor: {
      challengeWindow: Number(WINDOW),
      quorum: 1,
      allowZeroQuorum: false,
      budget: String(parseEther("120")),
      policy: POLICY,
    },
  };
}

export async function prepare(folder: string): Promise<Stage> {
  chapter("A chain, and the contracts");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const chain = await startLocalChain(ACCOUNTS);
  const { client } = chain;
  const cast = castOf(chain.accounts);
  const proofs = await Promise.all(FIXTURES.map(loadProof));
  say("A chain of our own on this machine (anvil), where time can be moved forward.");

  note("The first time, the contracts are compiled here, for up to a minute.");
  const configFile = join(folder, "deploy.json");
  const recordFile = join(folder, "deployment.json");
  await writeFile(configFile, `${JSON.stringify(deployConfig(cast, proofs), null, 2)}\n`);
  await mustRun([
    "deploy",
    "--config",
    configFile,
    "--rpc",
    chain.url,
    "--from",
    cast.owner,
    "--out",
    recordFile,
  ]);
  const record = JSON.parse(await readFile(recordFile, "utf8")) as Record<
    "token" | "registry" | "market" | "distributor",
    Address
  >;
  good(`deployed: registry ${record.registry}, market ${record.market}, distributor ${record.distributor}`);

  const everyone = [
    ...new Set([
      cast.requester,
      ...cast.provers.map((p) => p.address),
      ...cast.stakers.map((s) => s.address),
    ]),
  ];
  for (const holder of everyone) {
    await send(client, cast.owner, {
      address: record.token,
      abi: tokenAbi,
      functionName: "mint",
      args: [holder, parseEther("10000")],
    });
    for (const spender of [record.registry, record.market]) {
      await send(client, holder, {
        address: record.token,
        abi: tokenAbi,
        functionName: "approve",
        args: [spender, maxUint256],
      });
    }
  }
  await send(client, cast.owner, {
    address: record.token,
    abi: tokenAbi,
    functionName: "mint",
    args: [record.distributor, parseEther("1000")],
  });
  good("the foundation funds the distributor with 1,000 tokens: rewards of 120 tokens a day for 8 days");
  const stage = { chain, cast, folder, ...record, proofs, vaults: new Map<string, Address>() };
  return { ...stage, vaults: await stake(stage) };
}

async function stake(stage: Stage): Promise<Map<string, Address>> {
  const { chain, cast, registry, token } = stage;
  const { client } = chain;
  chapter("Provers register, stakers join them");
  say("Each prover gets a vault of its own and puts up its own stake; anyone may add to it.");
  say("The stake is collateral: work that is won and not delivered is paid for from it.");
  const vaults = new Map<string, Address>();
  for (const prover of cast.provers) {
    await send(client, prover.address, {
      address: registry,
      abi,
      functionName: "register",
      args: [prover.selfStake, prover.commissionBps, prover.address],
    });
    const vault = await client.readContract({
      address: registry,
      abi: proverRegistryAbi,
      functionName: "vaultOf",
      args: [prover.address],
    });
    vaults.set(prover.name, vault);
    const stakers = cast.stakers.filter((staker) => staker.prover === prover.name);
    for (const staker of stakers) {
      await send(client, staker.address, {
        address: token,
        abi: tokenAbi,
        functionName: "approve",
        args: [vault, maxUint256],
      });
      await send(client, staker.address, {
        address: vault,
        abi,
        functionName: "deposit",
        args: [staker.assets, staker.address],
      });
    }
    const added = stakers.reduce((sum, staker) => sum + staker.assets, 0n);
    good(
      `${prover.name.padEnd(4)} (${short(prover.address)}) stakes ${tokens(prover.selfStake)}, stakers add ${tokens(added)}, commission ${Number(prover.commissionBps) / 100} %`,
    );
  }
  note("Vault shares are ordinary ERC-20 tokens (ERC-4626); one share is worth 1 token now.");
  return vaults;
}

export async function sharePrices(stage: Stage): Promise<Map<string, bigint>> {
  const prices = new Map<string, bigint>();
  for (const [name, vault] of stage.vaults) {
    prices.set(
      name,
      await stage.chain.client.readContract({
        address: vault,
        abi: proverVaultAbi,
        functionName: "convertToAssets",
        args: [parseEther("1")],
      }),
    );
  }
  return prices;
}
