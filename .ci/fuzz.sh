#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ./dev fuzz SECONDS: runs every fuzzer for so long, from its corpus.  New inputs stay in build/fuzz/corpus/, findings in
# build/fuzz/findings/.
set -euo pipefail
. .ci/build.sh
readonly seconds=$1

configure fuzz
build_targets fuzz fuzzers
mkdir -p build/fuzz/findings
summary=()
failed=0
for fuzzer in build/fuzz/fuzzers/*; do
  name=${fuzzer##*/}
  mkdir -p "build/fuzz/corpus/$name"
  echo "== $name, $seconds s"
  log=build/fuzz/$name.log
  verdict="no finding"
  "$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="build/fuzz/findings/$name-" \
    "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 </dev/null || {
    verdict="FINDING: see $log"
    failed=$((failed + 1))
    tail -n 40 "$log"
  }
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  summary+=("$(printf '%-28s %14s executions  %s' "$name" "${executions:-?}" "$verdict")")
done
printf '\n'
printf '%s\n' "${summary[@]}"
echo "${#summary[@]} fuzzers, $failed with findings"
((failed == 0 && ${#summary[@]} > 0))
