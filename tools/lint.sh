#!/usr/bin/env bash
# lint.sh: form, warnings of both compilers, static analysis, limits. Prints what is wrong and where.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/venv.sh

sources=$(git ls-files '*.c' '*.h')
ours=$(git ls-files 'collector/*.c' 'scrubbers/*.c')

echo "lint: clang-format"
clang-format --dry-run -Werror $sources

echo "lint: forbidden functions"
if grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca)\(' $ours include/weir/*.h; then
  echo "lint: use the bounded ones of include/weir/ instead" >&2
  exit 1
fi

echo "lint: size and complexity"
long=$(git ls-files 'collector/*.[ch]' 'scrubbers/*.[ch]' 'include/*.h' | xargs wc -l | awk '$2 != "total" && $1 > 600')
if [ -n "$long" ]; then
  echo "lint: files over 600 lines have two reasons to change:" >&2
  echo "$long" >&2
  exit 1
fi
"$VENV/bin/lizard" -l c -C 15 -L 60 -w collector scrubbers -W tools/lizard-allowed.txt

echo "lint: clang builds without a warning"
cmake --preset clang >/dev/null
cmake --build build/clang 2>&1 | tail -n 40 | grep -E 'error|warning|FAILED' && exit 1
cmake --build build/clang >/dev/null

echo "lint: clang-tidy"
printf '%s\n' $ours | xargs -P "$(nproc)" -n 4 clang-tidy -p build/clang --quiet 2>/dev/null
echo "lint: fine"
