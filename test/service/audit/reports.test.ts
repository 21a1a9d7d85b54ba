// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, it } from "vitest";
import { checkReport, compareEntries } from "../../../service/audit/check-report.ts";
import { type Audited, judge } from "../../../service/audit/judge.ts";
import { entryOf, readReports } from "../../../service/audit/report-file.ts";
import { encodeReports } from "../helpers/report.ts";
import { type ArtifactJson, boundaries, bytesOf, readRecorded, withheld } from "./recorded-reading.ts";

let honest: Audited[];
let unjudged: Audited[];
beforeAll(async () => {
  honest = await auditsOf(boundaries, [0, 1, 2, 3]);
  unjudged = await auditsOf(withheld, [0, 1, 2, 3]);
});

async function auditsOf(chain: typeof boundaries, epochs: number[]): Promise<Audited[]> {
  const { client, reading } = await readRecorded(chain);
  return Promise.all(epochs.map((epoch) => judge(client, reading, epoch)));
}

interface ReportJson {
  [field: string]: unknown;
  epochs: EpochJson[];
}

type Fields = Record<string, unknown>;

interface EpochJson extends Fields {
  artifact: ArtifactJson;
  post: Fields;
  recomputed: Fields;
  verdicts: Record<"inputs" | "amounts" | "root", { verdict: string; findings: object[] }>;
}

/** What is held against a report of these audits when it was edited. */
function objections(edit: (report: ReportJson) => unknown = () => undefined, audits = honest): string[] {
  const report = JSON.parse(Buffer.from(encodeReports(audits)).toString()) as ReportJson;
  edit(report);
  return checkReport(readReports(bytesOf(report))).map(({ epoch, message }) => `${epoch}: ${message}`);
}

const epoch = (report: ReportJson, n: number) => report.epochs[n] as EpochJson;
const row = (report: ReportJson, n: number) => epoch(report, n).artifact.rows[0] as Fields;
const WORD = `0x${"1".repeat(64)}`;

describe("a report is checked by itself", () => {
  it("nothing is held against an honest report, whatever it found", () => {
    expect(objections()).toEqual([]);
    expect(objections(undefined, unjudged)).toEqual([]);
    expect(unjudged.map(({ report }) => report.verdict)).toEqual([
      "mismatch",
      "mismatch",
      "mismatch",
      "match",
    ]);
  });

  const FOLLOW = "the amounts of its artifact do not follow from the inputs in it";
  const OTHERS = "amounts: it says match, and the post's are others";
  const START = "the leaves that its artifact continues from do not build the previous root";
  const MALFORMED = "its artifact is malformed";
  it.each<[string, (report: ReportJson) => unknown, string[]]>([
    [
      "an overall verdict",
      (r) => (epoch(r, 1).verdict = "mismatch"),
      ["1: it says mismatch, its verdicts come to match"],
    ],
    ["an amount", (r) => (row(r, 1).amount = "61"), [`1: ${FOLLOW}`, `1: ${START}`]],
    [
      "an input",
      (r) => (row(r, 1).stake = "3001"),
      ["1: what it says was recomputed is not what its artifact comes to", `1: ${OTHERS}`],
    ],
    ["the work of a prover", (r) => (row(r, 0).work = "1"), [`0: ${FOLLOW}`]],
    [
      "an epoch",
      (r) => (epoch(r, 1).artifact.epoch = 2),
      ["1: its artifact is of another epoch or distributor"],
    ],
    [
      "a chain",
      (r) => (epoch(r, 1).artifact.chainId = "1"),
      ["1: its artifact is of another epoch or distributor"],
    ],
    [
      "a distributor",
      (r) => (epoch(r, 1).artifact.distributor = `0x${"1".repeat(40)}`),
      ["1: its artifact is of another epoch or distributor"],
    ],
    [
      "what was recomputed",
      (r) => (epoch(r, 2).recomputed.added = "1"),
      ["2: what it says was recomputed is not what its artifact comes to"],
    ],
    [
      "a post that is none",
      (r) => Object.assign(epoch(r, 3), { post: null }),
      ["3: it names no post, and judges one"],
    ],
    [
      "the post's root",
      (r) => (epoch(r, 3).post.root = WORD),
      ["3: root: it says match, and the post's is another"],
    ],
    ["the post's total", (r) => (epoch(r, 3).post.cumulativeTotal = "1"), [`3: ${OTHERS}`]],
    ["the post's dataset hash", (r) => (epoch(r, 3).post.datasetHash = WORD), [`3: ${OTHERS}`]],
    [
      "the post's snapshot",
      (r) => (epoch(r, 3).post.snapshot = { number: "1", hash: WORD }),
      ["3: inputs: it says match, and the post names another snapshot", `3: ${OTHERS}`],
    ],
    [
      "a snapshot that is none",
      (r) => (epoch(r, 3).post.snapshot = null),
      ["3: inputs: it says match, and the post names another snapshot", `3: ${OTHERS}`],
    ],
    [
      "a verdict on the root",
      (r) => Object.assign(epoch(r, 3).verdicts.root, { verdict: "mismatch" }),
      [
        "3: it says match, its verdicts come to mismatch",
        "3: root: it says mismatch, and the post's is this one",
      ],
    ],
    [
      "a verdict on the amounts",
      (r) => {
        Object.assign(epoch(r, 3).verdicts.amounts, { verdict: "mismatch" });
        epoch(r, 3).verdict = "mismatch";
      },
      ["3: amounts: it says mismatch, and the post's are these"],
    ],
    [
      "a root before",
      (r) => (epoch(r, 2).post.root = WORD),
      [
        "2: root: it says match, and the post's is another",
        "3: its artifact does not continue from the post that the report names for epoch 2",
      ],
    ],
    [
      "a total before",
      (r) => (epoch(r, 0).post.cumulativeTotal = "1"),
      [`0: ${OTHERS}`, "1: its artifact does not continue from the post that the report names for epoch 0"],
    ],
    [
      "an artifact that is none",
      (r) => Object.assign(epoch(r, 3), { artifact: null }),
      ["3: it says match, and holds no artifact to show it"],
    ],
    ["a row that is none", (r) => epoch(r, 1).artifact.rows.push([] as never), [`1: ${MALFORMED}`]],
    ["a vault that is none", (r) => (row(r, 1).vault = "0x12"), [`1: ${MALFORMED}`]],
    [
      "a hash in capitals",
      (r) => (epoch(r, 0).artifact.previousRoot = `0x${"A".repeat(64)}`),
      [`0: ${MALFORMED}`],
    ],
    ["a window that is none", (r) => (epoch(r, 1).artifact.window = null), [`1: ${MALFORMED}`]],
    ["rows that are none", (r) => Object.assign(epoch(r, 1).artifact, { rows: {} }), [`1: ${MALFORMED}`]],
    ["a policy that is none", (r) => (epoch(r, 1).artifact.policy = {}), [`1: ${MALFORMED}`]],
    ["an amount as a number", (r) => (row(r, 1).fees = 7), [`1: ${MALFORMED}`]],
    ["an amount with a leading zero", (r) => (row(r, 1).fees = "07"), [`1: ${MALFORMED}`]],
    ["a negative count", (r) => (row(r, 1).misses = -1), [`1: ${MALFORMED}`]],
    ["a count in text", (r) => (row(r, 1).misses = "1"), [`1: ${MALFORMED}`]],
  ])("%s that was edited shows", (_, edit, expected) => {
    expect(objections(edit).filter((message) => !message.includes("continues from other leaves"))).toEqual(
      expected,
    );
  });

  it("leaves that do not build the root they continue from", () => {
    // Both amounts of a prover who had nothing to do with the epoch: everything else still follows.
    const edited = objections((report) => {
      const last = epoch(report, 3).artifact.rows[0] as Fields;
      Object.assign(last, { cumulative: "148" });
    });
    expect(edited).toContain("3: the leaves that its artifact continues from do not build the previous root");
    expect(edited).toContain("3: its artifact continues from other leaves than epoch 2's");
  });

  it("a report that begins later needs nothing before", () => {
    expect(objections(undefined, honest.slice(2))).toEqual([]);
  });
});

describe("two audits of one epoch are compared", () => {
  const entries = () => [honest, honest].map((audits) => entryOf(audits[1] as Audited));
  const against = (change: object) => {
    const [theirs, ours] = entries() as [ReturnType<typeof entryOf>, ReturnType<typeof entryOf>];
    const report = { ...theirs.report, ...change } as typeof theirs.report;
    return compareEntries({ ...theirs, report }, ours).map(({ epoch, message }) => `${epoch}: ${message}`);
  };
  const verdicts = (name: string, verdict: object) => {
    const [{ report }] = entries() as [ReturnType<typeof entryOf>];
    return { verdicts: { ...(report.verdicts as object), [name]: verdict } };
  };

  it("an audit agrees with itself, also when the root has become active meanwhile", () => {
    expect(against({})).toEqual([]);
    const [{ report }] = entries() as [ReturnType<typeof entryOf>];
    expect(against({ post: { ...(report.post as object), status: "pending" } })).toEqual([]);
  });

  it("differ in the post, the verdicts and what was recomputed", () => {
    const [{ report }] = entries() as [ReturnType<typeof entryOf>];
    const other = { ...(report.post as object), root: WORD };
    expect(against({ post: other })[0]).toMatch(
      /^1: its post is not the one that stands: \{.*, on the chain \{/,
    );
    expect(against({ post: null })[0]).toMatch(
      /^1: its post is not the one that stands: null, on the chain \{/,
    );
    const mismatch = { verdict: "mismatch", findings: [{ topic: "root", message: "" }] };
    for (const name of ["inputs", "amounts", "root"]) {
      expect(against(verdicts(name, mismatch))).toEqual([
        `1: ${name}: it says mismatch, recomputed here: match`,
      ]);
    }
    expect(against({ recomputed: null })[0]).toMatch(/^1: it recomputed null, recomputed here \{/);
  });

  it("are not held to a file that one of them was given, and nobody posted", () => {
    const copy = { topic: "copy", message: "" };
    const ofCopies = { verdict: "mismatch", findings: [copy] };
    expect(against(verdicts("amounts", ofCopies))).toEqual([]);
    expect(against(verdicts("root", ofCopies))).toHaveLength(1);
    const more = { verdict: "mismatch", findings: [copy, { topic: "total", message: "" }] };
    expect(against(verdicts("amounts", more))).toHaveLength(1);
    expect(against(verdicts("amounts", { verdict: "mismatch", findings: [] }))).toHaveLength(1);
  });
});

describe("what is no report is refused", () => {
  it.each<[string, (report: ReportJson) => unknown]>([
    ["another schema", (report) => (report.schema = "provender.audit-report/2")],
    ["a chain id that is a number", (report) => (report.chainId = 31_337)],
    ["a chain id that is no number", (report) => (report.chainId = "0x1")],
    ["a distributor that is none", (report) => (report.distributor = "0x1")],
    ["a distributor in capitals", (report) => (report.distributor = `0x${"A".repeat(40)}`)],
    ["no epochs", (report) => (report.epochs = [])],
    ["epochs that are no list", (report) => Object.assign(report, { epochs: {} })],
    ["epochs out of order", (report) => report.epochs.reverse()],
    ["an epoch left out", (report) => report.epochs.splice(1, 1)],
    ["an epoch that is none", (report) => report.epochs.push("epoch" as never)],
    ["an epoch in text", (report) => (epoch(report, 0).epoch = "0")],
    ["an epoch below 0", (report) => (epoch(report, 0).epoch = -1)],
    ["no verdicts", (report) => Object.assign(epoch(report, 0), { verdicts: null })],
    ["an artifact in text", (report) => Object.assign(epoch(report, 0), { artifact: "{}" })],
  ])("%s", (_, edit) => {
    expect(() => objections(edit)).toThrow(
      /^the report is not one: canonical JSON of schema provender.audit-report\/1/,
    );
  });

  it("an artifact of another version of the specification", () => {
    const edit = (report: ReportJson) => Object.assign(epoch(report, 2).artifact, { specVersion: 1 });
    expect(() => objections(edit)).toThrow(
      "the report's epoch 2 was recomputed by version 1 of the specification; this release knows 2",
    );
  });

  it("bytes that are not canonical", () => {
    const bytes = Buffer.from(encodeReports(honest)).toString().replace("{", "{ ");
    expect(() => readReports(Buffer.from(bytes))).toThrow("the report is not one");
  });

  it("no report is written of no epoch", () => {
    expect(() => encodeReports([])).toThrow("no epoch was audited");
  });
});
