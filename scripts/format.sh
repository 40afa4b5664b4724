#!/usr/bin/env bash
# clang-format over every source of ours; with --check, only says which files differ.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need tidy
mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror)
find binlog position applier cli tests bench \( -name '*.hpp' -o -name '*.cpp' \) -print0 | xargs -0 clang-format-19 "${mode[@]}"
