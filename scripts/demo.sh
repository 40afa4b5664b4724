#!/usr/bin/env bash
# Builds binferry and shows its main job on the log of a small shop: reading it, and keeping a replica. Needs no server. Installs missing packages first.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need build
build release binferry

binferry=build/release/cli/binferry
log=fixtures/mysql-8.0/shop/binlog.000001

show() {
  printf '\n$ binferry %s\n' "$*"
  "$binferry" "$@"
}

say "the log of a small shop, as text (its first transactions)"
show inspect --format=text "$log" >build/demo.txt
head -n 60 build/demo.txt
printf '… %s lines in all, in build/demo.txt\n' "$(wc -l <build/demo.txt)"

say "the same log, one JSON object a change (docs/cli-json.md is the contract)"
show inspect --format=json "$log" >build/demo.jsonl
head -n 8 build/demo.jsonl
printf '… %s lines in all, in build/demo.jsonl\n' "$(wc -l <build/demo.jsonl)"

say "where every byte of it went"
show inspect --coverage "$log"

say "what changed, a table a line"
show inspect --stats "$log"

say "a SQLite replica of it"
replica=build/demo.db
rm -f "$replica" "$replica"-wal "$replica"-shm "$replica".lock
show replay "$log" --into "$replica"
if command -v sqlite3 >/dev/null; then
  query='SELECT id, email, years, full_name, extra FROM "shop.customer" ORDER BY id'
  printf '\n$ sqlite3 %s %s\n' "$replica" "'$query'"
  sqlite3 -header -column "$replica" "$query"
fi
show position show "$replica"

say "the same log again changes nothing"
show replay "$log" --into "$replica"

printf '\nThe program is %s; try: %s inspect --help\n' "$binferry" "$binferry"
