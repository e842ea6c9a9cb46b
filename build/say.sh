# What build.sh says to people: one line a step, on stderr.

say() { printf '▸ %s\n' "$*" >&2; }

# die STATUS TEXT: gives up with a sentence that says what to do.
die() {
  printf '%s\n' "$2" >&2
  exit "$1"
}

# quietly NAME COMMAND…: runs a command, its output kept in target/log/NAME.log and shown only if it fails.
quietly() {
  local log=target/log/$1.log
  shift
  mkdir -p target/log
  "$@" >"$log" 2>&1 || {
    local status=$?
    tail -n 60 "$log" >&2
    die "$status" "failed: $*  (all of it: $log)"
  }
}

# is_newer FILE PATH…: whether one of the paths, or anything in them, is newer than the file, or the file is missing.
is_newer() {
  local file=$1
  shift
  [ ! -e "$file" ] || [ -n "$(find "$@" -newer "$file" -print -quit)" ]
}
