#!/usr/bin/env bash
# viem 2.57.20: the second indexed input of the event Deposit in its erc4626Abi is called `receiver`. EIP-4626, solmate and
# OpenZeppelin call it `owner`, as viem's own Withdraw does. Names are no part of a log, so that everything decodes; but a
# filter by { owner } is taken in silence and filters nothing: it asks for everybody's deposits.
# Source: viem's constants/abis.ts; EIP-4626, "Events"; encodeEventTopics looks arguments up by the ABI's names alone.
# Whoever sums up one account's deposits filters by { receiver }, or takes the vault's own ABI.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts viem@2.57.20 @openzeppelin/contracts@5.4.0 >/dev/null
grep -n 'event Deposit' node_modules/@openzeppelin/contracts/interfaces/IERC4626.sol
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import { encodeEventTopics, erc4626Abi, getAbiItem } from "viem";

const { version } = JSON.parse(readFileSync("node_modules/viem/package.json", "utf8"));
const names = (name) => getAbiItem({ abi: erc4626Abi, name }).inputs.map((input) => input.name).join();
const account = "0x00000000000000000000000000000000000000aa";
const topics = (args) => encodeEventTopics({ abi: erc4626Abi, eventName: "Deposit", args }).slice(1);
console.log(`viem ${version}`);
console.log(`Deposit:  ${names("Deposit")}`);
console.log(`Withdraw: ${names("Withdraw")}`);
console.log("topics of a filter by owner:   ", JSON.stringify(topics({ owner: account })));
console.log("topics of a filter by receiver:", JSON.stringify(topics({ receiver: account })));
const isSo =
  names("Deposit") === "sender,receiver,assets,shares" &&
  topics({ owner: account }).every((topic) => topic === null) &&
  topics({ receiver: account })[1] !== null;
process.exit(isSo ? 0 : 1);
JS
node look.mjs
