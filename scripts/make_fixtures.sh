#!/usr/bin/env bash
# Makes the logs under fixtures/mariadb-10.11 and fixtures/mysql-5.6 again from their source.sql, on servers of its own:
#   ./scripts/make_fixtures.sh                        all of them
#   ./scripts/make_fixtures.sh mariadb-10.11/types    only these
# The logs differ each time (times, UUIDs), so the expected rows are made with them. fixtures/mysql-8.0 is not remade: no
# package brings that server.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need build test
need_mysql56
cd "$root"
build=build/fixtures
[ -f "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug >&2
cmake --build "$build" --target binferry_make_fixtures -j "$jobs" >&2
"$build/tests/integration/binferry_make_fixtures" fixtures "$@"
