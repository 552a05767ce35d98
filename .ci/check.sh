#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ./dev check [PART...]: formatting, static analysis, spelling, licence lines and house rules.  Every part runs.
set -euo pipefail
. .ci/build.sh

# Works in a clone that belongs to another user, as containers have it.
tracked() { git -c safe.directory='*' ls-files -- "$@"; }
search() { git -c safe.directory='*' grep -n -I -E "$@"; }

shell_files() {
  tracked dev .ci packaging tests '*.sh' | sort -u | while read -r file; do
    if head -n 3 "$file" | grep -q -a -E '^#!.*[/ ](ba)?sh$|shellcheck shell=bash'; then printf '%s\n' "$file"; fi
  done
}

check_format() {
  local unformatted
  unformatted=$(tracked '*.h' '*.cc' | xargs clang-format --dry-run 2>&1 | sed -n 's/^\([^: ]*\):[0-9].*/\1/p' | sort -u)
  [[ -z $unformatted ]] || {
    printf '%s\n' "$unformatted" "Run clang-format -i on these files."
    return 1
  }
}

# Files that no build of this kind compiles are left out.  Tests are analysed on request (./dev check tidy_tests): their
# macros take most of the time.
# Each by itself, whatever the build takes together: so it is also seen that a file includes all that it uses.
tidy() { configure tidy -DCAIRN_TESTS=ON && xargs .ci/tidy.py build/tidy; }
# The whole tree takes ten minutes.  What was clean is noted in .ci/tidied, by the commit that it was clean at; from there
# on, what changed is analysed, a header as part of the source beside it.  Without that commit, in a clone that is not
# whole, everything.
check_tidy() {
  local clean
  clean=$(<.ci/tidied)
  if git -c safe.directory='*' cat-file -e "$clean^{commit}" 2>/dev/null; then
    git -c safe.directory='*' diff --name-only "$clean" -- '*.cc' '*.h' ':!tests/' | sed 's/\.h$/.cc/' | sort -u |
      while read -r file; do if [[ -e $file ]]; then printf '%s\n' "$file"; fi; done | tidy
  else
    check_tidy_all
  fi
}
check_tidy_all() {
  tracked '*.cc' ':!tests/' | tidy
  # Only what is committed can be named.
  if git -c safe.directory='*' diff --quiet HEAD; then git rev-parse HEAD >.ci/tidied; fi
}
check_tidy_tests() { tracked 'tests/*.cc' | tidy; }

check_shell() { shell_files | xargs shellcheck -x; }

check_spelling() {
  tracked | grep -v -E '\.(gz|pcap|pcapng)$|^tests/fuzz/corpus/' | xargs codespell --ignore-words .ci/codespell-ignore.txt
}

check_licence() {
  local bare
  bare=$({ tracked '*.h' '*.cc' '*.py' && shell_files; } | sort -u | xargs grep -L 'SPDX-License-Identifier: BSD-3-Clause') || true
  [[ -z $bare ]] || {
    printf '%s\n' "$bare" "These files have no licence line."
    return 1
  }
}

# Unfinished work, and paths that exist on one machine only.
check_words() {
  if search '\b(TODO|FIXME|XXX)\b' -- ':!.ci/check.sh'; then
    echo "Finish it, or describe it in the tracker."
    return 1
  fi
  if search '(^|[^[:alnum:]_.$}~])/(home|root|work|Users)/' -- ':!.ci/check.sh'; then
    echo "A path of one machine."
    return 1
  fi
}

readonly standard_parts=(format shell spelling licence words tidy)
readonly all_parts=("${standard_parts[@]}" tidy_all tidy_tests)
parts=("$@")
((${#parts[@]})) || parts=("${standard_parts[@]}")
failed=()
for part in "${parts[@]}"; do
  [[ " ${all_parts[*]} " == *" $part "* ]] || {
    echo "check: no part '$part'; there are: ${all_parts[*]}" >&2
    exit 2
  }
  start=$SECONDS
  if "check_$part"; then verdict=ok; else
    verdict=FAILED
    failed+=("$part")
  fi
  printf 'check %-10s %-8s %4d s\n' "$part" "$verdict" $((SECONDS - start))
done
echo "$((${#parts[@]} - ${#failed[@]})) checks passed, ${#failed[@]} failed${failed[*]:+: ${failed[*]}}"
((${#failed[@]} == 0))
