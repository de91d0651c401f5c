# shellcheck shell=bash disable=SC2034
# What setup.sh, demo.sh and test.sh share; they read it with `.`. It moves to the root of the tree.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
root=$PWD
requirements=$root/scripts/requirements

# Debian's Python, not one that a version manager put first in PATH; on a Mac Homebrew's, which is newer than Apple's.
if [ "$(uname -s)" = Linux ] && [ -x /usr/bin/python3 ]; then
  python=/usr/bin/python3
else
  python=python3
fi

# CMake of setup.sh's own environment, where the system's was too old.
if [ -x "$root/.venv/bin/cmake" ]; then
  PATH=$root/.venv/bin:$PATH
fi

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# usage: the comment at the head of the script.
usage() {
  awk 'NR > 1 && /^#/ { sub(/^# ?/, ""); print; next } NR > 1 { exit }' "$0"
}

# make_venv DIR [venv options...]: a Python environment in the tree, once; anew when the tree was moved since.
make_venv() {
  if ! "$1/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$1"
    "$python" -m venv "${@:2}" "$1"
  fi
}

# pip_in DIR ARGUMENTS...: pip of that environment.
pip_in() {
  PIP_USER=no PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore "$1/bin/python" -m pip "${@:2}"
}

# Compiler processes at once: one a core, and 2 GB of memory for each. LP_JOBS overrides.
build_jobs() {
  local cores memory_gb jobs
  if [ -r /proc/meminfo ]; then
    cores=$(nproc)
    memory_gb=$(awk '/^MemTotal:/ { print int($2 / 1048576) }' /proc/meminfo)
  else
    cores=$(sysctl -n hw.ncpu)
    memory_gb=$(($(sysctl -n hw.memsize) / 1073741824))
  fi
  jobs=$((memory_gb / 2 < cores ? memory_gb / 2 : cores))
  printf '%s\n' "${LP_JOBS:-$((jobs > 0 ? jobs : 1))}"
}

# What CMake has to be told: a compiler new enough, and where Homebrew keeps what it does not link into its common folder.
use_toolchain() {
  case $(uname -s) in
    Linux)
      if [ -z "${CXX:-}" ] && [ "$(g++ -dumpversion | cut -d. -f1)" -lt 12 ]; then
        export CXX=g++-12
      fi
      ;;
    Darwin)
      OpenMP_ROOT=$(brew --prefix libomp)
      CMAKE_PREFIX_PATH=$(brew --prefix jpeg-turbo):$(brew --prefix libarchive):${CMAKE_PREFIX_PATH:-}
      export OpenMP_ROOT CMAKE_PREFIX_PATH
      ;;
  esac
}

# build_preset NAME [TARGET]: configures and builds it, or only TARGET of it; of what CMake says while configuring only oneDNN's origin is shown.
build_preset() {
  local start=$SECONDS log=$root/build/configure-$1.log
  mkdir -p "$root/build"
  use_toolchain
  say "$(basename "$0" .sh): building the '$1' preset, $(build_jobs) compiler processes at once"
  if ! cmake --preset "$1" 2>&1 | tee "$log" | { grep -E '^-- oneDNN' || true; }; then
    cat "$log" >&2
    fail "cmake --preset $1 failed (its output is above)"
  fi
  cmake --build --preset "$1" --parallel "$(build_jobs)" --target "${2:-all}"
  say "$(basename "$0" .sh): build/$1/bin is built ($((SECONDS - start)) s)"
}
