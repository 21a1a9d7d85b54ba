// SPDX-License-Identifier: AGPL-3.0-only
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getAddress, keccak256 } from "viem";
import { beforeEach, describe, expect, it } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { connect } from "../../../service/chain/client.ts";
import { verifyProof } from "../../../service/core/tree.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import type { App } from "../../../service/http/instance.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { objectsAt } from "../../../service/store/objects.ts";
import { sharedStore } from "../../../service/store/shared-store.ts";
import {
  confirmed,
  directory,
  endpoint,
  firstArtifact,
  honest,
  post,
  postThis,
  provers,
  setScene,
  test,
} from "../audit/scene.ts";
import { sceneApi } from "../helpers/api.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { objectServer } from "../helpers/object-server.ts";
import { activate, latestContent } from "../helpers/system.ts";

setScene();

let app: App;

// A new one for each test: what a test does to the chain is undone after it, final or not.
beforeEach(async () => {
  app = await sceneApi();
});

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await app.inject({ method: "GET", url, headers });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body,
    json: () => response.json(),
  };
}

async function veto(): Promise<void> {
  const hash = await test.client.writeContract({
    account: test.guardian,
    address: test.distributor,
    abi: iRewardDistributorAbi,
    functionName: "veto",
    args: [await latestContent(test)],
  });
  await confirmed(hash);
}

describe("/health", () => {
  it("names the deployment and the release", async () => {
    const { status, json } = await get("/health");
    expect(status).toBe(200);
    expect(json()).toEqual({
      status: "ok",
      version: "1.2.3",
      chainId: "31337",
      distributor: getAddress(test.distributor),
    });
  });
});

describe("/v1/epochs", () => {
  it("lists epochs, the newest first, page by page", async () => {
    await post(1);
    const all = (await get("/v1/epochs")).json();
    expect(all.epochs.map(({ epoch, status }: { epoch: number; status: string }) => [epoch, status])).toEqual(
      [
        [1, "pending"],
        [0, "active"],
      ],
    );
    expect(all.next).toBeNull();
    const first = (await get("/v1/epochs?limit=1")).json();
    expect([first.epochs.length, first.next]).toEqual([1, 1]);
    const second = (await get(`/v1/epochs?limit=1&before=${first.next}`)).json();
    expect([second.epochs[0].epoch, second.next]).toEqual([0, null]);
  });

  it.each(["limit=0", "limit=101", "limit=x", "before=-1", "limit=1&limit=2"])(
    "refuses ?%s",
    async (query) => {
      const { status, json } = await get(`/v1/epochs?${query}`);
      expect(status).toBe(400);
      expect(json().error).toMatchObject({ code: "invalid-request", field: query.split("=")[0] });
    },
  );
});

describe("/v1/epochs/:epoch", () => {
  it("shows a post and what it paid, in decimal strings", async () => {
    await post(1);
    const { artifact } = honest;
    const { status, json } = await get("/v1/epochs/1");
    expect(status).toBe(200);
    expect(json()).toMatchObject({
      epoch: 1,
      status: "pending",
      postNumber: "2",
      root: artifact.root,
      cumulativeTotal: String(artifact.total),
      datasetHash: keccak256(honest.bytes),
      window: { start: String(artifact.start), end: String(artifact.end) },
      snapshot: { number: String(artifact.snapshot.number), hash: artifact.snapshot.hash },
      attestations: 0,
      quorum: 1,
      result: {
        added: String(artifact.added),
        provers: 3,
        fulfilments: 2,
        policy: { id: "capped", version: 1 },
      },
    });
  });

  it("follows a post from pending to active or vetoed, and the one before to superseded", async () => {
    await post(1);
    await activate(test);
    expect((await get("/v1/epochs/1")).json()).toMatchObject({ status: "active", attestations: 1 });
    const finished = await get("/v1/epochs/0");
    expect(finished.json()).toMatchObject({ status: "superseded", attestations: null });
    expect(finished.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect((await get("/v1/epochs/1")).headers["cache-control"]).toBe("no-cache");
    const { etag } = finished.headers;
    const again = await get("/v1/epochs/0", { "if-none-match": String(etag) });
    expect([again.status, again.body]).toEqual([304, ""]);
  });

  it("shows a vetoed post as such, and the next one in its place", async () => {
    await postThis(honest.artifact);
    await veto();
    expect((await get("/v1/epochs/1")).json()).toMatchObject({ status: "vetoed", postNumber: "2" });
    await postThis(honest.artifact);
    expect((await get("/v1/epochs/1")).json()).toMatchObject({ status: "pending", postNumber: "3" });
  });

  it("has no result without the artifact", async () => {
    await postThis(honest.artifact, { datasetHash: `0x${"33".repeat(32)}` });
    expect((await get("/v1/epochs/1")).json()).toMatchObject({ epoch: 1, result: null });
    const { status, json } = await get("/v1/epochs/1/artifact");
    expect([status, json().error.code]).toEqual([404, "no-artifact"]);
    const proof = await get(`/v1/provers/${provers[0]}/proof?root=latest`);
    expect([proof.status, proof.json().error.code]).toEqual([503, "leaves-missing"]);
  });

  it.each([
    ["9", 404, "unknown-epoch"],
    ["999999999999999", 404, "unknown-epoch"],
    ["9".repeat(40), 400, "invalid-request"],
    ["-1", 400, "invalid-request"],
    ["1e1", 400, "invalid-request"],
    ["01", 400, "invalid-request"],
    ["%00", 400, "invalid-request"],
    ["..%2f..%2fetc%2fpasswd", 400, "invalid-request"],
    ["__proto__", 400, "invalid-request"],
  ])("refuses %s", async (epoch, status, code) => {
    for (const url of [`/v1/epochs/${epoch}`, `/v1/epochs/${epoch}/artifact`]) {
      const response = await get(url);
      expect(response.status).toBe(status);
      expect(response.json().error).toMatchObject({ code, field: "epoch" });
    }
  });
});

describe("/v1/epochs/:epoch/artifact", () => {
  it("gives the bytes that hash to the dataset hash, for ever once the root stands", async () => {
    const { status, headers, body } = await get("/v1/epochs/0/artifact");
    expect(status).toBe(200);
    expect(Buffer.from(body)).toEqual(Buffer.from(firstArtifact));
    expect(headers.etag).toBe(`"${keccak256(firstArtifact)}"`);
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    const again = await get("/v1/epochs/0/artifact", { "if-none-match": String(headers.etag) });
    expect([again.status, again.body, again.headers.etag]).toEqual([304, "", headers.etag]);
    const other = await get("/v1/epochs/0/artifact", { "if-none-match": '"0x00"' });
    expect(other.status).toBe(200);
    const head = await app.inject({ method: "HEAD", url: "/v1/epochs/0/artifact" });
    expect([head.statusCode, head.body]).toEqual([200, ""]);
    expect(head.headers).toMatchObject({
      etag: headers.etag,
      "content-length": String(firstArtifact.length),
    });
  });

  it("is asked for again while another root may follow", async () => {
    await post(1);
    const { headers, body } = await get("/v1/epochs/1/artifact");
    expect(Buffer.from(body)).toEqual(Buffer.from(honest.bytes));
    expect(headers["cache-control"]).toBe("no-cache");
  });
});

describe("/v1/provers/:address/proof", () => {
  const proofOf = async (prover: Address, query = "") => get(`/v1/provers/${prover}/proof${query}`);

  it("gives a proof that the distributor pays, and says so afterwards", async () => {
    await post(1);
    await activate(test);
    const [prover] = provers;
    const before = (await proofOf(prover)).json();
    const row = honest.artifact.rows.find((candidate) => candidate.prover === prover);
    expect(before).toMatchObject({
      prover: getAddress(prover),
      token: { address: getAddress(test.token), decimals: 18 },
      distributor: getAddress(test.distributor),
      root: honest.artifact.root,
      epoch: 1,
      status: "active",
      cumulative: String(row?.cumulative),
      cumulativeCommission: String(row?.cumulativeCommission),
      claimable: String(row?.amount),
    });
    expect(BigInt(before.claimed) + BigInt(before.claimable)).toBe(row?.cumulative);
    const leaf = await test.client.readContract({
      address: test.distributor,
      abi: iRewardDistributorAbi,
      functionName: "leafOf",
      args: [prover, BigInt(before.cumulative), BigInt(before.cumulativeCommission)],
    });
    expect(verifyProof(leaf, before.merkleProof as Hex[], before.root)).toBe(true);
    const hash = await test.client.writeContract({
      account: test.requester,
      address: test.distributor,
      abi: iRewardDistributorAbi,
      functionName: "claim",
      args: [prover, BigInt(before.cumulative), BigInt(before.cumulativeCommission), before.merkleProof],
    });
    await confirmed(hash);
    const after = (await proofOf(prover)).json();
    expect(after).toMatchObject({
      claimed: before.cumulative,
      claimedCommission: before.cumulativeCommission,
      claimable: "0",
    });
  });

  it("is against the active root, or against the latest if asked", async () => {
    await post(1);
    const [prover] = provers;
    expect((await proofOf(prover)).json()).toMatchObject({ epoch: 0, status: "active" });
    const latest = (await proofOf(prover, "?root=latest")).json();
    expect(latest).toMatchObject({ epoch: 1, status: "pending", attestations: 0, quorum: 1 });
    const { claimableAt } = await test.client.readContract({
      address: test.distributor,
      abi: iRewardDistributorAbi,
      functionName: "latestPost",
    });
    expect(latest.claimableFrom).toBe(String(claimableAt));
  });

  it("is never against a vetoed root", async () => {
    await post(1);
    await veto();
    expect((await proofOf(provers[0], "?root=latest")).json()).toMatchObject({ epoch: 0, status: "active" });
  });

  it("takes an address in any case", async () => {
    const [prover] = provers;
    const upper = `0x${prover.slice(2).toUpperCase()}` as Address;
    const answers = await Promise.all([prover, upper, getAddress(prover)].map((text) => proofOf(text)));
    for (const { status, json } of answers) {
      expect(status).toBe(200);
      expect(json().prover).toBe(getAddress(prover));
    }
  });

  it("does not exist for who has earned nothing", async () => {
    const { status, json } = await proofOf(test.requester.toLowerCase() as Address);
    expect(status).toBe(404);
    expect(json().error).toMatchObject({ code: "unknown-prover", field: "address" });
  });

  it("names the address when it is malformed", async () => {
    const [prover] = provers;
    const full = getAddress(prover);
    const at = [...full].findIndex((letter, i) => i > 1 && /[a-f]/i.test(letter));
    const letter = full[at] ?? "";
    const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    const mistyped = full.slice(0, at) + swapped + full.slice(at + 1);
    for (const text of ["0x1234", prover.slice(2), `${prover}00`, `0x${"g".repeat(40)}`, "%00", mistyped]) {
      const { status, json } = await proofOf(text as Address);
      expect([text, status]).toEqual([text, 400]);
      expect(json().error).toMatchObject({ code: "invalid-request", field: "address" });
    }
    expect((await proofOf(prover, "?root=oldest")).json().error.field).toBe("root");
  });
});

describe("the tree beside an artifact", () => {
  const proof = async () => {
    const other = await sceneApi();
    const { statusCode, json } = await other.inject({ url: `/v1/provers/${provers[0]}/proof` });
    return { statusCode, merkleProof: json().merkleProof };
  };
  const path = () => fileStore(directory).where(`artifacts/${keccak256(firstArtifact)}.tree`);

  it("is made again when it is missing or damaged", async () => {
    const expected = await proof();
    expect(expected.statusCode).toBe(200);
    const whole = readFileSync(path());
    rmSync(path());
    expect(await proof()).toEqual(expected);
    expect(readFileSync(path())).toEqual(whole);
    writeFileSync(path(), whole.subarray(0, 500));
    expect(await proof()).toEqual(expected);
    expect(readFileSync(path())).toEqual(whole);
  });

  it("is kept in memory where it cannot be written", async () => {
    const expected = await proof();
    rmSync(path());
    // A folder in its place: nothing can be renamed onto it.
    mkdirSync(join(path(), "full"), { recursive: true });
    try {
      expect(await proof()).toEqual(expected);
    } finally {
      rmSync(path(), { recursive: true });
    }
  });
});

describe("errors", () => {
  it("are JSON with a code, whatever is asked", async () => {
    const { status, json } = await get("/v1/nothing?x=1");
    expect(status).toBe(404);
    expect(json()).toEqual({ error: { code: "not-found", message: "there is nothing at GET /v1/nothing" } });
    const wrongMethod = await app.inject({ method: "POST", url: "/v1/epochs", payload: { a: 1 } });
    expect(wrongMethod.statusCode).toBe(404);
    const tooLarge = await app.inject({ method: "POST", url: "/health", payload: "x".repeat(20_000) });
    expect(tooLarge.statusCode).toBeGreaterThanOrEqual(400);
    expect(tooLarge.json().error.code).toBeDefined();
  });

  it("say when the chain does not answer, and are forgotten when it does again", async () => {
    const proxied = await connect({ rpcUrl: endpoint.rpcUrl, rounds: 1 });
    const other = await sceneApi({ chain: proxied });
    endpoint.down = true;
    const refused = await other.inject({ url: "/v1/epochs" });
    expect(refused.statusCode).toBe(503);
    expect(refused.json().error).toMatchObject({ code: "chain-unreachable" });
    expect(refused.body).not.toContain(endpoint.rpcUrl);
    endpoint.down = false;
    expect((await other.inject({ url: "/v1/epochs" })).statusCode).toBe(200);
  });

  it("tell a store that does not answer from a damaged artifact", async () => {
    const server = await objectServer();
    const store = sharedStore(temporaryFolder(), objectsAt(server.location), () => undefined);
    await server.close();
    const { statusCode, body } = await (await sceneApi({ store })).inject({ url: "/v1/epochs/0/artifact" });
    expect([statusCode, JSON.parse(body).error.code]).toEqual([503, "store-unreachable"]);
    expect(body).not.toContain("s3://");
  });

  it("do not hide a damaged artifact", async () => {
    const store = fileStore(directory);
    const key = `artifacts/${keccak256(firstArtifact)}.json`;
    await store.put(key, Buffer.from("{}"));
    const other = await sceneApi({ store });
    const { statusCode, json } = await other.inject({ url: "/v1/epochs/0/artifact" });
    expect([statusCode, json().error.code]).toEqual([500, "damaged-artifact"]);
    await store.put(key, firstArtifact);
    expect((await other.inject({ url: "/v1/epochs/0/artifact" })).statusCode).toBe(200);
  });
});
