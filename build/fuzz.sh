# Fuzzing: what the targets check stands in fuzz/targets; here they are run.

# fuzz_target TARGET SECONDS: grows a corpus under target/, apart from the committed one, for that long.
# Gently: it is nobody's first concern on a machine that people work at.
fuzz_target() {
  [ -d "fuzz/corpus/$1" ] || die 2 "No target '$1'. There are: $(find fuzz/corpus -mindepth 1 -maxdepth 1 -printf '%f ' | sort)"
  local grown=$PWD/target/fuzz/$1 found=fuzz/artifacts/$1
  mkdir -p "$grown" "$found"
  say "fuzzing $1 for $2 s"
  nice -n 19 cargo +nightly fuzz run "$1" "$grown" "fuzz/corpus/$1" -- \
    -max_total_time="$2" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -dict=fuzz/words.dict -print_final_stats=1 ||
    die 1 "$1 breaks a promise; the input is in $found. Mend it, then copy the input to fuzz/corpus/$1 under a name that says what it was."
}
