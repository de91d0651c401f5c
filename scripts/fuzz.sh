#!/usr/bin/env bash
# Lets libFuzzer look for files that break a reader: builds with Clang and its sanitizers, runs each reader for a while.
#
#   scripts/fuzz.sh [--seconds N] [READER...]     N: for each reader, 600 by default; all readers by default
#
# Corpora are kept in build/fuzz/corpus. Exit status 1: something was found; the file that did it is named.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

seconds=600
chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds)
      seconds=$2
      shift
      ;;
    -h | --help)
      usage
      exit
      ;;
    *) chosen+=("$1") ;;
  esac
  shift
done

clang=''
for candidate in clang++-19 clang++; do
  if command -v "$candidate" >/dev/null; then
    clang=$candidate
    break
  fi
done
[ -n "$clang" ] || fail "no Clang here; on Debian: apt-get install clang-19 libclang-rt-19-dev"
cmake --preset fuzz -DCMAKE_CXX_COMPILER="$clang" >/dev/null
cmake --build --preset fuzz --target lp-fuzz
"$python" tests/fuzz/seeds.py build/fuzz/seeds
status=0
[ ${#chosen[@]} -gt 0 ] || mapfile -t chosen < <(ls build/fuzz/seeds)
for reader in "${chosen[@]}"; do
  mkdir -p "build/fuzz/corpus/$reader"
  say "fuzz: $reader for $seconds s"
  LP_READER=$reader build/fuzz/bin/lp-fuzz "build/fuzz/corpus/$reader" "build/fuzz/seeds/$reader" -max_total_time="$seconds" -timeout=20 \
    -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -artifact_prefix="build/fuzz/found-$reader-" 2>"build/fuzz/$reader.log" || status=1
  grep -E 'SUMMARY|ERROR' "build/fuzz/$reader.log" || true # none where nothing was found
  grep 'stat::number_of_executed_units' "build/fuzz/$reader.log" || status=1
done
exit $status
