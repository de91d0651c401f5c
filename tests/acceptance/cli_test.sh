#!/usr/bin/env bash
# The program as its users see it, with a model of zeros at most: usage, exit statuses, sources of options, errors as JSON.
#   cli_test.sh PROGRAM
set -u
program=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
[ -x "$program" ] || { echo "$1: no program" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for variable in $(compgen -e LLAMA_PAJAMAS_); do unset "$variable"; done
export LLAMA_PAJAMAS_HOME=$folder/home
cd "$folder" || exit 1
failures=0

fail() {
  echo "FAILED: $1"
  sed 's/^/  out: /' out
  sed 's/^/  err: /' err
  failures=$((failures + 1))
}

# expect STATUS ARGUMENT...: runs the program, keeps its output in `out` and `err`; $input is its standard input.
expect() {
  local wanted=$1 status
  shift
  "$program" "$@" >out 2>err <"${input:-/dev/null}"
  status=$?
  what="$*"
  [ "$status" -eq "$wanted" ] || fail "$what: exit status $status, not $wanted"
  [ "$status" -eq 0 ] || [ -s err ] || fail "$what: no reason on standard error"
}

out_has() { grep -qF -- "$1" out || fail "$what: output lacks: $1"; }
err_has() { grep -qF -- "$1" err || fail "$what: standard error lacks: $1"; }
no_escapes() { ! LC_ALL=C grep -qE $'\033|\302\233' "$1" || fail "$what: control characters on $1"; }
silent() { [ ! -s "$1" ] || fail "$what: something on $1"; }

# json EXPRESSION: a Python expression over the document `d` on standard output must hold.
json() {
  /usr/bin/env python3 -c 'import json,sys; d=json.load(open("out")); sys.exit(not eval(sys.argv[1]))' "$1" || fail "$what: not so: $1"
}

expect 0 --version
grep -qE '^llama-pajamas [0-9.]+ \(commit [0-9a-z]+; runtimes: .*reference\)$' out || fail "form of --version"
expect 0 --version --json
json 'd["name"] == "llama-pajamas" and any(r["name"] == "reference" for r in d["runtimes"])'
expect 0 --help
out_has "detect"
expect 0 detect --help
out_has "--confidence"
expect 0 --help detect
out_has "--confidence"

expect 0 help detect
out_has "--confidence"

# Wrong usage.
expect 2
expect 2 detct
err_has 'did you mean `detect`'
expect 2 detect --confidance 1 x
err_has 'did you mean `--confidence`'
silent out
expect 2 --jsn list
err_has 'did you mean `--json`'
expect 2 detect
expect 2 list extra
expect 2 detect x --confidence 2
err_has "out of range (0 to 1)"
expect 2 detect x --threads many
expect 2 detect x --runtime onedn
err_has 'did you mean `onednn`'
expect 2 convert x --to tensorflow
expect 2 completions cmd
expect 2 hardware detct
expect 2 detect x --json --threads 0
json 'd["error"]["type"] == "usage" and "--threads" in d["error"]["message"]'
expect 2 --json nosuch
json 'd["error"]["type"] == "usage"'

# Help and version whatever the settings are; errors as JSON however that was asked for.
LLAMA_PAJAMAS_THREADS=abc expect 0 --help
LLAMA_PAJAMAS_THREADS=abc expect 0 detect --help
LLAMA_PAJAMAS_THREADS=abc expect 0 --version
LLAMA_PAJAMAS_JSON=yes expect 1 show nosuch
json 'd["error"]["type"] == "not_found"'
expect 1 show nosuch --json=true
json 'd["error"]["type"] == "not_found"'
expect 2 --json=on nosuch
json 'd["error"]["type"] == "usage"'
LLAMA_PAJAMAS_JSON=yes expect 1 show nosuch --json=false
silent out
printf 'json = true\n' >json.toml
expect 1 show nosuch --config json.toml
json 'd["error"]["type"] == "not_found"'

expect 1 detect --json -- --odd-name.jpg --model
json 'd["error"]["type"] == "not_found"'

# Common options before and after the command.
expect 0 --json list
json 'd["models"] == []'
expect 0 list --json
json 'd["models"] == []'
expect 0 --home other list --json
json 'd["home"] == "other"'
expect 0 --home other list --home another --json
json 'd["home"] == "another"'

# Where values come from: flag, environment, file, default.
expect 0 options --json
json '[o for o in d["options"] if o["name"] == "threads"][0]["source"] == "default"'
json '[o for o in d["options"] if o["name"] == "home"][0]["source"] == "environment"'
printf 'threads = 3  # cores\nconfidence = 0.5\nclasses = ["a", "b c"]\n[detect]\niou = 0.9\n' >config.toml
export LLAMA_PAJAMAS_CONFIDENCE=0.6 LLAMA_PAJAMAS_QUIET=true
expect 0 options --config config.toml --json --iou 0.8
json '{o["name"]: (o["value"], o["source"]) for o in d["options"]}.items() >= {"threads": (3, "file"), "confidence": (0.6, "environment"), "iou": (0.8, "flag"), "quiet": (True, "environment"), "runs": (20, "default")}.items()'
json '[o for o in d["options"] if o["name"] == "classes"][0]["value"] == ["a", "b c"]'
unset LLAMA_PAJAMAS_CONFIDENCE LLAMA_PAJAMAS_QUIET
expect 0 options
out_has LLAMA_PAJAMAS_MAX_DETECTIONS
LLAMA_PAJAMAS_THREADS=x expect 2 list
err_has LLAMA_PAJAMAS_THREADS
LLAMA_PAJAMAS_CONFIG=config.toml expect 0 options --json
json '[o for o in d["options"] if o["name"] == "threads"][0]["value"] == 3'
printf 'thread = 3\n' >wrong.toml
expect 2 list --config wrong.toml
err_has 'nearest is `threads`'
printf 'threads: 3\n' >config.yaml
expect 2 list --config config.yaml
err_has "this version reads TOML"
expect 1 list --config nosuch.toml
err_has "nosuch.toml"

# Things that are not there, or are not what they should be.
expect 1 detect picture.jpg
err_has "llama-pajamas convert"
expect 1 detect picture.jpg --json
json 'd["error"]["type"] == "not_found"'
expect 1 detect picture.jpg --model nosuch
expect 1 show nosuch --json
json 'd["error"]["type"] == "not_found"'
expect 1 rm nosuch
expect 1 convert nosuch.onnx
printf 'not a model' >broken.onnx
expect 1 convert broken.onnx --json
json 'd["error"]["type"] == "bad_model" and "broken.onnx" in d["error"]["message"]'
expect 1 run broken.onnx picture.jpg
: >empty.onnx
expect 1 convert empty.onnx
expect 1 convert .
expect 2 convert broken.onnx --name ../x
expect 1 convert broken.onnx --to tensorrt
err_has "writes gguf"
expect 0 verify --json
json 'd["models"] == []'
expect 1 verify nosuch
expect 2 export zero
err_has "--output FILE"
expect 1 export nosuch --output x.tar
[ ! -e x.tar ] || fail "a failed export left a file"
expect 1 import nosuch.tar
expect 1 import broken.onnx
expect 2 pull hf://org
err_has "hf://ORG/REPO"
expect 1 pull nosuch
err_has "nearest is"
expect 1 --offline pull hf://org/repo --json
json 'd["error"]["type"] == "unsupported" and "--offline" in d["error"]["message"]'
expect 1 pull "file://$folder/broken.onnx"
err_has "broken.onnx"
expect 0 list
[ ! -e "$folder/home/models" ] || fail "a failed convert left something in the store"

# A store with a broken model and with one that wants to lead out.
mkdir -p home/models/broken home/models/evil
printf '{' >home/models/broken/manifest.json
printf '{"task": "detect", "formats": [{"format": "gguf", "precision": "F32", "path": "../../../broken.onnx"}]}' >home/models/evil/manifest.json
expect 1 list --json
json '{m["name"] for m in d["models"]} == {"broken", "evil"} and all("error" in m for m in d["models"]) and d["error"]["type"] == "bad_model" and "broken" in d["error"]["message"]'
expect 1 show evil
err_has "is none inside the model's folder"
expect 0 doctor --json
json 'd["machine"]["cpu_cores_usable"] >= 1 and {"name", "available"} <= set(d["runtimes"][0])'
expect 0 rm evil broken
[ ! -e home/models/evil ] || fail "rm left the folder"
[ -e broken.onnx ] || fail "rm followed a path out of the store"

# Words in brackets are no lists, and a folder without a manifest can be removed.
mkdir -p home/models/nope
echo '{}' >home/models/nope/manifest.json
expect 1 rm '[nope]'
[ -d home/models/nope ] || fail "rm '[nope]' removed nope"
rm -f home/models/nope/manifest.json
expect 0 rm nope
[ ! -e home/models/nope ] || fail "rm left a folder without a manifest"

# A model with values of odd types, and with a name that would steer the terminal, beside others.
mkdir -p home/models/odd home/models/null home/models/steers
printf '{"task": "detect", "labels": {"0": 5}}' >home/models/odd/manifest.json
printf '{"task": "detect", "architecture": {"family": null}}' >home/models/null/manifest.json
printf '{"formats": [{"format": "gguf", "path": "../\\u001b]0;x\\u009b"}]}' >home/models/steers/manifest.json
expect 1 list --json
json '{m["name"]: "error" in m for m in d["models"]} == {"odd": True, "null": False, "steers": True}'
err_has "odd/manifest.json: a value of the wrong type"
no_escapes err
expect 0 doctor
no_escapes out
expect 1 detect picture.jpg
expect 0 rm odd null steers

# A model of zeros: what convert keeps, and which files detect --save may write.
/usr/bin/env python3 "$here/zero_model.py" zero.safetensors || fail "no model of zeros"
expect 0 convert zero.safetensors --name zero --license MIT
expect 0 convert zero.safetensors --name zero --precision bf16
expect 0 list --json
json '[(m["license"], len(m["formats"])) for m in d["models"]] == [("MIT", 2)]'
sed -i.before 's/"task": "detect"/"task": "classify"/' home/models/zero/manifest.json
expect 2 convert zero.safetensors --name zero
err_has 'has the task `classify`, not `detect`'
mv home/models/zero/manifest.json.before home/models/zero/manifest.json
mkdir -p a b
PYTHONPATH=$here /usr/bin/env python3 -B -c 'import bad_files,sys; sys.stdout.buffer.write(bad_files.black_png(32, 32))' >a/x.png
cp a/x.png b/x.png
expect 1 detect a/x.png b/x.png --save b
err_has "would replace"
cmp -s a/x.png b/x.png || fail "detect --save replaced an input"
expect 1 detect a --save a
cp a/x.png b/y.webp
echo mine >b/y.jpg
expect 0 detect b/y.webp --save b --confidence 0.9 --json
json 'd["images"][0]["saved"] == "b/y-2.jpg"'
[ "$(cat b/y.jpg)" = mine ] && [ -s b/y-2.jpg ] || fail "detect --save replaced an unrelated file"
expect 0 detect a/x.png b/x.png --save c --confidence 0.9 --json
json '[i["saved"] for i in d["images"]] == ["c/x.png", "c/x-2.png"]'
expect 0 detect a/x.png --save c --confidence 0.9 --json
json 'd["images"][0]["saved"] == "c/x.png"'

# Segmentation and detection are told apart; zeros are in no mask, and what has none is left out.
/usr/bin/env python3 "$here/zero_model.py" zero-seg.safetensors --segment || fail "no segmentation model of zeros"
expect 1 segment a/x.png
err_has "no model for segment"
expect 0 convert zero-seg.safetensors --license MIT
expect 0 segment a/x.png --size 64 --json --save d
json 'd["model"] == "zero-seg" and d["images"][0]["detections"] == [] and d["images"][0]["saved"] == "d/x.png"'
expect 0 detect a/x.png --size 64 --json
json 'd["model"] == "zero" and len(d["images"][0]["detections"]) > 0 and "mask" not in d["images"][0]["detections"][0]'
expect 2 segment a/x.png --model zero
err_has 'zero: a model for `detect`, not for `segment`'
expect 2 detect a/x.png --model zero-seg
err_has 'zero-seg: a model for `segment`, not for `detect`'
expect 0 run zero-seg a/x.png --size 64
out_has "nothing"
expect 1 segment a/x.png --size 50
err_has "multiple of 32"
expect 0 list --json
json '{m["name"]: m["task"] for m in d["models"]} == {"zero": "detect", "zero-seg": "segment"}'
expect 0 segment --help
out_has "--max-detections"
expect 0 rm zero-seg

# Encoders of zeros: which model and which inputs fit, and what an answer holds.
/usr/bin/env python3 "$here/zero_encoders.py" encoders || fail "no encoders of zeros"
expect 1 embed --text "a cat"
err_has "no model for embed"
expect 0 convert encoders/vit
expect 0 convert encoders/bert
expect 0 classify a/x.png --json --top-k 2
json '[(p["label"], p["class_id"], p["confidence"]) for p in d["images"][0]["predictions"]] == [("cat", 0, 0.333333), ("dog", 1, 0.333333)]'
json 'd["model"] == "vit" and set(d["images"][0]["ms"]) == {"decode", "preprocess", "inference", "postprocess"}'
expect 0 run vit a/x.png
out_has "cat"
expect 2 classify a/x.png --labels "a,b" --model vit
err_has "needs a model for pictures and texts"
expect 2 classify a/x.png --model bert
err_has 'for `embed`, not for `classify`'
expect 1 classify a/x.png --size 50
err_has "multiples of 16"
expect 0 embed --text "a cat, a dog" --text "a zebra" --json
json '[(i["text"], i["tokens"], i["dimension"], len(i["embedding"])) for i in d["inputs"]] == [("a cat, a dog", 7, 64, 64), ("a zebra", 4, 64, 64)]'
expect 0 embed --text "a a a a a a a a a a a a" --json
err_has "only its first 12 tokens count"
json 'd["inputs"][0]["truncated"] and d["inputs"][0]["tokens"] == 12'
printf 'a cat\r\n\ndog\n' >lines
input=lines expect 0 embed --text - --json
json '[i["text"] for i in d["inputs"]] == ["a cat", "dog"]'
expect 1 embed --model vit a/x.png a/missing.png --json
json 'len(d["inputs"]) == 1 and d["errors"][0]["path"] == "a/missing.png"'
expect 2 embed
err_has "give texts with --text"
expect 2 embed --model vit --text cat
err_has "takes no text"
expect 2 embed --model bert a/x.png
err_has "takes no pictures"
expect 0 rm vit bert

# bench --against gets every option that was given, wherever it came from; what it starts serves.
mkdir -p layout/bin layout/share/llama-pajamas/bench bin
cp "$program" layout/bin/llama-pajamas
: >layout/share/llama-pajamas/bench/against.py
printf '#!/bin/sh\necho "$@" "[$LLAMA_PAJAMAS_AGAINST]"\n' >bin/python3
chmod +x bin/python3
printf '[bench]\nrounds = 2\n' >bench.toml
beside=$(dirname "$program")
export LD_LIBRARY_PATH=$beside:$beside/../lib  # the copy looks for libraries around itself
if layout/bin/llama-pajamas --version >/dev/null 2>&1; then
  what="bench --against"
  PATH=$folder/bin:$PATH LLAMA_PAJAMAS_AGAINST=openvino LLAMA_PAJAMAS_SIZE=64 \
    layout/bin/llama-pajamas --threads 2 --config bench.toml bench zero --json >out 2>err || fail "$what: status $?"
  for word in --against=openvino --threads=2 --size=64 --rounds=2 --config=bench.toml --json "-- zero []"; do
    out_has "$word"
  done
fi
unset LD_LIBRARY_PATH
echo 0 | LLAMA_PAJAMAS_AGAINST=openvino LLAMA_PAJAMAS_SIZE=64 "$program" bench zero --serve >out 2>err
what="bench --serve"
[ "$(cat out)" = ready ] || fail "$what: no server with LLAMA_PAJAMAS_AGAINST"

# A wait for another writer ends by a signal.
if command -v flock >/dev/null; then
  what="rm, while another writes"
  flock home/lock sleep 20 &
  holder=$!
  sleep 0.5
  "$program" rm zero >out 2>err &
  waiting=$!
  sleep 3
  kill -TERM $waiting
  wait $waiting
  status=$?
  kill $holder
  [ "$status" -eq 143 ] || fail "$what: status $status"
  err_has "waiting for another writer"
fi
expect 0 rm zero

expect 0 doctor
out_has "Runtimes"
expect 0 hardware detect --json
json '{"platform_id", "display_name", "os_type", "cpu_arch", "cpu_model", "cpu_cores_physical", "cpu_cores_performance", "cpu_cores_efficiency", "ram_gb", "vram_gb", "gpu_type", "gpu_model", "gpu_compute_capability", "capabilities", "recommended_backend"} <= set(d)'
expect 0 hardware profile --json
json 'd["threads"] >= 1 and d["precision"] in ("f32", "bf16")'
expect 1 doctor --device cuda
expect 2 doctor --device toaster
expect 0 man
out_has ".SH NAME"
for shell in bash zsh fish; do
  expect 0 completions $shell
  out_has detect
  ! command -v $shell >/dev/null || $shell -n out || fail "completions of $shell do not parse"
done

# Output that goes nowhere is an error, not a silent success; a reader that left is not.
if [ -e /dev/full ]; then
  "$program" list >/dev/full 2>err && fail "list > /dev/full succeeded"
fi
"$program" man | head -n 1 >out
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] || [ "$status" -eq 141 ] || fail "man | head: status $status"

# The same program under its other names.
ln -s "$program" llama-pajamas-run
./llama-pajamas-run nosuch x >out 2>err
status=$?
what="llama-pajamas-run nosuch x"
[ "$status" -eq 1 ] || fail "$what: status $status"
err_has nosuch
NO_COLOR=1 expect 0 --help
grep -q $'\033' out && fail "colour without a terminal"

[ "$failures" -eq 0 ] && echo "cli: all as it should be" || exit 1
