#!/usr/bin/env bash
# Sets this machine up to build llama-pajamas and builds it: Debian 12, Ubuntu 22.04 or newer, macOS with Homebrew.
#
#   scripts/setup.sh [--dry-run | --dependencies-only] [--for-tests [--with-torch]]
#
#   --dry-run             only says what it would install
#   --dependencies-only   installs, does not build
#   --for-tests           installs what the tests need beside (scripts/test.sh asks for it)
#   --with-torch          installs PyTorch for the tests as well
#
# It says what it installs and why before it does so. What is there already is left alone, and then no network is used.
# Libraries are the system's packages (with sudo where you are not root); all else stays inside this folder.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"

dry_run=no build=yes tests=no torch=no
for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=yes ;;
    --dependencies-only) build=no ;;
    --for-tests) tests=yes ;;
    --with-torch) torch=yes ;;
    -h | --help)
      usage
      exit
      ;;
    *)
      say "setup.sh: unknown option '$argument'; see --help" >&2
      exit 2
      ;;
  esac
done

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root and there is no sudo; as root: $*"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# announce INSTALLER 'NAME # why'...
announce() {
  say "setup: $1 will install:"
  printf '  %s\n' "${@:2}"
}

# Entries are 'NAME # why'; sets the array `missing` to those of which the command given by $1 knows no name.
find_missing() {
  local is_installed=$1 entry names name
  missing=()
  for entry in "${@:2}"; do
    read -r names _ <<<"$entry"
    for name in ${names//|/ }; do
      if "$is_installed" "$name"; then
        continue 2
      fi
    done
    missing+=("$entry")
  done
}

deb_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The first of 'a|b' that apt knows.
deb_choice() {
  local name
  for name in ${1//|/ }; do
    if apt-cache show "$name" >/dev/null 2>&1; then
      printf '%s\n' "$name"
      return
    fi
  done
  fail "apt knows no package $1; on Ubuntu it is in 'universe': add-apt-repository universe"
}

install_debian() {
  local wanted=("${debian_packages[@]}") chosen=() entry names name
  if [ $tests = yes ]; then
    wanted+=("${debian_test_packages[@]}")
  fi
  if [ $torch = yes ]; then
    wanted+=("${debian_torch_packages[@]}")
  fi
  find_missing deb_installed "${wanted[@]}"
  if [ ${#missing[@]} = 0 ]; then
    say "setup: all packages are there"
    return
  fi
  announce apt-get "${missing[@]}"
  if [ $dry_run = yes ]; then
    return
  fi
  as_root apt-get update -qq
  for entry in "${missing[@]}"; do
    read -r names _ <<<"$entry"
    name=$(deb_choice "$names")
    chosen+=("$name")
  done
  apt_install "${chosen[@]}"
}

brew_installed() {
  [[ $brew_list == *" $1 "* ]]
}

install_brew() {
  command -v brew >/dev/null || fail "on macOS the libraries come from Homebrew: install it (https://brew.sh), then run this again"
  brew_list=" $(brew list --formula -1 | tr '\n' ' ') "
  find_missing brew_installed "${brew_packages[@]}"
  if [ ${#missing[@]} = 0 ]; then
    say "setup: all packages are there"
    return
  fi
  announce brew "${missing[@]}"
  if [ $dry_run = no ]; then
    printf '%s\n' "${missing[@]}" | awk '{ print $1 }' | xargs brew install --quiet
  fi
}

# g++ 12 is the oldest that has the C++20 that we use; Ubuntu 22.04 has it beside its default, 11 (common.sh then takes it).
install_compiler() {
  if [ -n "${CXX:-}" ] || [ "$(g++ -dumpversion | cut -d. -f1)" -ge 12 ] || command -v g++-12 >/dev/null; then
    return
  fi
  announce apt-get "g++-12               # the default compiler is $(g++ -dumpversion), 12 is the oldest that will do"
  apt_install g++-12
}

choose_cmake() {
  local version
  version=$(cmake --version | awk 'NR == 1 { print $3 }')
  if [ "$(printf '3.25\n%s\n' "$version" | sort -V | head -1)" = 3.25 ]; then
    return
  fi
  announce "pip, into .venv," "cmake 3.31.6         # the system's is $version, 3.25 is the oldest that will do"
  make_venv .venv
  pip_in .venv install --quiet --no-deps --require-hashes --requirement "$requirements/cmake.txt"
  PATH=$root/.venv/bin:$PATH
}

missing=()
brew_list=
case $(uname -s) in
  Linux)
    command -v apt-get >/dev/null ||
      fail "this script knows apt-get only; install what scripts/packages.sh lists, then: cmake --preset release && cmake --build --preset release"
    install_debian
    ;;
  Darwin) install_brew ;;
  *) fail "$(uname -s) is not supported: Linux and macOS are" ;;
esac
if [ $dry_run = yes ]; then
  exit
fi
if [ "$(uname -s)" = Linux ]; then
  install_compiler
fi
choose_cmake
if [ $build = yes ]; then
  build_preset release llama-pajamas-pages # the program, its manual page and completions; test.sh builds the tests
fi
