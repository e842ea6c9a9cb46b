#!/usr/bin/env bash
# `./build.sh bench`: this project beside other servers, in the same run, then through the extension, and its
# database beside other ways to a channel and beside jIO.
# Prints markdown tables on stdout; what goes on, on stderr. Loopback only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
./build.sh bench [--short] [--only PART] [OPTION…]

  --short      one round, few peers: 100 members of 4 KiB; few rounds of the database (about five minutes
               once installed)
  --only PART  serve: `serve` beside other servers; idle: memory of 1,000 idle members;
               extension: messages through Chromium, and the popup; companions: the companion program and the
               Direct Sockets app, in turn; attack: what an honest pair notices of
               200 hostile connections; database: all of open, query, calls, live, slaves and
               replication, which can be named too: from the click to a channel, beside PeerJS and
               simple-peer; queries, beside jIO; calls a second; followed queries; 400 slaves on one
               master; bytes on the line to a server, beside PouchDB and jIO
  OPTION…      for bench/peers/run-peers.sh: --rounds 3 --clients 10,100,1000 --sizes 200,4096 --peers a,b
TEXT
}

# A session of its own, so that its autogroup can go ahead of other work (as root): all that is measured
# is in it, and equal.
if [ -z "${BENCH_SESSION:-}" ]; then
  BENCH_SESSION=own exec setsid --wait bench/run.sh "$@"
fi
(echo -20 >/proc/self/autogroup) 2>/dev/null || true

HOST=dist/host/lan-broadcaster-host
export WORK=$PWD/target/bench
parts=(serve idle extension companions attack database)
peers=()
while [ $# -gt 0 ]; do
  case $1 in
    --short) peers+=(--rounds 1 --clients 100 --sizes 4096 --peers tuned,uWebSockets,tokio-tungstenite) ; export SKIP_WEBSOCAT=1 ROUNDS=5 RECORDS=1000 ;;
    --only) parts=("$2") && shift ;;
    -h | --help) usage && exit ;;
    *) peers+=("$1") ;;
  esac
  shift
done

main() {
  mkdir -p "$WORK"
  ulimit -n "$(ulimit -Hn)"
  local part
  for part in "${parts[@]}"; do
    case $part in
      serve | idle | extension | companions | attack | database) "bench_$part" ;;
      open | query | calls | live | slaves | replication) bench_database "$part" ;;
      *) usage >&2 && exit 2 ;;
    esac
  done
}

need_fanout() {
  CARGO_TARGET_DIR=$WORK/fanout cargo build --release --quiet --manifest-path bench/fanout/Cargo.toml
}

bench_serve() {
  need_fanout
  printf '\n## `serve` beside other servers\n\n'
  start_serve
  bench/peers/run-peers.sh "${peers[@]}" --also "this project=$port:$pid"
  stop_serve
}

bench_idle() {
  need_fanout
  printf '\n## 1,000 idle members\n\n| members | memory of serve, MiB (RSS) | all open after, s |\n|---|---|---|\n'
  local members
  for members in 100 1000; do
    start_serve
    "$WORK/fanout/release/fanout" --url "ws://127.0.0.1:$port/" --clients $members --messages 1 --server-pid "$pid" --json |
      node -e 'const r = JSON.parse(require("fs").readFileSync(0));
        console.log(`| ${r.clients} | ${(r.server_rss_open_kib / 1024).toFixed(1)} | ${r.open_s.toFixed(2)} |`)'
    stop_serve
  done
}

bench_extension() {
  need_fanout
  printf '\n## Through the extension\n\n'
  FANOUT=$WORK/fanout/release/fanout e2e/harness/network.sh node bench/extension.js
}

bench_companions() {
  need_fanout
  printf '\n## The companion program and the app\n'
  FANOUT=$WORK/fanout/release/fanout e2e/harness/network.sh node bench/companions.js
}

bench_attack() {
  need_fanout
  printf '\n## 200 hostile connections\n'
  HOST=$PWD/$HOST FANOUT=$WORK/fanout/release/fanout ATTACK=$WORK/fanout/release/attack \
    e2e/harness/network.sh node bench/attack.js serve extension
}

# bench_database [PART…]: the database; what it is measured beside is installed from npm.
bench_database() {
  export PEERS=$WORK/database
  cmp -s bench/database/package-lock.json "$PEERS/package-lock.json" && [ -d "$PEERS/node_modules" ] || {
    echo "installing PeerJS, simple-peer, jIO and PouchDB into $PEERS" >&2
    mkdir -p "$PEERS"
    cp bench/database/package.json bench/database/package-lock.json "$PEERS/"
    npm ci --silent --no-audit --no-fund --prefix "$PEERS" || { rm "$PEERS/package-lock.json" && exit 1; }
  }
  [ $# -gt 0 ] || set -- open query calls live slaves replication
  local part
  for part; do
    printf '\n## The database: %s\n' "$part"
    e2e/harness/network.sh node "bench/database/$part.js"
  done
}

# start_serve: a `serve` on a free port, pinned like the peers; sets pid and port.
start_serve() {
  exec 3< <(exec taskset -c 0 "$HOST" serve --open --port 0 --bind 127.0.0.1)
  pid=$!
  local line
  read -r line <&3 || { echo 'serve did not start' >&2 && exit 1; }
  port=${line##*:}
  port=${port%/}
}

stop_serve() {
  kill "$pid"
  exec 3<&-
}

main
