#!/usr/bin/env python3
"""Makes one model's INT8 forms for bench/against.py: ours, OpenVINO's by NNCF, ONNX Runtime's by its static quantization.

    int8_models.py LABEL MODEL FILE.onnx [--size N | --tokens N | --shape 1,80,3000] [--program PATH]

All are calibrated on the same pictures, texts or sounds: the demo's portrait and crops of it, sentences of this project's
documents, sentences that a voice speaks. Ours becomes LABEL in the store .cache/bench-store; the others .cache/bench-models/LABEL-int8.xml and .onnx. For the
time of a call only: what accuracy costs, tests/acceptance/int8_accuracy.py and int8_encoders.py measure. Runs in `.venv-test`,
which scripts/test.sh makes.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import machine
import venvs

sys.path.insert(0, str(machine.ROOT / "tests/acceptance"))

STORE, MODELS = machine.CACHE / "bench-store", machine.CACHE / "bench-models"
PLAIN, IMAGENET = ([0, 0, 0], [1, 1, 1]), ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def pictures(folder):
    """Files of the portrait and crops of it."""
    import common
    import int8_accuracy

    if not folder.exists():
        int8_accuracy.write_views([common.demo_file("astronaut.png")], folder)
    return sorted(folder.iterdir())


def texts(file):
    import int8_encoders

    if not file.exists():
        file.write_text("\n".join(int8_encoders.sentences()[::2][:64]))
    return file.read_text().splitlines()


def picture_data(files, size, is_detector):
    import cv2
    import numpy as np

    mean, deviation = PLAIN if is_detector else IMAGENET
    arrays = []
    for file in files:
        rgb = cv2.cvtColor(cv2.resize(cv2.imread(str(file)), (size, size)), cv2.COLOR_BGR2RGB)
        arrays.append(((rgb / 255 - mean) / deviation).transpose(2, 0, 1).astype(np.float32))
    return np.stack(arrays)


def sounds(folder, program):
    """Files of sentences, spoken."""
    import int8_speech

    if not folder.exists():
        folder.mkdir(parents=True)
        int8_speech.spoken(argparse.Namespace(program=program), folder, int8_speech.MEASURED[:8])
    return sorted(folder.iterdir())


def sound_data(files):
    """Log-mel spectrograms of 30 s."""
    import wave

    import numpy as np
    import transformers

    extractor, made = transformers.WhisperFeatureExtractor(feature_size=80), []
    for path in files:
        with wave.open(str(path)) as file:
            rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        at = np.arange(0, len(samples), rate / extractor.sampling_rate)
        heard = np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
        made.append(extractor(heard, sampling_rate=extractor.sampling_rate, return_tensors="np").input_features[0])
    return np.stack(made)


def text_data(lines, tokens):
    """Token numbers: which ones makes no difference to the time. Lengths are those of the texts in words."""
    import numpy as np

    ids = np.random.default_rng(2).integers(1, 100, (len(lines), tokens))
    lengths = [min(tokens, 2 + len(re.findall(r"\w+|[^\w\s]", line))) for line in lines]
    mask = np.array([[1] * length + [0] * (tokens - length) for length in lengths], np.int64)
    return {"input_ids": ids, "attention_mask": mask}


def run(command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr.strip()[-2000:]}{done.stdout.strip()[-2000:]}")
    return done.stdout


def make(arguments):
    import numpy as np
    import onnx

    MODELS.mkdir(parents=True, exist_ok=True)
    is_detector = arguments.label.startswith("yolo")
    names = [given.name for given in onnx.load(arguments.onnx, load_external_data=False).graph.input]
    text_file, folder = MODELS / "calibration.txt", MODELS / "calibration"
    if arguments.shape:
        folder = MODELS / "sounds"
        data = {names[0]: sound_data(sounds(folder, arguments.program))}
    elif arguments.tokens:
        data = {name: array for name, array in text_data(texts(text_file), arguments.tokens).items() if name in names}
    else:
        data = {names[0]: picture_data(pictures(folder), arguments.size, is_detector)}
    used = [text_file if arguments.tokens else folder]
    if arguments.label.startswith("clip"):  # ours holds both towers
        texts(text_file), pictures(folder)
        used = [folder, text_file]
    kind = [] if is_detector else ["transformer"]
    arrays = MODELS / f"{arguments.label}-data.npz"
    np.savez(arrays, **data)
    base = [arguments.program, "--home", STORE, "--quiet", "--json"]
    name = f"{arguments.label}-{arguments.shape or arguments.size or arguments.tokens}".replace(",", "x")
    run([base[0], "convert", arguments.model, "--name", name, *base[1:]])
    run([base[0], "convert", name, "--precision", "int8", *(word for data in used for word in ("--calibrate", data)), *base[1:]])
    share = json.loads(run([base[0], "show", name, "--precision", "int8", *base[1:]]))["int8_share"]
    for python, peer, target in ((venvs.nncf(), "openvino", f"{name}-int8.xml"), (venvs.peers(), "onnxruntime", f"{name}-int8.onnx")):
        run([python, machine.ROOT / "bench/int8_peer.py", peer, arguments.onnx, arrays, MODELS / target, *kind])
    arrays.unlink()
    (MODELS / f"{name}-int8.json").write_text(json.dumps({"int8_share": share}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("label")
    parser.add_argument("model", type=Path)
    parser.add_argument("onnx", type=Path)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--size", type=int)
    length.add_argument("--tokens", type=int)
    length.add_argument("--shape", help="of a spectrogram: 1,80,3000")
    parser.add_argument("--program", type=Path, default=machine.PROGRAM)
    make(parser.parse_args())


if __name__ == "__main__":
    main()
