#!/usr/bin/env bash
# oxlint 1.94.0: in no-restricted-imports an exception (`!name`) in the `group` of one pattern holds for all other patterns,
# those before it and those after it: what another one forbids is let through. In ESLint 9.39.1, whose rule and options
# these are, each pattern is matched by itself, and the import is reported.
# Source: ESLint's rule makes one matcher for each pattern ("no-restricted-imports", option `patterns`); oxlint's
# documentation of the rule describes the same options. Whoever moves a configuration over gives names that must stay
# forbidden as `regex` in patterns that stand before those with exceptions (after them they are let through, too), and
# tests each.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts oxlint@1.94.0 eslint@9.39.1 >/dev/null
echo 'export { x } from "kept/x";' > look.mjs
options() {
  echo "{\"no-restricted-imports\":[\"error\",{\"patterns\":[$1]}]}"
}
excepting='{"group":["other/**","!kept/x"]}'
forbidding='{"group":["kept/**"]}'
found() {
  local ox=0 es=0
  echo "{\"categories\":{\"correctness\":\"off\"},\"rules\":$(options "$1")}" > oxlint.json
  echo "export default [{ rules: $(options "$1") }];" > eslint.config.mjs
  npx oxlint -c oxlint.json look.mjs >/dev/null 2>&1 || ox=$?
  npx eslint look.mjs >/dev/null 2>&1 || es=$?
  echo "oxlint $ox, ESLint $es"
}
npx oxlint --version
npx eslint --version
alone=$(found "$forbidding")
before=$(found "$excepting,$forbidding")
by_regex=$(found "{\"regex\":\"^kept/\"},$excepting")
after=$(found "$forbidding,$excepting")
echo "exit codes where kept/** is forbidden:              $alone"
echo "after a pattern that excepts kept/x from others:    $before"
echo "before that pattern:                                $after"
echo "before that pattern, as a regex:                    $by_regex"
[ "$alone" = "oxlint 1, ESLint 1" ] && [ "$before" = "oxlint 0, ESLint 1" ] && [ "$after" = "oxlint 0, ESLint 1" ] &&
  [ "$by_regex" = "oxlint 1, ESLint 1" ]
