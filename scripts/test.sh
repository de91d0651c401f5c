#!/usr/bin/env bash
# Sets this machine up for the tests, builds, and runs them all. Exit status 0: all passed.
#
#   scripts/test.sh [--dev]
#
#   --dev   also builds with the address and undefined-behaviour sanitizers and runs the unit, op and bad-input tests there
#
# The tests compare with ONNX Runtime, OpenCV and PyTorch, which go to .venv-test in this folder; PyTorch is the system's
# package on Debian and Ubuntu. LP_TEST_TORCH=no leaves the comparisons with PyTorch out; LP_TEST_TORCH=pip takes PyTorch
# from PyPI, which on Linux brings some 3 GB of CUDA libraries.
# LLAMA_PAJAMAS_FIXTURES: a folder of further photos to compare on.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

dev=no
for argument in "$@"; do
  case $argument in
    --dev) dev=yes ;;
    -h | --help)
      usage
      exit
      ;;
    *)
      say "test.sh: unknown option '$argument'; see --help" >&2
      exit 2
      ;;
  esac
done

# Where PyTorch is to come from: apt, pip or no.
choose_torch() {
  case ${LP_TEST_TORCH:-auto} in
    no | pip | apt) printf '%s\n' "$LP_TEST_TORCH" ;;
    auto)
      if [ "$(uname -s)" = Darwin ]; then
        echo pip
      elif "$python" -c 'import torch, torchvision' 2>/dev/null || apt-cache show python3-torch python3-torchvision >/dev/null 2>&1; then
        echo apt
      else
        echo no
      fi
      ;;
    *) fail "LP_TEST_TORCH=$LP_TEST_TORCH is none of auto, apt, pip, no" ;;
  esac
}

# install_once NAME FILE...: requirements files into .venv-test, unless these very files were installed before.
install_once() {
  local name=$1 stamp
  shift
  stamp=.venv-test/installed-$name
  if [ -f "$stamp" ] && cat "$@" | cmp -s - "$stamp"; then
    return
  fi
  say "test: pip will install into .venv-test: $(grep -hoE '^[a-z_A-Z-]+==[0-9.]+' "$@" | paste -sd' ' -)"
  local file
  for file in "$@"; do
    pip_in .venv-test install --quiet --no-deps --requirement "$file"
  done
  cat "$@" >"$stamp"
}

# What transformers wants an older version of goes to a folder of its own.
install_tokenizers() {
  local stamp=.venv-test/installed-tokenizers
  cmp -s "$requirements/tokenizers.txt" "$stamp" && return
  say "test: pip will install into .venv-test/tokenizers: $(grep -oE '^[a-z-]+==[0-9.]+' "$requirements/tokenizers.txt" | paste -sd' ' -)"
  rm -rf .venv-test/tokenizers
  pip_in .venv-test install --quiet --no-deps --target .venv-test/tokenizers --requirement "$requirements/tokenizers.txt"
  cp "$requirements/tokenizers.txt" "$stamp"
}

scripts/setup.sh --dependencies-only --for-tests
torch=$(choose_torch) # behind it: before, a new machine's apt may know no package at all
if [ "$torch" = apt ]; then
  "$python" -c 'import torch, torchvision' 2>/dev/null ||
    say "test: PyTorch comes from the system's packages: about 250 MB to fetch, 1 GB on disk (LP_TEST_TORCH=no leaves it out)"
  scripts/setup.sh --dependencies-only --for-tests --with-torch
fi
# setup.sh may have put a newer CMake there.
if [ -x .venv/bin/cmake ]; then
  PATH=$root/.venv/bin:$PATH
fi

make_venv .venv-test --system-site-packages
install_once peers "$requirements/test.txt"
install_tokenizers
install_once speech "$requirements/speech.txt"
install_once format "$requirements/format.txt"
case $(uname -sm) in
  'Linux x86_64' | 'Darwin arm64') install_once lint "$requirements/lint.txt" ;;
esac
# coremltools has wheels for these alone; its checks run with PyTorch.
case $(uname -sm) in
  'Linux x86_64' | 'Darwin arm64') coreml=$torch ;;
  *) coreml=no ;;
esac
case $torch in
  apt)
    install_once ultralytics "$requirements/ultralytics.txt"
    install_once transformers "$requirements/transformers.txt"
    install_once timm "$requirements/timm.txt"
    install_once words "$requirements/words.txt"
    ;;
  pip)
    if [ ! -f .venv-test/installed-torch ]; then
      say "test: pip will install into .venv-test: PyTorch 2.5.1 (on Linux with some 3 GB of CUDA libraries)"
      pip_in .venv-test install --quiet --requirement "$requirements/torch.txt"
      touch .venv-test/installed-torch
    fi
    install_once ultralytics "$requirements/ultralytics.txt"
    install_once transformers "$requirements/transformers.txt"
    install_once timm "$requirements/timm.txt"
    install_once words "$requirements/words.txt"
    ;;
  no) say "test: without PyTorch the checks of Core ML packages are left out, and the block-by-block comparison with the original model; all else runs" ;;
esac
if [ "$coreml" != no ]; then
  install_once coreml "$requirements/coreml.txt"
fi

# check COMMAND...: a failure is remembered, and the others run all the same.
failed=()
check() {
  "$@" || failed+=("$*")
}

say "test: layers, third-party notices, format"
check "$python" tools/check_layers.py
check "$python" tools/third_party.py --check
check tools/format.sh --check

build_preset release
check tools/tidy.sh --at-most 12 # some 20 s a file
if [ $dev = yes ]; then
  build_preset dev lp-own-tests
  check ctest --preset dev --parallel "$(build_jobs)" -L 'unit|ops|hostile'
fi
if [ ${#failed[@]} -gt 0 ]; then
  printf 'test: failed, see above: %s\n' "${failed[@]}"
fi
ctest_options=()
if [ "$torch" = no ]; then
  ctest_options+=(-LE torch)
elif [ "$coreml" = no ]; then
  ctest_options+=(-LE coreml)
fi
check ctest --preset release --parallel "$(build_jobs)" ${ctest_options[@]+"${ctest_options[@]}"}
[ ${#failed[@]} = 0 ]
