#!/usr/bin/env bash
# Foundry 1.7.1 from npm (@foundry-rs/forge, and cast and anvil alike): the launcher that npm links as `forge` ends with 0
# whatever the tool ended with. `forge fmt --check` of a file that is not formatted ends with 1 when the platform's
# binary is started itself, and with 0 through the launcher, so that a step of CI that runs `npx forge …` cannot fail.
# Source: the package's bin.mjs starts the binary as a child process and sets no exit code of its own by the child's.
# Whoever needs the code starts the binary of the platform's package (@foundry-rs/forge-linux-amd64 and its kind).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts @foundry-rs/forge@1.7.1 >/dev/null
mkdir src
printf 'pragma solidity ^0.8.0;\ncontract   A{uint256   public x;}\n' > src/A.sol
binary=$(find node_modules/@foundry-rs -path '*/bin/forge' -type f | head -1)
"$binary" --version | head -1
direct=0
"$binary" fmt --check src/A.sol >/dev/null 2>&1 || direct=$?
launched=0
npx forge fmt --check src/A.sol >/dev/null 2>&1 || launched=$?
echo "forge fmt --check of a file that is not formatted"
echo "exit code of the binary:   $direct"
echo "exit code of the launcher: $launched"
[ "$direct" -eq 1 ] && [ "$launched" -eq 0 ]
