#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ./dev test: builds each preset and runs its tests; all presets run, and one line sums them up.
set -euo pipefail
. .ci/build.sh

passed=0
failed=0

# test_preset PRESET TARGET [CTEST_ARGUMENT...]: adds a line to the summary.
test_preset() {
  local preset=$1 target=$2 log=build/$1.test.log counts
  shift 2
  echo "== Tests, $preset: build"
  configure "$preset" -DCAIRN_TESTS=ON
  build_targets "$preset" "$target"
  echo "== Tests, $preset: run"
  ctest --preset "$preset" -j 2 --no-tests=error "$@" 2>&1 | tee "$log" || true
  # "98% tests passed, 2 tests failed out of 100"; without this line ctest itself broke down.
  counts=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log")
  read -r broken all <<<"${counts:-1 1}"
  skipped=$(grep -c '\*\*\*Skipped' "$log") || true
  summary+=("$preset: $((all - broken - skipped)) passed, $broken failed, $skipped skipped")
  passed=$((passed + all - broken - skipped))
  failed=$((failed + broken))
  # Continuous integration runs as root with every package: nothing has a reason to be skipped there.
  if [[ ${CI:-} == true && $EUID == 0 ]]; then failed=$((failed + skipped)); fi
}

summary=()
test_preset release all
test_preset asan all
# ThreadSanitizer sees nothing in tests that start no thread; these are the ones that do.
test_preset tsan capture_test -R '^capture_test:.*thread'
test_preset tsan parallel_test -R '^parallel_test:'
printf '\n'
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed"
((failed == 0))
