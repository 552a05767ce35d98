# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by ./dev: install_packages GROUP... makes sure that the groups' packages of packages.txt are there.

# Prints the packages of packages.txt that belong to any of the groups.
packages_of() {
  awk -v wanted="$*" '
    BEGIN { n = split(wanted, groups, " ") }
    /^[^#]/ && NF {
      for (i = 1; i <= n; i++) if (index("," $2 ",", "," groups[i] ",")) { print $1; next }
    }' packages.txt
}

# Prints those of the given packages that are not installed.
missing_packages() {
  local installed package
  installed=$'\n'$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)$'\n'
  for package in "$@"; do
    [[ $installed == *$'\n'"installed $package"$'\n'* ]] || printf '%s\n' "$package"
  done
}

install_packages() {
  local wanted missing as_root=()
  command -v apt-get >/dev/null || {
    echo "dev: apt-get not found; this needs Debian 12 with: $(packages_of "$@" | tr '\n' ' ')" >&2
    return 1
  }
  mapfile -t wanted < <(packages_of "$@")
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  ((${#missing[@]})) || return 0

  if ((EUID != 0)); then
    command -v sudo >/dev/null || {
      echo "dev: these packages are missing, and you are not root and there is no sudo.  As root, run:" >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "== Installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3)
  "${apt[@]}" update </dev/null
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null
}
