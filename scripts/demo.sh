#!/usr/bin/env bash
# From a fresh clone to detected faces in one command: sets the machine up, builds, fetches a model and a photo, runs.
#
#   scripts/demo.sh
#
# It fetches two packages from PyPI, once, and takes one file from each; no code of theirs is installed or run:
#   nudenet 3.4.2         320n.onnx, a trained YOLOv8n, 320x320 (licence: AGPL-3.0; it is not part of this program)
#   scikit-image 0.26.0   astronaut.png, a photo by NASA (public domain)
# All that it makes is in .cache/demo and out; run it again and it needs no network.
set -euo pipefail
case ${1:-} in
  '') ;;
  -h | --help)
    awk 'NR > 1 && /^#/ { sub(/^# ?/, ""); print; next } NR > 1 { exit }' "$0"
    exit
    ;;
  *)
    echo "demo.sh: it takes no arguments; see --help" >&2
    exit 2
    ;;
esac
"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cache=.cache/demo
model=yolov8n-nudenet
program=build/release/bin/llama-pajamas
home=$cache/home

fetch_demo_files() {
  if [ -f $cache/320n.onnx ] && [ -f $cache/astronaut.png ]; then
    return
  fi
  say "demo: fetching nudenet 3.4.2 (10 MB: the model, AGPL-3.0) and scikit-image 0.26.0 (14 MB: the photo) from PyPI"
  mkdir -p $cache
  rm -rf $cache/wheels.partial
  make_venv .venv
  # One named wheel each, whatever this machine is: the files that we want are in all of them and not for a machine.
  pip_in .venv download --quiet --no-deps --require-hashes --only-binary :all: --python-version 3.11 --implementation cp \
    --abi cp311 --platform manylinux_2_28_x86_64 --requirement "$requirements/demo.txt" --dest $cache/wheels.partial
  "$python" scripts/take_from_wheels.py $cache/wheels.partial $cache nudenet/320n.onnx skimage/data/astronaut.png
  rm -rf $cache/wheels.partial
}

# show COMMAND...: as a user would type it, then its output.
show() {
  printf '\n$ %s\n' "$*"
  "$@"
}

fetch_demo_files
say
say "demo: the model is a YOLOv8n that the package nudenet ships, trained by its authors on photos of people, licence AGPL-3.0."
say "demo: of its 18 classes, which are parts of the body, only the faces are asked for."
if [ ! -f $home/models/$model/manifest.json ]; then
  show $program convert $cache/320n.onnx --name $model --license AGPL-3.0 --home $home
fi
show $program doctor --home $home
show $program detect $cache/astronaut.png --model $model --classes FACE_FEMALE,FACE_MALE --save out/ --home $home
