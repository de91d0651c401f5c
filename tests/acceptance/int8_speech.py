#!/usr/bin/env python3
"""A Whisper in 8 bits hears what it hears in F32.

    int8_speech.py [--program PATH] [--models tiny.en]

Converts the models with sentences that a Piper voice speaks and, where LLAMA_PAJAMAS_FIXTURES names a folder with them, recordings to measure
ranges on; then transcribes other sentences and the recordings in both precisions: at most one word in twenty more is wrong, and the file is
less than 0.6 of the source's in F16. The manifest says how many of the tokens are the same. Without anything to measure on: one sentence.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import speech_models
from speak_test import SENTENCES
from recordings import word_errors, words_of

MOST_MORE, LEAST_SAME = 0.05, 0.95
SPOKEN = SENTENCES.strip().splitlines()
MEASURED, HEARD = SPOKEN[:20], SPOKEN[20:]


def spoken(arguments, folder, sentences):
    """Files in which the voice says one sentence each."""
    paths = []
    for number, sentence in enumerate(sentences):
        paths.append(folder / f"sentence{number:02}.wav")
        subprocess.run([arguments.program, "speak", sentence, "--model", speech_models.piper(), "--output", paths[-1], "--quiet"], check=True)
    return paths


def recordings():
    folder = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if not folder:
        print("LLAMA_PAJAMAS_FIXTURES is not set: no recordings, spoken sentences only")
        return []
    return sorted(path for path in Path(folder, "audio").iterdir() if path.suffix in (".wav", ".flac"))


def known_texts():
    """{file: what is said in it} of the recordings."""
    document = json.loads(Path(os.environ["LLAMA_PAJAMAS_FIXTURES"], "audio/transcripts.json").read_text())
    return {entry["file"]: entry["text"] for entry in document}


def texts(arguments, model, home, precision, paths):
    command = [arguments.program, "transcribe", *paths, "--model", model, "--home", home, "--json", "--quiet", "--precision", precision]
    found = common.run_json(command)
    return [item["text"] for item in found["items"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--models", default="tiny.en")
    arguments = parser.parse_args()
    well = True
    for name in arguments.models.split(","):
        source = speech_models.whisper(name)
        with tempfile.TemporaryDirectory() as temporary:
            home, measured, heard = (Path(temporary, part) for part in ("home", "measured", "heard"))
            measured.mkdir()
            heard.mkdir()
            spoken(arguments, measured, MEASURED)
            convert = [arguments.program, "convert", source, "--name", "small", "--precision", "int8", "--home", home, "--quiet", "--calibrate"]
            empty = subprocess.run([*convert, heard], capture_output=True, text=True)
            good = empty.returncode == 1 and ".wav" in empty.stderr
            print(f"{name}, nothing to measure on: {'as it should be' if good else 'WRONG'}: {empty.stderr.strip()[:120]}")
            well &= good
            for path in recordings()[::2]:
                (measured / path.name).write_bytes(path.read_bytes())
            subprocess.run([*convert, measured], check=True)
            size = (home / "models/small/gguf/INT8/model.gguf").stat().st_size
            parity = json.loads((home / "models/small/manifest.json").read_text())["formats"][0]["parity"]
            good = parity["metric"] == "same_tokens" and parity["value"] > LEAST_SAME and parity["encoder_cosine"] > LEAST_SAME
            print(f"{name}, what the manifest says: {'as it should be' if good else 'WRONG'}: {parity}")
            well &= good
            paths = spoken(arguments, heard, HEARD) + recordings()
            said = HEARD + [known_texts()[path.name] for path in recordings()]
            wrong = {}
            for precision, model in (("f32", source), ("int8", "small")):
                found = texts(arguments, model, home, precision, paths)
                wrong[precision] = sum(word_errors(words_of(a), words_of(b)) for a, b in zip(found, said))
            count = sum(len(words_of(text)) for text in said)
            good = wrong["int8"] <= wrong["f32"] + MOST_MORE * count and size < 0.6 * (source / "model.safetensors").stat().st_size
            print(f"{name}: of {count} words {wrong['int8']} are wrong in int8, {wrong['f32']} in F32; {size / 1e6:.0f} MB: "
                  f"{'as it should be' if good else 'TOO MUCH'}")  # fmt: skip
            well &= good
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
