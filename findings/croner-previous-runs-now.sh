#!/usr/bin/env bash
# croner 11.0.1 (npm): `previousRuns(n, reference)` leaves out a firing at exactly the reference, and `nextRuns` does too,
# so that a firing at the very millisecond that is asked about is neither past nor future. Who asks at a firing "what was
# the last one?" is given the one before. Source: the methods' behaviour; the documentation does not say which side an
# exact match is on. To include it, ask one millisecond (a second, for patterns of seconds) later.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts croner@11.0.1 >/dev/null
cat > run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Cron } from "croner";

const job = new Cron("0 12 * * *", { timezone: "UTC", paused: true });
const noon = new Date("2026-03-10T12:00:00.000Z");
const previous = job.previousRuns(1, noon)[0].toISOString();
const next = job.nextRuns(1, noon)[0].toISOString();
console.log("croner", JSON.parse(readFileSync("node_modules/croner/package.json", "utf8")).version);
console.log("pattern 0 12 * * *, asked at", noon.toISOString());
console.log("previous:", previous);
console.log("next:    ", next);
process.exit(previous === "2026-03-09T12:00:00.000Z" && next === "2026-03-11T12:00:00.000Z" ? 0 : 1);
JS
node run.mjs
