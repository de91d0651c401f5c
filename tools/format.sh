#!/usr/bin/env bash
# Formats the C++ of the tree by .clang-format; --check only says which files differ (exit status 1).
#
#   tools/format.sh [--check]
#
# The formatter is clang-format 19.1.7, of .venv-test (scripts/test.sh puts it there) or $CLANG_FORMAT or PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in
  '') mode=(-i) ;;
  --check) mode=(--dry-run --Werror) ;;
  *)
    echo "format.sh: unknown option '$1'; it takes --check or nothing" >&2
    exit 2
    ;;
esac
for formatter in "${CLANG_FORMAT:-}" .venv-test/bin/clang-format clang-format; do
  if "$formatter" --version 2>/dev/null | grep -qF 'version 19.1.7'; then
    find src tests bench -name '*.[ch]pp' -print0 | xargs -0 "$formatter" "${mode[@]}"
    exit
  fi
done
echo "format.sh: no clang-format 19.1.7; scripts/test.sh puts it into .venv-test, or: CLANG_FORMAT=FILE tools/format.sh" >&2
exit 1
