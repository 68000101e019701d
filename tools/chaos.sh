#!/usr/bin/env bash
# chaos.sh N: N rounds of kill -9 under load; prints acknowledged, missing and duplicate counts.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/venv.sh
cmake --preset release >/dev/null
cmake --build build/release --target weir >/dev/null
CHAOS_ROUNDS=${1:-100} CHAOS_SEED=${SEED:-$RANDOM} "$VENV/bin/python" -m pytest -q -s tests/e2e/test_crash.py
