# Every test, counted the same way. A suite is a function that prints, as its last such line,
# `N passed, N failed`; run_suites adds them up.

SUITES=(format lints docs layers supply rust pages package conformance e2e soak)

run_suites() {
  local suite
  [ $# -gt 0 ] || set -- "${SUITES[@]}"
  for suite in "$@"; do
    [[ " ${SUITES[*]} " == *" $suite "* ]] || die 2 "No suite '$suite'. There are: ${SUITES[*]}"
  done
  need_rust
  passed=0 failed=0 skipped=0
  mkdir -p target/log
  for suite in "$@"; do
    run_suite "$suite"
  done
  printf '\n%d passed, %d failed%s\n' "$passed" "$failed" "$([ $skipped = 0 ] || echo ", $skipped skipped")"
  [ "$failed" = 0 ]
}

# A suite runs in a build.sh of its own: one that gives up is one more failure, not the end of the others.
# (A subshell would not do: bash ignores `set -e` in whatever stands before `||`.)
run_suite() {
  local log=target/log/$1.log started=$SECONDS status=0 counts p f s
  ./build.sh suite "$1" >"$log" 2>&1 || status=$?
  counts=$(grep -aoE '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1 | tr -dc '0-9 ' || true)
  read -r p f s _ <<<"${counts:-0 0} 0"
  if [ "$status" != 0 ] && [ "$f" = 0 ]; then f=1; fi
  if [ "$f" != 0 ]; then
    tail -n 150 "$log"
    say "$1: failed; all of its output: $log"
  fi
  printf '%-12s %4d passed, %d failed  (%d s)\n' "$1" "$p" "$f" $((SECONDS - started))
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# check NAME COMMAND…: one test that is a command's exit status. Sets ok and bad.
check() {
  if "${@:2}"; then
    echo "ok      $1"
    ok=$((ok + 1))
  else
    echo "FAILED  $1"
    bad=$((bad + 1))
  fi
}

# checks FUNCTION: runs it with fresh counts and prints them.
checks() {
  ok=0 bad=0
  "$1"
  printf '%d passed, %d failed\n' "$ok" "$bad"
  [ "$bad" = 0 ]
}

suite_format() { checks format_checks; }
format_checks() {
  check 'rustfmt' cargo fmt --all --check
  local script
  for script in build.sh build/*.sh bench/*.sh .ci/run; do
    check "bash reads $script" bash -n "$script"
  done
  need_node
  for script in build/*.mjs extension/*.js pages/*.js peer/npm/*.js e2e/*.js e2e/*/*.js e2e/harness/*/*.js bench/*.js conformance/*.mjs conformance/*/*.js; do
    check "node reads $script" node --check "$script"
  done
}

suite_lints() { checks lint_checks; }
lint_checks() {
  check 'clippy, native' cargo clippy --quiet --all-targets -- -D warnings
  check 'clippy, fuzz targets' cargo clippy --quiet --package fuzz-targets --all-targets -- -D warnings
  check 'clippy, browser' wasm_lints
}

# Debian's clippy does not build std; there the compiler's own warnings are what can be had.
wasm_lints() {
  need_wasm_compiler
  if [ "$wasm_compiler" = rustup ]; then
    wasm_cargo clippy --quiet --package lan-broadcaster --package peer --package web --package direct-sockets -- -D warnings
  else
    RUSTFLAGS='-D warnings' wasm_cargo check --quiet --package lan-broadcaster --package peer --package web --package direct-sockets
  fi
}

suite_docs() { checks doc_checks; }
doc_checks() {
  check 'cargo doc' env RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps --package broadcaster --package jio --package remote --package trust --package lan-broadcaster-host
}

suite_layers() { checks layer_checks; }

# Who may import whom (ARCHITECTURE.md): crates are asked for what they import, all the way down.
layer_checks() {
  check 'broadcaster does no IO' imports_none broadcaster native tokio mio socket2 rustix web-sys js-sys wasm-bindgen
  check 'broadcaster does no IO in a browser' imports_none broadcaster "$WASM_TARGET" tokio mio socket2 web-sys
  check 'broadcaster imports none of ours' imports_none broadcaster native web lan-broadcaster lan-broadcaster-host
  check 'jio does no IO' imports_none jio native tokio mio socket2 rustix web-sys js-sys wasm-bindgen
  check 'jio imports only what reads JSON' imports_only jio serde serde_json thiserror
  check 'remote does no IO and draws no randomness' imports_none remote native tokio mio socket2 rustix web-sys js-sys wasm-bindgen getrandom
  check 'remote does neither in a browser' imports_none remote "$WASM_TARGET" tokio mio socket2 web-sys js-sys wasm-bindgen getrandom
  check 'remote imports of ours jio alone' imports_none remote native broadcaster trust web peer lan-broadcaster lan-broadcaster-host
  check 'trust does no IO and draws no randomness' imports_none trust native tokio mio socket2 rustix web-sys js-sys wasm-bindgen getrandom
  check 'trust does neither in a browser' imports_none trust "$WASM_TARGET" tokio mio socket2 web-sys js-sys wasm-bindgen getrandom
  check 'trust imports none of ours' imports_none trust native broadcaster jio web lan-broadcaster lan-broadcaster-host
  check 'web imports none of ours' imports_none web "$WASM_TARGET" broadcaster jio peer lan-broadcaster
  check 'the companion imports no browser' imports_none lan-broadcaster-host native web web-sys js-sys wasm-bindgen
  # tokio comes with IndexedDB, for its channels alone; with sockets it would bring mio.
  check 'the extension imports no sockets' imports_none lan-broadcaster "$WASM_TARGET" mio socket2 lan-broadcaster-host peer jio
  check 'the peer imports no sockets and no extension' imports_none peer "$WASM_TARGET" mio socket2 lan-broadcaster lan-broadcaster-host
  check 'the app imports no sockets but the browser'\''s, and no extension' imports_none direct-sockets "$WASM_TARGET" mio socket2 lan-broadcaster lan-broadcaster-host peer
  check 'broadcaster names no clock, net, file or thread of std' names_none broadcaster/src \
    'std::(time|fs|thread|process|env|net::(Tcp|Udp|ToSocket))|io::std(in|out|err)|Instant::now|SystemTime'
  check 'jio names no clock, net, file or thread of std' names_none jio/src 'std::(time|fs|net|thread|process|env|io)|Instant::now|SystemTime'
  check 'remote names no clock, net, file or thread of std' names_none remote/src 'std::(time|fs|net|thread|process|env|io)|Instant::now|SystemTime'
  check 'trust names no clock, net, file or thread of std' names_none trust/src \
    'std::(time|fs|thread|process|env|net::(Tcp|Udp|ToSocket))|io::std(in|out|err)|Instant::now|SystemTime'
  check 'only web/ names closures' names_none 'src peer/src direct-sockets/src' 'Closure|unchecked_into|js_sys::Function|Reflect'
  check 'pages and extension run no text' names_none 'extension pages peer/npm direct-sockets/app' 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\('
}

# imports_none PACKAGE TARGET CRATE…: whether none of the crates is below the package.
imports_none() {
  local package=$1 target=$2 tree crate found=
  shift 2
  [ "$target" = native ] && target=$(rustc -vV | sed -n 's/^host: //p')
  tree=$(cargo tree --quiet --package "$package" --target "$target" --edges normal --prefix none | awk '{print $1}' | sort -u)
  for crate in "$@"; do
    [ "$crate" = "$package" ] || ! grep -qx -- "$crate" <<<"$tree" || found+=" $crate"
  done
  [ -z "$found" ] || { echo "$package imports$found"; return 1; }
}

# imports_only PACKAGE CRATE…: whether the package itself names no other crates.
imports_only() {
  local package=$1 others
  shift
  others=$(cargo tree --quiet --package "$package" --edges normal --depth 1 --prefix none | awk 'NR > 1 {print $1}' | grep -vxF "$(printf '%s\n' "$@")" || true)
  [ -z "$others" ] || { echo "$package imports $others"; return 1; }
}

# names_none 'FOLDER…' PATTERN: whether no source line outside comments has the pattern.
names_none() {
  local found
  # shellcheck disable=SC2086
  found=$(grep -rnE --include='*.rs' --include='*.js' "$2" $1 | grep -vE '^[^:]+:[0-9]+:\s*(//|\*)' || true)
  [ -z "$found" ] || { echo "$found"; return 1; }
}

# Licences, sources, banned crates and known vulnerabilities of everything that comes from elsewhere.
suite_supply() {
  need_node
  node build/supply.mjs
}

suite_rust() {
  local status=0 log=target/log/cargo-test.log
  cargo test --no-fail-fast --workspace --exclude lan-broadcaster --exclude web 2>&1 | tee "$log" || status=$?
  awk '/^test result:/ { p += $4; f += $6; s += $8 }
       END { printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : "" }' "$log"
  return "$status"
}

# What extension and pages compute without a browser, and what the package's types promise.
suite_pages() { node_tests tests/*.test.mjs; }

# What is handed out, as far as a browser is not needed to see it.
suite_package() {
  build_direct_sockets
  node_tests tests/package/*.test.mjs
}

node_tests() {
  need_modules build
  local status=0 log=target/log/node-test.log
  node --test --test-reporter=tap "$@" >"$log" 2>&1 || status=$?
  cat "$log"
  awk '/^# pass /{ p = $3 } /^# (fail|cancelled) /{ f += $3 } END { printf "%d passed, %d failed\n", p, f }' "$log"
  return "$status"
}

# Autobahn against the executor as the native companion has it, and as the app has it: in Node, and in Chromium.
suite_conformance() {
  local status=0 log=target/log/autobahn.log
  need_python_packages target/kosoku conformance/requirements.txt
  quietly cargo-echo cargo build --release --quiet --package "$HOST" --example echo
  build_echo_app
  need_chromium
  need_modules e2e
  rm -f "$log"
  autobahn native --echo target/release/examples/echo --max-message-bytes $((16 << 20))
  autobahn node --behind-link --echo node conformance/node.mjs target/echo
  APP_DIST=target/echo autobahn app --behind-link --echo node conformance/app.mjs
  awk '/^[0-9]+ passed, / { p += $1; f += $3 } END { printf "%d passed, %d failed\n", p, f }' "$log"
  return "$status"
}

# autobahn NAME OPTION…: one run, its pages in target/autobahn/NAME. Sets status.
autobahn() {
  echo "$1:" | tee -a "$log"
  python3 conformance/run.py target/kosoku/bin/kosoku "target/autobahn/$1" "${@:2}" | tee -a "$log" || status=1
}

suite_e2e() {
  build_extension
  build_direct_sockets
  build_host
  need_chromium
  need_firefox
  need_command ip iproute2
  need_command nft nftables
  need_modules e2e
  need_modules e2e/couchdb
  node e2e/test.js
}

need_soak() {
  build_extension
  build_host
  need_chromium
  need_command ip iproute2
  need_command nft nftables
  need_modules e2e
}

suite_soak() {
  need_soak
  e2e/harness/network.sh node e2e/soak/soak.js
}
