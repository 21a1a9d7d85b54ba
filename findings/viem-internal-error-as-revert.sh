#!/usr/bin/env bash
# viem 2.57.20 (npm): `readContract` reports a JSON-RPC error -32603 ("internal error", what providers answer when they
# themselves are in trouble) as ContractFunctionRevertedError, the class that it uses where a contract refused. The
# answer need not carry revert data, and nothing was executed. A program that takes that class for the contract's word
# treats an outage as a refusal. Source: utils/errors/getContractError, which counts -32603 beside code 3.
# To tell the two apart: a revert has `cause.data` or `cause.raw`, or code 3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts viem@2.57.20 >/dev/null
cat > run.mjs <<'JS'
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { ContractFunctionRevertedError, createPublicClient, http, parseAbi } from "viem";

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end('{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"upstream not available"}}');
  });
}).listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  const transport = http(`http://127.0.0.1:${port}`, { retryCount: 0 });
  const client = createPublicClient({ transport });
  const call = { abi: parseAbi(["function f() view returns (uint256)"]), functionName: "f" };
  const error = await client
    .readContract({ ...call, address: "0x0000000000000000000000000000000000000abc" })
    .catch((thrown) => thrown);
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  console.log("viem", JSON.parse(readFileSync("node_modules/viem/package.json", "utf8")).version);
  console.log("answered: error -32603 without data");
  console.log("thrown:", error.name, "with cause", error.cause?.name, "- raw:", String(reverted?.raw));
  server.close();
  process.exit(reverted && reverted.raw === undefined ? 0 : 1);
});
JS
node run.mjs
