#!/usr/bin/env bash
# clang-tidy 19 on the C++ sources that changed since BASE (by .clang-tidy; warnings are errors).
#
#   tools/tidy.sh [--at-most N] [--all | BASE]
#
#   BASE          default: where this branch left origin/main, else the commit before the last
#   --all         every source of src/
#   --at-most N   checks only the N files whose change is the largest, and says how many were left out
#
# A changed header is checked through the changed sources that include it. Needs what a build needs (scripts/setup.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
at_most=100000 base=
while [ $# -gt 0 ]; do
  case $1 in
    --at-most) at_most=${2:?--at-most takes a number} && shift ;;
    --all) base=all ;;
    -*)
      echo "tidy.sh: unknown option '$1'" >&2
      exit 2
      ;;
    *) base=$1 ;;
  esac
  shift
done
empty_tree=$(git hash-object -t tree /dev/null)

default_base() {
  local fork
  fork=$(git merge-base HEAD origin/main 2>/dev/null || true)
  if [ -n "$fork" ] && [ "$fork" != "$(git rev-parse HEAD)" ]; then
    echo "$fork"
  else
    git rev-parse -q --verify HEAD~1 || echo "$empty_tree"
  fi
}

tidy=
for candidate in "${CLANG_TIDY:-}" .venv-test/bin/clang-tidy clang-tidy; do
  if "$candidate" --version 2>/dev/null | grep -q 'version 19\.'; then
    tidy=$candidate
    break
  fi
done
if [ -z "$tidy" ]; then
  echo "tidy: no clang-tidy 19 on this machine: not checked (scripts/test.sh puts it into .venv-test where there is a wheel)"
  exit 0
fi
case $base in
  all) base=$empty_tree ;;
  '') base=$(default_base) ;;
esac
# Sources with the largest change first; those not yet added to git count as well.
files=()
while read -r file; do
  files+=("$file")
done < <(
  {
    git diff --numstat --diff-filter=d "$base" -- 'src/*.cpp' | awk '{ print $1, $3 }'
    git ls-files --others --exclude-standard -- 'src/*.cpp' | xargs -r wc -l | awk '$2 != "total" { print $1, $2 }'
  } | sort -rn | cut -d' ' -f2- | uniq
)
if [ ${#files[@]} = 0 ]; then
  echo "tidy: no source changed since ${base:0:12}"
  exit 0
fi
# Sources as compilers see them without precompiled headers: one that forgets an include fails here.
if ! cmake --preset release -B build/tidy -DLP_PRECOMPILE=OFF >build/configure-tidy.log 2>&1; then
  cat build/configure-tidy.log >&2
  exit 1
fi
left=$((${#files[@]} - at_most))
files=("${files[@]:0:at_most}")
echo "tidy: ${#files[@]} sources that changed since ${base:0:12}$([ $left -gt 0 ] && echo "; $left with smaller changes left out: tools/tidy.sh $base")"
# omp.h is with the compiler's own headers; clang-tidy has its own of all others there, so that folder is searched last. GCC's
# omp.h says malloc(omp_free) in attributes, where clang takes no argument.
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" "$tidy" -p build/tidy --quiet --use-color=0 \
    --extra-arg=-idirafter"$(c++ -print-file-name=include)" --extra-arg='-D__malloc__(deallocator)=__malloc__' 2>&1 |
  { grep -vE '^[0-9]+ (warnings?|errors?)( and [0-9]+ errors?)? (generated|treated)|^Suppressed ' || true; }
