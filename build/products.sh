# What is built, in this order: the WASM, dist/npm, dist/site, dist/extension, dist/host; and the
# store's zip, and the app's bundle.

HOST=lan-broadcaster-host
APP_KEY=${XDG_CONFIG_HOME:-${HOME:-/root}/.config}/lan-broadcaster/direct-sockets.pem

# The companion has the served pages built in, with the package they use.
build_host() {
  build_site
  PEER_PACKAGE=$PWD/dist/site/peer quietly cargo-host cargo build --release --quiet --package "$HOST"
  mkdir -p dist/host
  cp -uf "target/release/$HOST" dist/host/ # (-f: one that runs stays as it is)
}

build_extension() {
  build_site
  bind lan_broadcaster background
  lay_extension
}

# dist/direct-sockets: the Isolated Web App that opens the port in the native companion's place.
build_direct_sockets() {
  build_npm
  bind direct_sockets direct_sockets
  lay dist/direct-sockets direct-sockets/app/. pages/theme.css extension/icons/icon.svg
  mkdir -p dist/direct-sockets/wasm dist/direct-sockets/.well-known
  cp target/wasm/direct_sockets/* dist/direct-sockets/wasm/
  node build/direct-sockets.mjs
}

# target/echo: that app with an echo in the extension's place, for conformance; not given to anybody.
build_echo_app() {
  build_direct_sockets
  lay target/echo dist/direct-sockets/. conformance/echo/.
}

# dist/npm: the package for web pages.
build_npm() {
  need_modules build
  need_wasm_bindgen
  quietly cargo-wasm wasm_cargo build --release --package peer --package lan-broadcaster --package direct-sockets
  bind peer peer
  lay dist/npm peer/npm/. target/wasm/peer/.
  rm -rf dist/npm/tests
}

# The files served on the port, by the names they are served under. The extension carries the same
# files and hands them to the companion; the companion has them built in for `serve`.
build_site() {
  need_node
  build_npm
  mkdir -p dist/site
  node build/site.mjs
}

# bind CRATE NAME: target/wasm/NAME.js and NAME_bg.wasm from a crate's build, made smaller.
bind() {
  local from to=target/wasm/$2
  from=$(wasm_products)/$1.wasm
  is_newer "$to/$2_bg.wasm" "$from" build/package-lock.json || return 0
  rm -rf "$to"
  quietly wasm-bindgen "$WASM_BINDGEN" --target web --no-typescript --out-name "$2" --out-dir "$to" "$from"
  # Only what the compiler uses by default: browsers of minimum_chrome_version know all of it.
  quietly wasm-opt build/node_modules/.bin/wasm-opt -O3 --enable-bulk-memory --enable-mutable-globals \
    --enable-multivalue --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext \
    "$to/$2_bg.wasm" -o "$to/$2_opt.wasm"
  mv "$to/$2_opt.wasm" "$to/$2_bg.wasm"
}

# Chromium wants _locales beside the manifest; all else keeps its place, so that paths read the same
# in the sources and in the product.
lay_extension() {
  lay dist/extension manifest.json extension pages
  mv dist/extension/extension/_locales dist/extension/
  cp -r target/wasm/background dist/extension/extension/wasm
  cp dist/site.json dist/extension/pages/
  cp -r dist/site/peer dist/extension/pages/
  find dist/extension -name '*.md' -delete
}

# lay FOLDER PATH…: the folder, with exactly these inside.
lay() {
  local to=$1
  shift
  rm -rf "$to"
  mkdir -p "$to"
  cp -pr "$@" "$to"/
}

# The store refuses a manifest with `key`: it gives the id itself.
zip_extension() {
  need_command zip zip
  local version zip
  version=$(node -p 'require("./manifest.json").version')
  zip=$PWD/dist/lan-broadcaster-$version.zip
  lay dist/store dist/extension/.
  node -e '
    const fs = require("fs"), file = "dist/store/manifest.json", manifest = JSON.parse(fs.readFileSync(file));
    delete manifest.key;
    fs.writeFileSync(file, JSON.stringify(manifest, null, 2) + "\n");'
  rm -f "$zip"
  (cd dist/store && quietly_zip "$zip")
  rm -rf dist/store
  say "packed: ${zip#"$PWD/"} ($(du -k "$zip" | cut -f1) KiB), dist/host/$HOST ($(du -k dist/host/$HOST | cut -f1) KiB)"
}

quietly_zip() { zip --quiet --recurse-paths -X "$1" .; }

# The app, signed. Its id is the key's, so the key stays, outside the repository.
bundle_app() {
  need_modules build
  local bundle origin
  bundle=dist/lan-broadcaster-port-$(node -p 'require("./manifest.json").version').swbn
  origin=$(node build/bundle.mjs dist/direct-sockets "$APP_KEY" "$bundle")
  say "packed: $bundle ($(du -k "$bundle" | cut -f1) KiB), signed with $APP_KEY:"
  echo "$origin"
}
