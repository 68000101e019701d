#!/usr/bin/env bash
# fuzz.sh SECONDS [TARGET...]: runs the fuzzers for SECONDS each, from the corpus in the tree; what is
# new goes to build/corpus, a crash to build/crashes. Exit status 1 when one was found.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
if [ ! -d build/fuzz ]; then cmake --preset fuzz >/dev/null; fi
cmake --build build/fuzz >/dev/null
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for t in build/fuzz/tests/fuzz_*; do [ -x "$t" ] && [ -f "$t" ] && targets+=("$(basename "$t")"); done
fi
mkdir -p build/crashes
status=0
for t in "${targets[@]}"; do
  name=${t#fuzz_}
  mkdir -p "build/corpus/$name"
  echo "fuzz: $name for $seconds s"
  if ! "build/fuzz/tests/$t" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=0 \
    -artifact_prefix="build/crashes/$name-" "build/corpus/$name" "tests/fuzz/corpus/$name" >"build/fuzz-$name.log" 2>&1; then
    status=1
    tail -n 40 "build/fuzz-$name.log"
  else
    tail -n 1 "build/fuzz-$name.log"
  fi
done
exit $status
