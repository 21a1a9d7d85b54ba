// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fileStore } from "../../../service/store/file-store.ts";
import { getJob, type JobRecord, putJob } from "../../../service/store/jobs.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const job: JobRecord = {
  chainId: 31_337n,
  distributor: `0x${"dd".repeat(20)}`,
  epoch: 3,
  step: "sent",
  root: `0x${"01".repeat(32)}`,
  datasetHash: `0x${"02".repeat(32)}`,
  transaction: `0x${"03".repeat(32)}`,
  postNumber: null,
  version: "0.1.0",
};

describe("job records", () => {
  test("come back as they were put, one for each epoch", async () => {
    const store = fileStore(temporaryFolder());
    await putJob(store, job);
    await putJob(store, { ...job, epoch: 4, step: "posted", postNumber: 9n });
    expect(await getJob(store, job)).toEqual(job);
    expect((await getJob(store, { ...job, epoch: 4 }))?.postNumber).toBe(9n);
    expect(await getJob(store, { ...job, epoch: 5 })).toBeUndefined();
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, 40)],
    ["of another epoch", (text: string) => text.replace('"epoch":3', '"epoch":4')],
    ["with an unknown step", (text: string) => text.replace('"sent"', '"done"')],
  ])("that are %s are refused, by name, with what to do", async (_, damage) => {
    const store = fileStore(temporaryFolder());
    await putJob(store, job);
    const path = store.where((await store.list(""))[0] ?? "");
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    await expect(getJob(store, job)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("delete it"),
    });
  });
});
