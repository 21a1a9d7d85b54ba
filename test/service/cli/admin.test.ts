// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AbiFunction, encodeDeployData, getAddress, type Hex } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { iProofMarketAbi, iProverRegistryAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { readSegmentLogs } from "../../../service/chain/policies.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { runCli } from "../../../service/cli/program.ts";
import { ADMIN_CALLS, type AdminCall } from "../../../service/cli/usage/admin-calls.ts";
import type { Address } from "../../../service/core/types.ts";
import { readArtifact } from "../../../service/deploy/artifacts.ts";
import { cli } from "../helpers/cli.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { importSafeBatch } from "../helpers/safe.ts";
import { deploySystem, ether, PROGRAM_KEY, registerProver, type TestSystem } from "../helpers/system.ts";

const CALLS = Object.entries<AdminCall>(ADMIN_CALLS);
const SOMEBODY = getAddress(`0x${"5".repeat(40)}`);

describe("every function that owner or guardian alone may call has a command:", () => {
  /** What changes state and is for others, by who they are. */
  const OF_OTHERS: Readonly<Record<string, readonly string[]>> = {
    "the publisher": ["postRoot"],
    auditors: ["attest", "attestBySignatures"],
    "the distributor": ["creditCumulative", "claimTogether"],
    "listed markets": ["lock", "unlock", "slash"],
    provers: ["register", "activate", "deactivate", "setPayout", "setCommission", "removeCommission"],
    "bidders and submitters": ["commit", "reveal", "fulfil", "approveSubmitter", "acceptProver"],
    requesters: ["request", "cancel", "withdrawCredit"],
    anybody: [
      "claim",
      "claimBatch",
      "addReward",
      "claimCommission",
      "expire",
      "forfeit",
      "pay",
      "claimAndPay",
    ],
  };
  const CONTRACTS = ["RewardDistributor", "ProverRegistry", "ProofMarket", "ProverNetAdapter"];

  it.each(CONTRACTS)("of %s, by its ABI", (name) => {
    const known = new Set([
      ...CALLS.map(([, call]) => call.functionName),
      ...Object.values(OF_OTHERS).flat(),
    ]);
    const changing = readArtifact(name).abi.filter(
      (item): item is AbiFunction => item.type === "function" && !/view|pure/.test(item.stateMutability),
    );
    expect(changing.length).toBeGreaterThan(4);
    expect(changing.map((item) => item.name).filter((item) => !known.has(item))).toEqual([]);
  });

  it("by the sources, which say who may call", () => {
    const folder = fileURLToPath(new URL("../../../contracts", import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sol"))
      .map((file) => readFileSync(join(folder, file), "utf8"));
    const guarded = sources.flatMap((source) => {
      const functions = source.match(/function \w+\([^)]*\)[^{;]*\{(?:[^{}]|\{[^{}]*\})*\}/g) ?? [];
      return functions
        .filter((text) => /\b(external|public)\b/.test(text))
        .filter((text) =>
          /\bonly(Owner|Guardian)\b|msg\.sender[^;]*(guardian|owner|pendingOwner)/i.test(text),
        )
        .map((text) => /function (\w+)/.exec(text)?.[1]);
    });
    const commanded = new Set(CALLS.map(([, call]) => call.functionName));
    expect(guarded.length).toBeGreaterThan(20);
    expect(guarded.filter((name) => !commanded.has(name ?? ""))).toEqual([]);
    expect([...commanded].filter((name) => !guarded.includes(name))).toEqual([]);
  });
});

describe("the owner's and the guardian's commands", () => {
  let system: TestSystem;
  let snapshot: Hex;
  let market: Address;

  beforeAll(async () => {
    system = await deploySystem();
    const [prover] = system.accounts as [Address];
    await registerProver(system, prover, ether(100), 1_000n);
    // Code that is no market, and answers one word to every question: enough to be listed, or to be a verifier.
    market = `0x${"6".repeat(40)}`;
    await system.client.setCode({ address: market, bytecode: "0x60075f5260205ff3" });
  });

  afterAll(() => system?.anvil.stop());

  beforeEach(async () => {
    snapshot = await system.client.snapshot();
  });

  afterEach(() => system.client.revert({ id: snapshot }));

  const on = () => ["--rpc", system.anvil.rpcUrl, "--distributor", system.distributor];
  const admin = (...args: readonly string[]) => cli(["admin", ...args, ...on()]);
  const sent = (...args: readonly string[]) => admin(...args, "--send");
  const json = async (...args: readonly string[]) => JSON.parse((await admin(...args, "--json")).stdout);
  const read = (functionName: string, args: readonly unknown[] = []) => {
    const abi = [...iRewardDistributorAbi, ...iProverRegistryAbi, ...iProofMarketAbi];
    const where = { publisher: "distributor", quorum: "distributor", challengeWindow: "distributor" };
    const place = (where as Record<string, "distributor">)[functionName] ?? placeOf(functionName);
    return system.client.readContract({ address: system[place], abi, functionName, args } as never);
  };
  const placeOf = (name: string): "distributor" | "registry" | "market" => {
    const has = (abi: readonly { type: string; name?: string }[]) => abi.some((item) => item.name === name);
    if (has(iRewardDistributorAbi)) return "distributor";
    return has(iProverRegistryAbi) ? "registry" : "market";
  };

  it("say what changes, and send nothing unless they are told to", async () => {
    const before = await system.client.getBlockNumber();
    const { code, stdout } = await admin("set-publisher", SOMEBODY);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        `setPublisher of the distributor ${getAddress(system.distributor)}, by the owner ${getAddress(system.owner)}`,
        `  publisher: ${getAddress(system.publisher)} → ${SOMEBODY}, at once; roots that were posted stay`,
        "nothing was sent: --send sends it, --safe FILE writes it for a Safe",
        "",
      ].join("\n"),
    );
    expect(await system.client.getBlockNumber()).toBe(before);
  });

  /** Command, who may, a change that it names, and the state afterwards. */
  type Row = readonly [
    args: string,
    role: "owner" | "guardian",
    says: string | RegExp,
    ask: string,
    value: unknown,
  ];
  /** What has to be so before. */
  const BEFORE: Readonly<Record<string, string>> = { "set-quorum 2": "add-auditor $SOMEBODY" };
  const rows: readonly Row[] = [
    ["set-publisher $SOMEBODY", "owner", "publisher: ", "publisher", SOMEBODY],
    ["add-auditor $SOMEBODY", "owner", "listed auditors: 1 → 2", "auditorCount", 2n],
    ["set-quorum 2", "owner", "quorum: 1 → 2, for roots posted from now on", "quorum", 2n],
    ["set-window 5m", "owner", "challenge window: 10 min → 5 min", "challengeWindow", 300n],
    [
      "add-segment --from-epoch 3 --budget 1200.5",
      "owner",
      /budget: 1,000 \S+ an epoch → 1,200.5 \S+ an epoch, from epoch 3 on, which starts 2033-05-18T06:33:\d+Z \(in [23] h/,
      "segmentCount",
      2n,
    ],
    ["withdraw-surplus 5 --to $SOMEBODY", "owner", /surplus: 18,000 \S+ → 17,995/, "surplus", ether(17_995)],
    ["withdraw-surplus all --to $SOMEBODY", "owner", /surplus: 18,000 \S+ → 0/, "surplus", 0n],
    ["set-guardian $SOMEBODY", "owner", "guardian: ", "guardian", SOMEBODY],
    ["set-treasury $SOMEBODY", "owner", "treasury: ", "treasury", SOMEBODY],
    ["transfer-ownership $SOMEBODY", "owner", "offered ownership: nobody → ", "pendingOwner", SOMEBODY],
    ["list-market $MARKET", "owner", /not listed → listed, may lock from .* \(in 21 d\)/, "paused", false],
    ["jail $PROVER", "guardian", "Active → Jailed, at once: no bids", "paused", false],
    ["pause", "guardian", /exit requests: open → stopped, at once, until .* \(in 7 d\)/, "paused", true],
    ["add-verifier $MARKET", "owner", "verifier version 2: none → ", "verifierCount", 2n],
    ["withdraw-verifier 1", "guardian", "in use → withdrawn, at once, for good", "verifierCount", 1n],
    [
      `set-multiplier 1 ${PROGRAM_KEY} 1.5x --from-epoch 2`,
      "owner",
      "1x → 1.5x, from epoch 2 on",
      "paused",
      false,
    ],
    [
      `set-multiplier 1 ${PROGRAM_KEY} 0.5 --from-epoch 2`,
      "owner",
      "1x → 0.5x, from epoch 2 on",
      "paused",
      false,
    ],
    [
      "set-parameters --protocol-fee 5 --max-stake-multiple 20x",
      "owner",
      /protocol fee: 10 % → 5 %.*\n {2}most stake to ask for, in fees: \d+x → 20x/,
      "paused",
      false,
    ],
    [
      "set-parameters --protocol-fee 5% --bond 2",
      "owner",
      "protocol fee: 10 % → 5 %, for requests made from now on",
      "paused",
      false,
    ],
  ];

  const argsOf = (line: string) =>
    line
      .replaceAll("$SOMEBODY", SOMEBODY)
      .replaceAll("$NOBODY", `0x${"0".repeat(40)}`)
      .replaceAll("$MARKET", getAddress(market))
      .replaceAll("$PROVER", getAddress(system.accounts[0] ?? ""))
      .replaceAll("$PUBLISHER", getAddress(system.publisher))
      .replaceAll("$AUDITOR", getAddress(system.auditor))
      .replaceAll("$GUARDIAN", getAddress(system.guardian))
      .split(" ");

  it.each(rows)("%s: by the %s alone", async (line, role, says, ask, value) => {
    const before = BEFORE[line];
    if (before !== undefined) await sent(...argsOf(before), "--from", system.owner);
    const args = argsOf(line);
    const by = system[role];
    const stranger = system.accounts[1] as Address;
    expect(await sent(...args, "--from", stranger)).toMatchObject({
      code: 2,
      stderr: `error: ${getAddress(stranger)} is not the ${role}, which is ${getAddress(by)}; give that account's key, or write it for a Safe with --safe FILE\n`,
    });
    const { code, stdout, stderr } = await sent(...args, "--from", by);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(says);
    expect(stdout).toMatch(/\ndone in transaction 0x[0-9a-f]{64}\n$/);
    expect(await read(ask)).toEqual(value);
  });

  it("say what they do before they send it, and then that it is done", async () => {
    const order: string[] = [];
    const code = await runCli(["admin", "set-window", "5m", "--send", "--from", system.owner, ...on()], {
      ...{ env: {}, cwd: temporaryFolder(), version: "test" },
      out: (text) => order.push(`out: ${text}`),
      note: (line) => order.push(`note: ${line}`),
    });
    expect(code).toBe(0);
    expect(order).toEqual([
      expect.stringContaining("challenge window: 10 min → 5 min"),
      expect.stringMatching(/^note: sent transaction/),
      expect.stringMatching(/^out: done in transaction/),
    ]);
  });

  it("with --dry-run send nothing, whatever else is given", async () => {
    const before = await system.client.getBlockNumber();
    const { code, stdout } = await sent("set-window", "5m", "--dry-run", "--from", system.owner);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/10 min → 5 min.*\nnothing was sent: /)]);
    const file = join(temporaryFolder(), "batch.json");
    expect(await admin("set-window", "5m", "--dry-run", "--safe", file)).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(false);
    expect(await system.client.getBlockNumber()).toBe(before);
  });

  const UNCHANGED = "nothing was sent: nothing would change\n";

  it("undo what they did: auditors, jail, pause, markets and offers; twice is once", async () => {
    for (const [there, back] of [
      ["add-auditor $SOMEBODY", "remove-auditor $SOMEBODY"],
      ["jail $PROVER", "unjail $PROVER"],
      ["pause", "unpause"],
      ["list-market $MARKET", "delist-market $MARKET"],
      ["transfer-ownership $SOMEBODY", "transfer-ownership $NOBODY"],
    ] as const) {
      const role = /^(jail|pause)/.test(there) ? system.guardian : system.owner;
      for (const [line, by] of [
        [there, role],
        [back, system.owner],
      ] as const) {
        const first = await sent(...argsOf(line), "--from", by);
        expect(first, line).toMatchObject({
          code: 0,
          stdout: expect.stringContaining("done in transaction"),
        });
        const again = await sent(...argsOf(line), "--from", by);
        expect(again, line).toMatchObject({ code: 0, stdout: expect.stringContaining(UNCHANGED) });
      }
    }
    expect(await read("auditorCount")).toBe(1n);
    expect(await read("paused")).toBe(false);
  });

  async function policyInForce(): Promise<Uint8Array> {
    const chain = await connect({ rpcUrl: system.anvil.rpcUrl });
    const where = await readSystem(chain, system.distributor);
    const segments = await readSegmentLogs(chain.client, where, await chain.client.getBlockNumber());
    return segments.at(-1)?.policy ?? new Uint8Array();
  }

  describe("that ask for what is so already say that, and send and write nothing:", () => {
    const POLICY = "policy.json";
    const NOW: Readonly<Record<string, readonly [line: string, says: string]>> = {
      "set-publisher": ["$PUBLISHER", "publisher: $PUBLISHER already"],
      "add-auditor": ["$AUDITOR", "auditor $AUDITOR: listed already"],
      "remove-auditor": ["$SOMEBODY", "auditor $SOMEBODY: not listed already"],
      "set-quorum": ["1", "quorum: 1 already"],
      "set-window": ["10m", "challenge window: 10 min already"],
      "add-segment": [`--from-epoch 3 --budget 1000 --policy ${POLICY}`, "an epoch already"],
      "set-guardian": ["$GUARDIAN", "guardian: $GUARDIAN already"],
      "set-treasury": ["$TREASURY", "treasury: $TREASURY already"],
      "transfer-ownership": ["$NOBODY", "offered ownership: nobody already"],
      "delist-market": ["$MARKET", "market $MARKET: not listed already"],
      unjail: ["$PROVER", "prover $PROVER: Active already"],
      unpause: ["", "exit requests: open already"],
      "set-multiplier": [`1 ${PROGRAM_KEY} 1x --from-epoch 2`, "under verifier 1: 1x already"],
      "set-parameters": ["--protocol-fee 10%", "protocol fee: 10 % already"],
    };
    /** What they do is always something; done twice, above and below. */
    const ACTS = [
      ...["withdraw-surplus", "veto", "accept-ownership", "list-market", "jail", "pause"],
      ...["add-verifier", "withdraw-verifier"],
    ];

    it("there is no other", () => {
      expect([...Object.keys(NOW), ...ACTS].toSorted()).toEqual(Object.keys(ADMIN_CALLS).toSorted());
    });

    it.each(Object.entries(NOW))("%s", async (name, [line, says]) => {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, POLICY), await policyInForce());
      const treasury = String(await read("treasury"));
      const filled = (text: string) => argsOf(text).join(" ").replaceAll("$TREASURY", treasury);
      const args = ["admin", name, ...filled(line).split(" ").filter(Boolean), ...on()];
      const before = await system.client.getBlockNumber();
      for (const how of [[], ["--send", "--from", system.owner], ["--safe", join(cwd, "batch.json")]]) {
        const { code, stdout, stderr } = await cli([...args, ...how], { cwd });
        expect([code, stderr]).toEqual([0, ""]);
        expect(stdout).toContain(filled(says));
        expect(stdout.endsWith(UNCHANGED)).toBe(true);
      }
      const told = await cli([...args, "--send", "--json"], { cwd });
      expect(JSON.parse(told.stdout)).toMatchObject({ status: "unchanged", changes: [], transaction: null });
      expect(existsSync(join(cwd, "batch.json"))).toBe(false);
      expect(await system.client.getBlockNumber()).toBe(before);
    });

    it("what was set for later epochs goes by setting the present again", async () => {
      const multiplier = (factor: string, epoch: number) =>
        ["set-multiplier", "1", PROGRAM_KEY, factor, "--from-epoch", String(epoch)] as const;
      await sent(...multiplier("2x", 5), "--from", system.owner);
      // From a still later epoch on it is as it was: neither end shows what lies between.
      await sent(...multiplier("1x", 9), "--from", system.owner);
      const shown = await admin(...multiplier("1x", 3));
      expect(shown.stdout).toContain("1x → 1x, from epoch 3 on");
      expect(shown.stdout).toContain("what was set for later epochs goes");
      expect(await sent(...multiplier("1x", 3), "--from", system.owner)).toMatchObject({
        stdout: expect.stringContaining("done in transaction"),
      });
      expect((await admin(...multiplier("1x", 3))).stdout).toContain(UNCHANGED);
    });
  });

  it("hand the ownership over in two steps", async () => {
    const next = system.accounts[2] as Address;
    expect(await admin("accept-ownership")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the ownership is offered to nobody"),
    });
    expect(await sent("transfer-ownership", next, "--from", system.owner)).toMatchObject({ code: 0 });
    const accepted = await sent("accept-ownership", "--from", next);
    expect(accepted.stdout).toContain(`by the next owner ${getAddress(next)}\n`);
    expect(accepted.stdout).toContain(`owner: ${getAddress(system.owner)} → ${getAddress(next)}`);
    expect(await sent("set-window", "5m", "--from", next)).toMatchObject({ code: 0 });
    expect(await sent("set-window", "6m", "--from", system.owner)).toMatchObject({ code: 2 });
  });

  it("veto the pending post, and no other", async () => {
    const { client, distributor, publisher, guardian } = system;
    expect(await admin("veto", "1")).toMatchObject({
      code: 2,
      stderr: "error: <post>: post 1 is not pending; no post is; see `provender epoch status`\n",
    });
    await client.increaseTime({ seconds: 3_600 });
    await client.mine({ blocks: 1 });
    const { number, hash } = await client.getBlock();
    const root: Hex = `0x${"7".repeat(64)}`;
    const posted = await client.writeContract({
      ...{ account: publisher, address: distributor, abi: iRewardDistributorAbi, functionName: "postRoot" },
      ...{ args: [0n, root, 5n, root, number, hash], gas: 1_000_000n },
    });
    const { status } = await client.waitForTransactionReceipt({ hash: posted });
    expect(status).toBe("success");
    expect(await admin("veto", "2")).toMatchObject({ code: 2, stderr: expect.stringContaining("post 1 is") });
    const window = await admin("set-window", "5m");
    expect(window.stdout).toContain("for roots posted from now on; post 1, which is pending, keeps 10 min");
    const { stdout } = await sent("veto", "1", "--from", guardian);
    expect(stdout).toContain("post 1, the root of epoch 0: pending → vetoed, at once, for good");
    expect(await read("latestPost")).toMatchObject({ vetoed: true });
    const again = await sent("veto", "1", "--from", guardian);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("vetoed already") });
  });

  it("refuse in one line what the contracts would, before anything is sent", async () => {
    for (const [line, message] of [
      ["set-quorum 2", "<count>: 2 is more than there are listed auditors, 1; list more of them first"],
      ["set-quorum 0", "<count>: 0 is refused: this deployment wants an auditor's yes to every root; give 1"],
      [
        "remove-auditor $AUDITOR",
        "<address>: without it there are 0 auditors, and 1 have to attest; set a lower",
      ],
      [
        "set-window 20m",
        "<duration>: 20 min is not within 1 min to 10 min, what the notice of commission leaves beside an epoch",
      ],
      ["set-window 600", "<duration>: not a duration: 600; such as 90m, 2h or 1d12h; seconds as 600s"],
      [
        "add-segment --from-epoch 1 --budget 5",
        "--from-epoch: the contract refused: SegmentTooEarly(); give the epoch after next",
      ],
      [
        "add-segment --from-epoch 999 --budget 5",
        "--from-epoch: the contract refused: SegmentTooLate(); give an epoch within the next hundred",
      ],
      [
        "add-segment --from-epoch 999999999 --budget 5",
        "--from-epoch: the contract refused: SegmentTooLate(); give an epoch within the next hundred",
      ],
      [
        `set-multiplier 1 ${PROGRAM_KEY} 2x --from-epoch 999999999`,
        "--from-epoch: the contract refused: InvalidParameter(fromEpoch); give a later epoch, within the next",
      ],
      [
        "add-segment --from-epoch soon --budget 5",
        "--from-epoch: not a date: soon; such as 2027-01-31, 2027-01-31T12:00Z (both UTC) or `in 2d`, or an epoch's number",
      ],
      ["add-segment --from-epoch 3 --budget 39614081258", "--budget: 39,614,081,258 "],
      ["add-segment --from-epoch 3", "neither --policy nor --budget is given"],
      ["add-segment --budget 3", "--from-epoch is missing"],
      ["withdraw-surplus 18001 --to $SOMEBODY", "<amount>: 18,001 "],
      ["withdraw-surplus 1", "--to is missing"],
      ["withdraw-surplus 1 --to $NOBODY", "--to: is the zero address"],
      ["withdraw-surplus 0 --to $SOMEBODY", "<amount>: 0 is nothing; give more than 0, or `all`"],
      ["set-publisher 0x0000000000000000000000000000000000000000", "<address>: is the zero address"],
      ["list-market $SOMEBODY", "<address>: there is no contract at 0x5555"],
      ["add-verifier $SOMEBODY", "does not say its verifierKeyHash()"],
      ["withdraw-verifier 2", "<version>: there is no verifier version 2; versions are 1 to 1"],
      ["set-multiplier 1 0x07 1x --from-epoch 2", "<program-key>: not 32 bytes: 0x07"],
      [`set-multiplier 1 ${PROGRAM_KEY} 5% --from-epoch 2`, "<multiplier>: not a factor: 5%; such as 1x"],
      [`set-multiplier 1 ${PROGRAM_KEY} 101x --from-epoch 2`, "<multiplier>: 101x is not within 0x to 100x"],
      [
        `set-multiplier 1 0x${"f".repeat(64)} 1x --from-epoch 2`,
        "<program-key>: not below the scalar field's order",
      ],
      [
        `set-multiplier 1 ${PROGRAM_KEY} 2x --from-epoch 2000`,
        "--from-epoch: the contract refused: InvalidParameter(fromEpoch); give a later epoch, within the next",
      ],
      [
        `set-multiplier 1 ${PROGRAM_KEY} 1x --from-epoch 0`,
        "--from-epoch: epoch 0 has begun; give 1 or later",
      ],
      ["set-parameters", "no parameter is given; give what is to change"],
      ["set-parameters --protocol-fee 1x", "--protocol-fee: not a part in percent"],
      [
        "set-parameters --protocol-fee 31%",
        "--protocol-fee: 31 % is not within 0 % to 30 %; give one that is",
      ],
      ["set-parameters --lock 501%", "--lock: 501 % is not within 1 % to 500 %"],
      ["set-parameters --max-stake-multiple 0", "--max-stake-multiple: 0x is not within 1x to 1000x"],
      ["set-parameters --min-fee 0", "--min-fee: 0 "],
      ["set-parameters --bond 0", "--bond: 0 "],
      ["set-parameters --bond 1.0000000001", "--bond: the contract keeps it in whole gwei"],
      ["set-parameters --max-open 0", "--max-open: 0 is not within 1 to 10000"],
      ["jail $SOMEBODY", "is no registered prover; `provender provers` lists them"],
      ["set-window 5m --schedule", `--schedule: the owner, ${getAddress(system.owner)}, is no timelock`],
      ["set-window 5m --salt x", "--salt is for a timelock"],
    ] as const) {
      const { code, stdout, stderr } = await admin(...argsOf(line));
      expect({ line, stderr }).toEqual({ line, stderr: expect.stringContaining("error: ") });
      expect(stderr).toContain(message);
      expect(stderr.split("\n")).toHaveLength(2);
      // All of them can be known from what was given.
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    }
  });

  it("take a policy's file, and a date for an epoch", async () => {
    const file = join(temporaryFolder(), "policy.json");
    const policy = {
      ...{ version: 1, id: "capped", params: { capNumerator: "1", capDenominator: "50" } },
      guards: { exclusions: [], feeMatchBps: 9_000, minStake: "0" },
    };
    writeFileSync(file, JSON.stringify(policy, null, 2));
    const { changes, arguments: args } = await json(
      "add-segment",
      "--from-epoch",
      "in 2h30m",
      "--policy",
      file,
    );
    // The first epoch that starts then or later.
    expect(args[0]).toBe("3");
    expect(args[1]).toBe(String(ether(1000)));
    expect(changes).toEqual([
      expect.objectContaining({ what: "policy", when: expect.stringContaining("from epoch 3 on") }),
    ]);
    const { code } = await sent(
      "add-segment",
      "--from-epoch",
      "in 2h30m",
      "--policy",
      file,
      "--from",
      system.owner,
    );
    expect(code).toBe(0);
  });

  it.each([
    "set-window 5m",
    "add-auditor $SOMEBODY",
    "set-parameters --lock 150% --min-fee 3",
    "add-segment --from-epoch 4 --budget 7",
    "pause",
  ])("write %s for a Safe as it would be sent", async (line) => {
    const file = join(temporaryFolder(), "batch.json");
    const result = await json(...argsOf(line), "--safe", file);
    expect(result).toMatchObject({ status: "written", transaction: null, safe: { path: file } });
    const text = readFileSync(file, "utf8");
    expect(importSafeBatch(text)).toEqual([{ to: result.to, value: 0n, data: result.data }]);
    const safe = line === "pause" ? system.guardian : system.owner;
    expect(JSON.parse(text).meta.createdFromSafeAddress).toBe(getAddress(safe));
  });

  describe("by way of a timelock", () => {
    const DAY = 86_400;
    let proposer: Address;
    let executor: Address;
    let timelock: Address;

    beforeEach(async () => {
      const { client, owner, accounts } = system;
      [, proposer, executor] = accounts as [Address, Address, Address];
      const { abi, bytecode } = readArtifact("TimelockController");
      const nobody = `0x${"0".repeat(40)}`;
      const data = encodeDeployData({ abi, bytecode, args: [BigInt(DAY), [proposer], [executor], nobody] });
      const hash = await client.sendTransaction({ account: owner, data, gas: 5_000_000n });
      const receipt = await client.waitForTransactionReceipt({ hash });
      timelock = getAddress(receipt.contractAddress as Address);
      expect(await sent("transfer-ownership", timelock, "--from", owner)).toMatchObject({ code: 0 });
      await pass("accept-ownership");
    });

    /** Proposes, waits, carries out. */
    async function pass(...args: readonly string[]) {
      expect(await sent(...args, "--schedule", "--from", proposer)).toMatchObject({
        code: 0,
        stderr: expect.any(String),
      });
      await system.client.increaseTime({ seconds: DAY });
      await system.client.mine({ blocks: 1 });
      expect(await sent(...args, "--execute", "--from", executor)).toMatchObject({ code: 0 });
    }

    it("a call is proposed, waits, is carried out, and says how it stands all along", async () => {
      const { client } = system;
      const call = ["set-window", "5m"] as const;
      const dry = await admin(...call);
      expect(dry.stdout).toContain(`by the owner ${timelock}, a timelock`);
      expect(dry.stdout).toContain("--schedule proposes it to the timelock, whose delay is 1 d");
      expect(await sent(...call, "--from", proposer)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(
          "the owner is a timelock, which nobody signs for; propose it with --schedule --send",
        ),
      });
      expect(await json(...call, "--status")).toMatchObject({
        route: "status",
        operation: { state: "unset" },
      });
      expect(await admin(...call, "--execute")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("this call is not proposed"),
      });
      expect(await sent(...call, "--schedule", "--from", executor)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${getAddress(executor)} is no proposer of the timelock ${timelock}`),
      });
      const proposed = await sent(...call, "--schedule", "--from", proposer);
      expect(proposed).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(
          /may be carried out from \S+ \(in 1 d\) on at the earliest.*\nproposed in transaction 0x\w+; --execute /,
        ),
      });
      expect(await admin(...call, "--schedule")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("this call is proposed already"),
      });
      expect(await json(...call, "--status")).toMatchObject({
        operation: { state: "waiting", readyAt: expect.stringMatching(/^\d+$/) },
      });
      expect(await admin(...call, "--execute")).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(/lets it through from .* \(in (1 d|23 h 59 min)\) on/),
      });
      await client.increaseTime({ seconds: DAY });
      await client.mine({ blocks: 1 });
      expect(await json(...call, "--status")).toMatchObject({ operation: { state: "ready" } });
      expect(await sent(...call, "--execute", "--from", executor)).toMatchObject({ code: 0 });
      expect(await read("challengeWindow")).toBe(300n);
      expect(await json(...call, "--status")).toMatchObject({ operation: { state: "done" } });
      expect(await admin(...call, "--execute")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("this call was carried out already"),
      });
      expect((await admin(...call, "--schedule")).stdout).toContain(UNCHANGED);
      await pass("set-window", "6m");
      expect(await admin(...call, "--schedule")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("give another --salt"),
      });
      expect(await admin(...call, "--schedule", "--salt", "again")).toMatchObject({ code: 0 });
    });

    it("what was done is still told by --status, though it would change nothing now", async () => {
      await pass("add-auditor", SOMEBODY);
      expect((await admin("add-auditor", SOMEBODY)).stdout).toContain(UNCHANGED);
      expect(await json("add-auditor", SOMEBODY, "--status")).toMatchObject({ operation: { state: "done" } });
    });

    it("a proposal is taken back, and one that would be refused when it is due is not made", async () => {
      const call = ["set-treasury", SOMEBODY] as const;
      expect(await sent(...call, "--schedule", "--from", proposer)).toMatchObject({ code: 0 });
      const taken = await sent(...call, "--cancel", "--from", proposer);
      expect(taken.stdout).toMatch(/\ntaken back in transaction 0x\w+\n$/);
      expect(await json(...call, "--status")).toMatchObject({ operation: { state: "unset" } });
      // Epoch 30 is far enough away now, and next to begin when the delay is over.
      const epoch = Number(await read("currentEpoch")) + 24;
      const segment = ["add-segment", "--budget", "5", "--from-epoch", String(epoch)] as const;
      expect(await admin(...segment, "--schedule")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("SegmentTooEarly"),
      });
      expect(await admin(...segment, "--schedule", "--delay", "2h")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("--delay: 2h is below the timelock's own, 1 d"),
      });
    });

    it("what is so now is proposed where something else waits that would change it, which is named", async () => {
      const { client } = system;
      expect((await admin("set-window", "10m", "--schedule")).stdout).toContain(UNCHANGED);
      expect(await sent("set-window", "5m", "--schedule", "--from", proposer)).toMatchObject({ code: 0 });
      const { operation } = await json("set-window", "5m", "--status");
      const back = ["set-window", "10m", "--schedule", "--delay", "2d"] as const;
      const { code, stdout } = await sent(...back, "--from", proposer);
      expect(code).toBe(0);
      expect(stdout).toContain("challenge window: 10 min already\n");
      expect(stdout).toMatch(
        new RegExp(
          `matters only if what waits .* before:\n {4}setChallengeWindow, from .* on: operation ${operation.id}\n`,
        ),
      );
      expect(stdout).toMatch(/\nproposed in transaction 0x/);
      expect(await json("set-quorum", "1", "--schedule")).toMatchObject({
        status: "dry-run",
        waiting: [{ id: operation.id, readyAt: operation.readyAt }, {}],
      });
      // Of another contract.
      expect((await admin("unpause", "--schedule")).stdout).toContain(UNCHANGED);
      await client.increaseTime({ seconds: DAY });
      await client.mine({ blocks: 1 });
      expect(await sent("set-window", "5m", "--execute", "--from", executor)).toMatchObject({ code: 0 });
      await client.increaseTime({ seconds: DAY });
      await client.mine({ blocks: 1 });
      const done = await sent("set-window", "10m", "--execute", "--from", executor);
      expect(done.stdout).toContain("challenge window: 5 min → 10 min");
      expect((await admin("set-quorum", "1", "--schedule")).stdout).toContain(UNCHANGED);
    });

    it("a Safe that may propose gets the proposal as a file", async () => {
      const file = join(temporaryFolder(), "batch.json");
      expect((await admin("unpause", "--schedule", "--safe", file)).stdout).toContain(UNCHANGED);
      expect(existsSync(file)).toBe(false);
      expect(await admin("set-window", "5m", "--schedule", "--safe", file)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: "error: --safe-address is missing; give the Safe that is a proposer of the timelock\n",
      });
      const propose = ["--schedule", "--safe", file, "--safe-address"];
      expect(await admin("set-window", "5m", ...propose, SOMEBODY)).toMatchObject({
        code: 2,
        stderr: `error: --safe-address: ${SOMEBODY} is no proposer of the timelock ${timelock}; give a Safe that is one\n`,
      });
      const flags = [...propose, proposer];
      const { to, data } = await json("set-window", "5m", ...flags);
      expect(to).toBe(timelock);
      expect(importSafeBatch(readFileSync(file, "utf8"))).toEqual([{ to, value: 0n, data }]);
    });
  });
});
