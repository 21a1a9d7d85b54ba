// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { initKeccak } from "../../../service/core/keccak.ts";
import { artifactsOf } from "../../../service/http/artifacts.ts";
import { newMetrics } from "../../../service/http/metrics.ts";
import { putArtifact } from "../../../service/store/artifacts.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { temporaryFolder } from "../helpers/folder.ts";

beforeAll(initKeccak);

function server() {
  const store = fileStore(temporaryFolder());
  const metrics = newMetrics();
  const artifacts = artifactsOf(store, { log: undefined, metrics });
  onTestFinished(() => artifacts.close());
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
  expect(one?.head.root).toBe(encoded.tree.root);
  expect(other).toBe(one);
  expect(artifacts.tree(encoded.datasetHash)).toBe(one);
});

test("one that is not here yet is found when it has arrived", async () => {
  const { store, artifacts } = server();
  const encoded = sampleArtifact();
  expect(await artifacts.tree(encoded.datasetHash)).toBeUndefined();
  await putArtifact(store, encoded);
  expect((await artifacts.tree(encoded.datasetHash))?.head.root).toBe(encoded.tree.root);
});

test("trees that were asked for longest ago are closed, and opened anew", async () => {
  const { store, artifacts } = server();
  const many = Array.from({ length: 20 }, (_, i) => sampleArtifact(BigInt(1_000 + i)));
  for (const encoded of many) await putArtifact(store, encoded);
  for (const round of [1, 2]) {
    for (const { datasetHash, tree, artifact } of many) {
      const [row] = artifact.rows;
      const claim = (await artifacts.tree(datasetHash))?.claimOf(row?.prover ?? "0x");
      expect(claim, `round ${round}`).toMatchObject({ cumulative: row?.cumulative, merkleProofJson: "[]" });
      expect((await artifacts.tree(datasetHash))?.head.root).toBe(tree.root);
    }
  }
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
