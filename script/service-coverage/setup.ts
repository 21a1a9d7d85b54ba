// SPDX-License-Identifier: AGPL-3.0-only
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";

const reached = new Map<string, Set<number>>();

(globalThis as { __reached?: (file: string, point: number) => void }).__reached = (file, point) => {
  const points = reached.get(file) ?? new Set();
  reached.set(file, points.add(point));
};

afterAll(() => {
  const all = Object.fromEntries([...reached].map(([file, points]) => [file, [...points]]));
  writeFileSync(join(process.env.REACHED_FOLDER as string, `${randomUUID()}.json`), JSON.stringify(all));
});
