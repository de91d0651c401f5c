"""The command lines whose outputs are kept as snapshots, a session each file of tests/snapshots/outputs.

A session has a folder and a store of its own. In the folder are: photo.png (the demo's), grey.jpg, 320n.onnx (the demo's
model), zero.safetensors and zero-seg.safetensors (YOLOv8 of zeros), drawn.safetensors (one of drawn weights), vit and bert
(encoders of zeros), window.mp4, broken.onnx (no model), texts.txt and an empty folder.
"""

import random
import shutil
import struct
from dataclasses import dataclass, field
from pathlib import Path

import bad_files
import common
import snapshot_rules as rules
import video_test
import zero_encoders
import zero_model


@dataclass(frozen=True)
class Run:
    """A command line of the program as a shell has it, with variables of the environment before it, and its input."""

    line: str
    stdin: str = ""


@dataclass(frozen=True)
class Do:
    """Something that is done between two commands. `act` gets the session's folder."""

    what: str
    act: object


@dataclass(frozen=True)
class Session:
    name: str
    steps: tuple
    store: tuple = ()  # models that are in the store when it begins, of MODELS
    rules: list = field(default_factory=list)  # besides those of EVERYWHERE


# What is given to `convert` for each model that a session may begin with.
MODELS = {
    "zero": "zero.safetensors --size 64 --license MIT",
    "zero-seg": "zero-seg.safetensors --size 64 --license MIT",
    "vit": "vit --license MIT",
    "bert": "bert --license MIT",
}


def both(line):
    """For people and as JSON."""
    return Run(line), Run(f"{line} --json")


def make_files(folder):
    for name in ("astronaut.png", "320n.onnx"):
        shutil.copy(common.demo_file(name), folder / name.replace("astronaut", "photo"))
    (folder / "grey.jpg").write_bytes(bad_files.grey_jpeg(64, 48))
    (folder / "zero.safetensors").write_bytes(zero_model.checkpoint())
    (folder / "zero-seg.safetensors").write_bytes(zero_model.checkpoint(segment=True))
    draw = random.Random(1)
    (folder / "drawn.safetensors").write_bytes(
        zero_model.checkpoint(lambda size: struct.pack(f"<{size // 4}f", *(draw.uniform(-0.1, 0.1) for _ in range(size // 4))))
    )
    for name, make in (("vit", zero_encoders.vit), ("bert", zero_encoders.bert)):
        shapes, files = make()
        zero_encoders.write(folder / name, shapes, **files)
    video_test.FRAMES = 4
    video_test.make_video(folder / "window.mp4", "mp4v", 320, 240)
    (folder / "broken.onnx").write_text("not a model")
    (folder / "texts.txt").write_text("a cat\na dog\n")
    (folder / "empty").mkdir()


def write(name, text):
    return Do(f"{name} now holds: {text.strip()}", lambda folder: (folder / name).write_text(text))


def cut_weights(model):
    def act(folder):
        (folder / f"home/models/{model}/gguf/F32/model.gguf").write_text("x")

    return Do(f"the weights of {model} are now one byte", act)


def break_manifest(model):
    def act(folder):
        Path(folder, f"home/models/{model}/manifest.json").write_text("{")

    return Do(f"the manifest of {model} is now cut off", act)


def publish(hub):
    """Repositories on the hub of the test."""
    hub.publish("org/tiny", {"model.safetensors": zero_model.checkpoint(), "config.json": b"{}"}, license="agpl-3.0")
    hub.publish("org/words", {"README.md": b"x"})


ZERO = "--precision f32 --max-detections 2"

SESSIONS = (
    Session("version", both("--version")),
    Session(
        "usage-errors",
        (
            Run(""),
            *both("detct photo.png"),
            *both("detect photo.png --confidance 0.5"),
            Run("--jsn list"),
            Run("detect -x photo.png"),
            Run("detect"),
            Run("list extra"),
            *both("detect photo.png --confidence 2"),
            Run("detect photo.png --confidence high"),
            Run("detect photo.png --threads many"),
            Run("detect photo.png --threads 0"),
            Run("detect photo.png --runtime onedn"),
            Run("detect photo.png --runtime coreml --model 320n.onnx"),
            Run("detect photo.png --device toaster --model 320n.onnx"),
            Run("detect photo.png --device cuda --model 320n.onnx"),
            Run("detect photo.png --precision f99 --model 320n.onnx"),
            Run("detect photo.png --precision f16 --model 320n.onnx"),
            Run("detect photo.png --precision int8 --model 320n.onnx"),
            Run("list --json=perhaps"),
            Run("LLAMA_PAJAMAS_THREADS=x list"),
            Run("LLAMA_PAJAMAS_JSON=yes show nosuch"),
            *both("list --config nosuch.toml"),
            write("config.toml", "thread = 3\n"),
            Run("list --config config.toml"),
            write("config.toml", '[detect]\nconfidence = "high"\n'),
            Run("detect photo.png --config config.toml"),
            write("config.yaml", "threads: 3\n"),
            Run("list --config config.yaml"),
        ),
    ),
    Session("options", (Run("options --home home"), Run("options --home home --iou 0.5 --classes a,b --json"))),
    Session("man", (Run("man"), Run("man extra"))),
    Session(
        "completions",
        (*(Run(f"completions {shell}") for shell in ("bash", "zsh", "fish")), *both("completions cmd"), Run("completions")),
        rules=rules.LONG_LINES,
    ),
    Session("help", (Run("help nosuch"), Run("help nosuch --json"), Run("help list"), Run("help list extra"))),
    Session(
        "detect",
        (
            *both("detect photo.png --model 320n.onnx --size 320 --precision f32"),
            Run("detect photo.png --model 320n.onnx --size 320 --precision f32 --classes FACE_MALE"),
        ),
        rules=rules.BOXES,
    ),
    Session(
        "detect-store",
        (
            *both(f"detect photo.png grey.jpg {ZERO}"),
            *both(f"detect photo.png --model zero --save out {ZERO}"),
            Run(f"detect photo.png --verbose --classes 1 {ZERO}"),
            *both(f"detect photo.png nosuch.png {ZERO}"),
            *both(f"detect nosuch.png {ZERO}"),
            Run(f"detect --quiet texts.txt empty no*.png {ZERO}"),
            Run(f"detect photo.png --save . {ZERO}"),
            *both("detect photo.png --model nosuch"),
            Run("detect photo.png --model nosuch.onnx"),
            Run("detect photo.png --model ./nosuch.onnx"),
            Run("detect photo.png --model broken.onnx"),
            *both("detect photo.png --model vit"),
            Run("detect photo.png --model zero --size 50"),
            Run("detect photo.png --model 320n.onnx --classes cat"),
            Run("detect photo.png --home elsewhere"),
        ),
        store=("zero", "vit"),
        rules=rules.SAVED,
    ),
    Session(
        "detect-video",
        (
            *both(f"detect window.mp4 --every 2 {ZERO}"),
            *both(f"detect window.mp4 --frames 1 --save out {ZERO}"),
            Run(f"detect photo.png window.mp4 {ZERO}"),
            write("text.mp4", "not a video"),
            *both(f"detect text.mp4 {ZERO}"),
            Run(f"detect camera:x {ZERO}"),
            Run(f"detect camera:test --json {ZERO}"),
        ),
        store=("zero",),
        rules=rules.VIDEO + rules.SAVED,
    ),
    Session(
        "segment",
        (
            *both("segment photo.png --precision f32"),
            Run("segment window.mp4 --precision f32"),
            *both("segment photo.png --model zero"),
        ),
        store=("zero", "zero-seg"),
        rules=rules.VIDEO,
    ),
    Session(
        "classify",
        (
            *both("classify photo.png --precision f32 --top-k 2"),
            *both("classify photo.png nosuch.png --precision f32"),
            Run("classify photo.png --precision f32 --size 50"),
            Run("classify photo.png --model vit --labels cat,dog"),
            *both("classify photo.png --model bert"),
        ),
        store=("vit", "bert"),
    ),
    Session(
        "embed",
        (
            *both("embed --text 'a cat' --text dog --precision f32"),
            Run("embed --text - --precision f32", stdin="a cat\n\ndog\n"),
            Run("embed --text 'a a a a a a a a a a a a' --precision f32"),
            Run("embed photo.png --model vit --precision f32"),
            *both("embed"),
            Run("embed --model vit --text cat"),
            Run("embed --model bert photo.png"),
        ),
        store=("bert",),
    ),
    Session(
        "transcribe",
        (
            *both("transcribe speech.wav"),
            *both("transcribe speech.wav --model vit"),
            Run("transcribe"),
            Run("transcribe speech.wav --format docx"),
            Run("transcribe - --pcm 10"),
        ),
        store=("vit",),
    ),
    Session(
        "speak",
        (
            *both("speak hello"),
            *both("speak hello --model vit"),
            Run("speak"),
            *both("speak ''"),
            Run("speak -", stdin=" \n"),
            Run("speak hello --format srt"),
            Run("speak hello --output hello.txt"),
            Run("speak hello --speed 9"),
            Run("speak hello --output - --json"),
        ),
        store=("vit",),
    ),
    Session(
        "run",
        (
            *both(f"run zero grey.jpg {ZERO}"),
            Run("run vit grey.jpg --precision f32"),
            Run("run bert --text cat --precision f32"),
            Run("run zero"),
            Run("run"),
            *both("run nosuch grey.jpg"),
        ),
        store=("zero", "vit", "bert"),
    ),
    Session(
        "convert",
        (
            *both("convert zero.safetensors"),
            Run("convert 320n.onnx --name nude --precision f16"),
            Run("convert vit --license MIT --quiet"),
            Run("convert vit --precision bf16"),
            Run("convert bert --json --name words"),
            *both("convert nosuch.onnx"),
            *both("convert broken.onnx"),
            Run("convert ."),
            Run("convert empty"),
            Run("convert vit/model.safetensors --name ../x"),
            Run("convert 320n.onnx --name vit"),
            Run("convert 320n.onnx --to coreml"),
            Run("convert 320n.onnx --precision q4"),
            Run("convert 320n.onnx --precision int8"),
            Run("convert zero.safetensors --precision int8 --calibrate grey.jpg"),
        ),
    ),
    Session(
        "list",
        (*both("list --home elsewhere"), *both("list"), break_manifest("vit"), *both("list")),
        store=("zero", "vit", "bert"),
    ),
    Session(
        "show",
        (
            *both("show zero --precision f32"),
            Run("show vit --precision f32 --graph"),
            Run("show 320n.onnx --precision f32 --runtime reference --size 64"),
            *both("show nosuch"),
            cut_weights("vit"),
            Run("show vit"),
        ),
        store=("zero", "vit"),
    ),
    Session(
        "verify",
        (
            *both("verify --home elsewhere"),
            *both("verify"),
            *both("verify nosuch"),
            Run("verify vit --data grey.jpg"),
            cut_weights("vit"),
            break_manifest("bert"),
            write("home/models/zero/notes.txt", "mine\n"),
            *both("verify"),
        ),
        store=("zero", "vit", "bert"),
    ),
    Session("rm", (*both("rm nosuch"), Run("rm zero nosuch"), Run("rm zero vit"), Run("rm bert --json"), Run("rm")), store=("zero", "vit", "bert")),
    Session(
        "export-import",
        (
            *both("export vit bert --output two.tar"),
            *both("export vit"),
            Run("export nosuch --output no.tar"),
            Run("export vit --output - --json"),
            Run("rm vit bert"),
            *both("import two.tar"),
            *both("import nosuch.tar"),
            Run("import broken.onnx"),
            Run("import two.tar --name one"),
        ),
        store=("vit", "bert"),
    ),
    Session(
        "pull",
        (
            Run("pull file://$PWD/zero.safetensors"),
            Run("pull file://$PWD/zero.safetensors --name other --license MIT --offline --json"),
            Run("pull file://$PWD/nosuch.onnx"),
            Run("pull hf://org/tiny"),
            Run("pull hf://org/tiny --name again --json"),
            *both("pull hf://org/tiny"),
            Run("pull hf://org/nosuch"),
            Run("pull hf://org/words"),
            *both("pull hf://org/tiny --offline"),
            Run("pull https://example.invalid/x.onnx --offline"),
            Run("pull yolov8n --offline"),
            Run("pull http://example.invalid/x.onnx"),
            *both("pull nosuch"),
            *both("pull hf://org"),
            Run("pull zero.safetensors"),
        ),
    ),
    Session(
        "bench",
        (
            *both("bench zero --runs 1 --precision f32 --threads 2"),
            Run("bench vit --runs 1 --runtime reference --profile"),
            Run("bench vit --runs 1 --runtime reference --profile --json"),
            Run("bench zero --serve", stdin="0\n"),
            Run("bench zero --serve --precision f32", stdin="x\n"),
            Run("bench zero --part text"),
            Run("bench zero --runs 0"),
            *both("bench nosuch"),
        ),
        store=("zero", "vit"),
        rules=rules.BENCH,
    ),
    Session(
        "evaluate",
        (
            *both("evaluate vision photo.png --model zero --precision f32"),
            *both("evaluate text texts.txt --model bert --precision f32"),
            Run("evaluate audio photo.png --model zero"),
            *both("evaluate vision photo.png"),
            Run("evaluate vision photo.png --model nosuch"),
            Run("evaluate vision nosuch.png --model zero"),
            Run("evaluate vision --model zero"),
            Run("evaluate stt"),
            Run("evaluate stt zero"),
            Run("evaluate stt zero --data photo.png"),
            Run("evaluate stt nosuch --data photo.png"),
            Run("evaluate tts zero"),
            Run("evaluate tts zero --data texts.txt"),
            Run("evaluate tts zero --data nosuch.txt"),
            Run("evaluate vision photo.png --model zero --precision f32 --truth nosuch"),
            Run("verify zero --data photo.png"),
            Run("verify bert --data texts.txt --json"),
        ),
        store=("zero", "bert"),
    ),
    Session(
        "int8",
        (
            Run("convert drawn.safetensors --size 64"),
            *both("convert drawn.safetensors --size 64 --precision int8 --calibrate grey.jpg"),
            *both("evaluate vision photo.png --model drawn --precision int8"),
            Run("evaluate vision grey.jpg --model drawn --precision int8"),
            Run("show drawn --precision int8 --json"),
        ),
        rules=rules.INT8,
    ),
    Session("doctor", (*both("doctor"), Run("doctor --device cuda"), Run("doctor --device toaster --json")), store=("zero",), rules=rules.DOCTOR),
    Session(
        "hardware",
        (*both("hardware"), *both("hardware profile"), Run("hardware detct"), Run("hardware nosuch --json")),
        rules=rules.HARDWARE,
    ),
)
