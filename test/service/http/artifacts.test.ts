// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, expect, test } from "vitest";
import { type ClaimTree, entryOf } from "../../../service/core/claim-tree.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { summaryOf } from "../../../service/core/summary.ts";
import type { Hex } from "../../../service/core/types.ts";
import { artifactsOf } from "../../../service/http/artifacts.ts";
import { newMetrics } from "../../../service/http/metrics.ts";
import { putArtifact } from "../../../service/store/artifacts.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { objectsAt } from "../../../service/store/objects.ts";
import { sharedStore } from "../../../service/store/shared-store.ts";
import { UnavailableStore } from "../../../service/store/store.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { objectServer } from "../helpers/object-server.ts";

beforeAll(initKeccak);

function server(mostBytes?: number) {
  const store = fileStore(temporaryFolder());
  const metrics = newMetrics();
  const artifacts = artifactsOf(store, { log: undefined, metrics, mostBytes });
  return { store, metrics, artifacts };
}

test("a tree is opened once for all who ask at a time, and is at hand for those who ask later", async () => {
  const { store, artifacts } = server();
  const encoded = sampleArtifact();
  await putArtifact(store, encoded);
  const [one, other] = await Promise.all([
    artifacts.tree(encoded.datasetHash),
    artifacts.tree(encoded.datasetHash),
  ]);
  expect(one?.root).toBe(encoded.tree.root);
  expect(other).toBe(one);
  expect(artifacts.tree(encoded.datasetHash)).toBe(one);
});

test("one that is not here yet is found when it has arrived", async () => {
  const { store, artifacts } = server();
  const encoded = sampleArtifact();
  expect(await artifacts.tree(encoded.datasetHash)).toBeUndefined();
  await putArtifact(store, encoded);
  expect((await artifacts.tree(encoded.datasetHash))?.root).toBe(encoded.tree.root);
});

test("trees that were asked for longest ago are forgotten beyond a bound in bytes, and read anew", async () => {
  const { store, artifacts } = server(300);
  const many = Array.from({ length: 20 }, (_, i) => sampleArtifact(BigInt(1_000 + i)));
  for (const encoded of many) await putArtifact(store, encoded);
  for (const round of [1, 2]) {
    for (const { datasetHash, tree, artifact } of many) {
      const [row] = artifact.rows;
      const read = (await artifacts.tree(datasetHash)) as ClaimTree;
      const found = entryOf(read, row?.prover ?? "0x");
      expect(found, `round ${round}`).toMatchObject({ cumulative: row?.cumulative, position: 0 });
      expect(read.root).toBe(tree.root);
      expect(artifacts.tree(datasetHash)).toBe(read);
    }
  }
  const [oldest, , , , ...rest] = many.map(({ datasetHash }) => datasetHash).reverse() as [Hex, ...Hex[]];
  // Of one leaf each takes 80 bytes: a few of them fit in.
  expect(artifacts.tree(oldest)).not.toBeInstanceOf(Promise);
  for (const hash of rest) expect(artifacts.tree(hash)).toBeInstanceOf(Promise);
});

test("of the trees, and of the rows, that are asked for at a time one is read after the other", async () => {
  const { store } = server();
  let [reading, most] = [0, 0];
  const inside = async <T>(read: () => Promise<T>): Promise<T> => {
    reading += 1;
    most = Math.max(most, reading);
    return read().finally(() => {
      reading -= 1;
    });
  };
  const many = Array.from({ length: 10 }, (_, i) => sampleArtifact(BigInt(1_000 + i)));
  for (const encoded of many) await putArtifact(store, encoded);
  const options = { log: undefined, metrics: newMetrics() };

  const trees = artifactsOf({ ...store, get: (key) => inside(() => store.get(key)) }, options);
  const given = await Promise.all(many.map(({ datasetHash }) => trees.tree(datasetHash)));
  expect(given.map((tree) => tree?.root)).toEqual(many.map(({ tree }) => tree.root));
  expect(most).toBe(1);

  most = 0;
  const open = async (key: string) => {
    const file = await store.open(key);
    return file && { ...file, read: (...at: Parameters<typeof file.read>) => inside(() => file.read(...at)) };
  };
  const { file, row } = artifactsOf({ ...store, open }, options);
  // Whether a file is what its name says is looked at part by part, by the first who opens it.
  for (const { datasetHash } of many) await (await file(datasetHash))?.close();
  const asked = many.map(
    ({ datasetHash, artifact: { rows } }) => [datasetHash, rows[0]?.prover ?? "0x"] as const,
  );
  const [once, twice] = await Promise.all([0, 1].map(() => Promise.all(asked.map((one) => row(...one)))));
  expect(once).not.toContain(undefined);
  for (const [i, one] of (once ?? []).entries()) expect(twice?.[i]).toBe(one);
  expect(most).toBe(1);
});

test("a summary is read without the leaves, and made from the artifact where the file is missing", async () => {
  const { store, artifacts } = server();
  const { datasetHash, bytes, artifact } = sampleArtifact();
  expect(await artifacts.summary(datasetHash)).toBeUndefined();
  await store.put(`artifacts/${datasetHash}.json`, bytes);
  expect(await artifacts.summary(datasetHash)).toEqual(summaryOf(artifact, 1));
});

test("an artifact without a tree beside it is read twice: to be checked, and for its leaves", async () => {
  const { store } = server();
  const { datasetHash, bytes, tree } = sampleArtifact();
  await store.put(`artifacts/${datasetHash}.json`, bytes);
  let read = 0;
  const open = async (key: string) => {
    const file = await store.open(key);
    if (file === undefined) return undefined;
    const counted: typeof file.read = (into, at) => {
      read += into.length;
      return file.read(into, at);
    };
    return { ...file, read: counted };
  };
  const artifacts = artifactsOf({ ...store, open }, { log: undefined, metrics: newMetrics() });
  expect((await artifacts.tree(datasetHash))?.root).toBe(tree.root);
  expect(read).toBe(2 * bytes.length);
});

test("an artifact that promises more than can be paid has no leaves to claim from, and is counted", async () => {
  const { store, metrics, artifacts } = server();
  const { datasetHash, bytes } = sampleArtifact(2n ** 97n);
  await store.put(`artifacts/${datasetHash}.json`, bytes);
  expect(await artifacts.tree(datasetHash)).toBeUndefined();
  expect(await metrics.registry.getSingleMetricAsString("provender_mismatches_total")).toContain(
    'kind="artifact"} 1',
  );
});

test("an object store that does not answer is said, and counted as no damage", async () => {
  const gone = await objectServer();
  await gone.close();
  const metrics = newMetrics();
  const store = sharedStore(temporaryFolder(), objectsAt(gone.location), expect.unreachable);
  const artifacts = artifactsOf(store, { log: undefined, metrics });
  await expect(artifacts.tree(`0x${"ab".repeat(32)}`)).rejects.toThrow(UnavailableStore);
  expect(await artifacts.row(`0x${"ab".repeat(32)}`, `0x${"cd".repeat(20)}`)).toBeUndefined();
  expect(await metrics.registry.getSingleMetricAsString("provender_mismatches_total")).not.toContain("} 1");
});
