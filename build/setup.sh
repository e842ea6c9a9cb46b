# Tools: each need_* makes sure that one is there, installs it where that is possible, and else says
# what to install. Nothing here touches what is already in place.

WASM_TARGET=wasm32-unknown-unknown
TOOLS=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lan-broadcaster/tools

# need_debian PACKAGE…: root on Debian installs them; anybody else is told.
need_debian() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die 1 "Missing: $*. Install it with your package manager (Debian, Ubuntu: sudo apt-get install $*), then run this again."
  fi
  say "installing $* (Debian)"
  # A list of packages may be old or absent; asked for only when something is really missing.
  quietly apt-update apt-get update
  DEBIAN_FRONTEND=noninteractive quietly "apt-$1" apt-get install --yes --no-install-recommends "$@"
}

need_command() { # need_command COMMAND PACKAGE…
  command -v "$1" >/dev/null || need_debian "${@:2}"
}

need_rust() {
  [ -x "$HOME/.cargo/bin/cargo" ] && PATH=$HOME/.cargo/bin:$PATH
  command -v cargo >/dev/null || need_debian cargo-web rustc-web rustfmt-web rust-web-clippy
  need_command cc gcc libc6-dev
}

# The compiler that can build for the browser: `rustup`, or `debian` where rustup is absent or refused.
need_wasm_compiler() {
  [ -z "${wasm_compiler:-}" ] || return 0
  if has_rustup_target; then
    wasm_compiler=rustup
  elif has_debian_wasm; then
    wasm_compiler=debian
  elif command -v rustup >/dev/null && say "installing the Rust target $WASM_TARGET" &&
    timeout 300 rustup target add "$WASM_TARGET" >/dev/null 2>&1 && has_rustup_target; then
    wasm_compiler=rustup
  else
    say "rustup has no $WASM_TARGET here: using Debian's compiler and its sources of std"
    need_debian rustc-web cargo-web rust-web-src lld-22
    wasm_compiler=debian
  fi
}

has_rustup_target() { [ -d "$(rustc --print target-libdir --target "$WASM_TARGET" 2>/dev/null)" ]; }
has_debian_wasm() { dpkg-query -W rustc-web cargo-web rust-web-src lld-22 >/dev/null 2>&1; }

# wasm_cargo WORD OPTION…: cargo, for the browser.
wasm_cargo() {
  local word=$1
  shift
  need_wasm_compiler
  if [ "$wasm_compiler" = rustup ]; then
    cargo "$word" --target "$WASM_TARGET" "$@"
  else
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
      /usr/bin/cargo "$word" -Zbuild-std=std,panic_abort --target "$WASM_TARGET" --target-dir target/debian "$@"
  fi
}

# Where wasm_cargo leaves its release builds.
wasm_products() {
  need_wasm_compiler
  [ "$wasm_compiler" = rustup ] && echo "target/$WASM_TARGET/release" || echo "target/debian/$WASM_TARGET/release"
}

# Exactly the crate's version: the two halves of wasm-bindgen refuse each other otherwise.
need_wasm_bindgen() {
  local version
  version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
  WASM_BINDGEN=$TOOLS/wasm-bindgen-$version/bin/wasm-bindgen
  [ ! -x "$WASM_BINDGEN" ] || return 0
  if [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $version" ]; then
    WASM_BINDGEN=$(command -v wasm-bindgen)
    return 0
  fi
  say "installing wasm-bindgen-cli $version into $TOOLS (three minutes, once)"
  # The tool's own lock file may name versions that a registry does not have yet; then without it.
  quietly wasm-bindgen-cli install_wasm_bindgen "$version"
}

install_wasm_bindgen() {
  local into=(--root "$TOOLS/wasm-bindgen-$1" --target-dir target/wasm-bindgen-cli)
  cargo install wasm-bindgen-cli --version "=$1" --locked "${into[@]}" ||
    cargo install wasm-bindgen-cli --version "=$1" "${into[@]}"
  rm -rf target/wasm-bindgen-cli
}

# The nightly toolchain for its sanitizers, a C++ compiler for libFuzzer, and cargo-fuzz to join them.
need_cargo_fuzz() {
  need_rust
  cargo +nightly --version >/dev/null 2>&1 ||
    die 1 'Fuzzing needs the nightly toolchain: rustup toolchain install nightly --profile minimal, then run this again.'
  need_command c++ g++
  PATH=$TOOLS/cargo-fuzz/bin:$PATH
  ! cargo fuzz --version >/dev/null 2>&1 || return 0
  say "installing cargo-fuzz into $TOOLS (a minute, once)"
  quietly cargo-fuzz cargo install cargo-fuzz --locked --root "$TOOLS/cargo-fuzz" --target-dir target/cargo-fuzz
  rm -rf target/cargo-fuzz
}

need_node() {
  need_command node nodejs npm
  need_command npm npm
  node -e 'process.exitCode = Number.parseInt(process.versions.node) < 18 ? 1 : 0' ||
    die 1 "Node $(node --version) is too old: 18 or newer is needed."
}

# need_modules FOLDER: its npm packages, exactly as its lock file says.
need_modules() {
  need_node
  is_newer "$1/node_modules/.package-lock.json" "$1/package-lock.json" || return 0
  say "installing the npm packages of $1/"
  quietly "npm-${1//\//-}" npm ci --prefix "$1" --no-audit --no-fund
  touch "$1/node_modules/.package-lock.json"
}

# A Chromium that still takes --load-extension; branded Chrome refuses it since 137.
need_chromium() {
  local name
  if [ -n "${CHROMIUM:-}" ]; then
    [ -x "$CHROMIUM" ] || die 1 "CHROMIUM=$CHROMIUM is not a program."
  else
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || need_debian chromium
    for name in chromium chromium-browser; do
      CHROMIUM=${CHROMIUM:-$(command -v $name || true)}
    done
  fi
  export CHROMIUM
}

# The other engine that the slave page runs in.
need_firefox() {
  local name
  if [ -n "${FIREFOX:-}" ]; then
    [ -x "$FIREFOX" ] || die 1 "FIREFOX=$FIREFOX is not a program."
  else
    command -v firefox-esr >/dev/null || command -v firefox >/dev/null || need_debian firefox-esr
    for name in firefox-esr firefox; do
      FIREFOX=${FIREFOX:-$(command -v $name || true)}
    done
  fi
  export FIREFOX
}

# A Python environment of ours with the packages a file lists: need_python_packages FOLDER REQUIREMENTS
need_python_packages() {
  is_newer "$1/ready" "$2" || return 0
  need_command python3 python3 python3-venv
  python3 -c 'import ensurepip' 2>/dev/null || need_debian python3-venv
  say "installing $(grep -v '^#' "$2" | paste -sd ' ') (Python)"
  quietly python-venv python3 -m venv "$1"
  quietly pip-install "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"
  touch "$1/ready"
}
