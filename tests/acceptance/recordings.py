"""Recordings and what is said in them, for the tests of transcripts."""

import re
import subprocess
import tempfile
import wave
from pathlib import Path

import common
import numpy as np
import speech_models

RATE = speech_models.RATE


def write_wav(path, samples, rate=RATE, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        pcm = np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2")
        file.writeframes(np.repeat(pcm, channels).tobytes())


def samples_of(path):
    """16-bit samples of a recording as floats."""
    if path.suffix == ".flac":
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "samples.npy")
            subprocess.run([common.ROOT / "build/release/bin/lp-samples", path, output], check=True)
            return np.load(output)
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE and file.getnchannels() == 1
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def recordings_in(folder):
    return [folder / "jfk.wav", *sorted(folder.glob("*.flac"))]


def transcribe(arguments, folder, path, *options):
    command = [arguments.program, "transcribe", path, "--model", folder, "--json", "--quiet", *options]
    return common.run_json(command)


def words_of(text):
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def word_errors(found, expected):
    """Words to be put in, taken out or changed. Levenshtein 1966."""
    row = list(range(len(expected) + 1))
    for i, word in enumerate(found, 1):
        row, above = [i], row
        for j, wanted in enumerate(expected, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (word != wanted)))
    return row[-1]
