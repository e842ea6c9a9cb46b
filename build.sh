#!/usr/bin/env bash
# The one entry to everything: `./build.sh help` says what each word does.
# build/*.sh holds the steps; each step does its own set-up and nothing that is already done.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

for part in say setup products fuzz checks; do
  # shellcheck source=/dev/null
  . "build/$part.sh"
done

help() {
  cat <<'TEXT'
./build.sh WORD

  run [--open] [--direct-sockets] [--port N] [--headless] [--profile DIR]
                 build, start Chromium with the extension, share by invitation or with everyone, print
                 the URLs and a line `invitation http://ADDRESS:PORT/#…`; stays until Ctrl-C
  test [SUITE…]  every test, or the suites named: format lints docs layers supply
                 rust pages package conformance e2e soak
  soak [MINUTES] [--seed N]
                 hundreds of members, masters and slaves at work while one thing after the other breaks;
                 2 minutes unless told otherwise. Prints its seed, by which a run can be had again
  build          dist/extension (load unpacked), dist/direct-sockets, dist/npm, dist/site, dist/host
  install-host [OPTION…]
                 build the companion and install it for the browsers of this user
  package        build, and dist/lan-broadcaster-VERSION.zip for the web store, and the Direct Sockets app
                 as a signed web bundle, whose id it prints
  bench [OPTION…]
                 measure `serve` beside other servers, and the extension (./build.sh bench --help)
  fuzz [TARGET] [SECONDS]
                 look for input that breaks a parser or a machine, with one target or with each in
                 turn, 600 s each; what is found goes to fuzz/artifacts
  clean          remove what was built
  help           this text

Each word installs what it needs and says so; the second time it is quick.
TEXT
}

build() {
  need_rust
  build_extension
  build_direct_sockets
  build_host
  say "built: dist/extension (load unpacked), dist/direct-sockets, dist/npm, dist/site, dist/host/$HOST"
}

run() {
  build
  need_chromium
  need_modules e2e
  # exec: Ctrl-C and SIGTERM reach the program that cleans up.
  exec node e2e/run.js "$@"
}

install_host() {
  need_rust
  build_host
  "dist/host/$HOST" install "$@"
}

package() {
  build
  zip_extension
  bundle_app
}

bench() {
  build
  need_chromium
  need_command ip iproute2
  need_command python3 python3 python3-venv
  need_modules e2e
  need_modules e2e/couchdb
  exec bench/run.sh "$@"
}

soak() {
  need_soak
  exec e2e/harness/network.sh node e2e/soak/soak.js "$@"
}

fuzz() {
  local targets=() target
  [ $# -eq 0 ] || [[ $1 =~ ^[0-9]+$ ]] || { targets=("$1") && shift; }
  need_cargo_fuzz
  [ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
  for target in "${targets[@]}"; do
    fuzz_target "$target" "${1:-600}"
  done
}

clean() {
  cargo clean --quiet
  rm -rf fuzz/target
  rm -rf dist build/node_modules e2e/node_modules
  say 'removed: target, dist, node_modules'
}

word=${1:-help}
[ $# -gt 0 ] && shift
case $word in
  build | run | package | bench | soak | fuzz | clean | help) "$word" "$@" ;;
  test) run_suites "$@" ;;
  suite) need_rust && "suite_$1" ;; # one suite, as `test` runs it
  install-host) install_host "$@" ;;
  -h | --help) help ;;
  *) die 2 "build.sh knows no word '$word'. ./build.sh help lists them." ;;
esac
