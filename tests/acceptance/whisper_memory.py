#!/usr/bin/env python3
"""Memory that whisper-base in 8 bits takes: the most that was resident (RssAnon and RssFile together), of a whole process.

    whisper_memory.py [--program PATH] [--threads N] [CASE...]

clip      a sound of 11 s: less than 250 MB
lengths   sounds of six lengths, one after the other: less than 250 MB
window    half a minute at once: less than 250 MB
streams   four sounds at once: each beyond the first adds less than 60 MB

The sounds are sentences of a Piper voice, which ranges are measured on, too. All cases: without arguments. For Linux.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import common
import numpy as np
import speech_models
from speak_test import SENTENCES

RESIDENT_MB, STREAM_MB, STREAMS = 250, 60, 4
CASES = ("clip", "lengths", "window", "streams")


def speech(arguments, folder):
    """Half a minute and more of speech, 16-bit samples, and their rate; each sentence in a file of `folder`, too."""
    pieces, rate = [], 0
    for number, sentence in enumerate(SENTENCES.strip().splitlines()[:12]):
        path = folder / f"sentence{number:02}.wav"
        subprocess.run([arguments.program, "speak", sentence, "--model", speech_models.piper(), "--output", path, "--quiet"], check=True)
        with wave.open(str(path)) as file:
            pieces.append(np.frombuffer(file.readframes(file.getnframes()), np.int16))
            rate = file.getframerate()
    samples = np.concatenate(pieces)
    assert len(samples) > 32 * rate, "too little was spoken"
    return samples, rate


def cut(path, samples, rate, seconds):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(rate)
        file.writeframes(samples[: int(seconds * rate)].tobytes())
    return path


def resident(arguments, model, paths, *options):
    """MB at most; each sound has its line."""
    command = [arguments.program, "transcribe", *paths, "--model", model, "--threads", arguments.threads, "--format", "jsonl", "--quiet", *options]
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([str(word) for word in command], stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: exit {child.returncode}")
        out.seek(0)
        lines = out.read().decode().splitlines()
    assert len(lines) == len(paths), "a sound has no line of its own"
    return usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], metavar="CASE")
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    cases, well = arguments.cases or CASES, True

    def judge(what, mb, most):
        nonlocal well
        well &= mb < most
        print(f"{what}: {mb:.0f} MB of {most}: {'as it should be' if mb < most else 'TOO MUCH'}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder, spoken = Path(temporary), Path(temporary, "spoken")
        spoken.mkdir()
        samples, rate = speech(arguments, spoken)
        convert = [arguments.program, "convert", speech_models.whisper("base"), "--name", "small", "--precision", "int8", "--calibrate", spoken]
        subprocess.run([*convert, "--home", folder / "home", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        model = folder / "home/models/small/gguf/INT8/model.gguf"
        lengths = [cut(folder / f"{seconds}.wav", samples, rate, seconds) for seconds in (2, 4, 6, 8, 11, 13)]
        if "clip" in cases:
            judge("a sound of 11 s", resident(arguments, model, lengths[4:5]), RESIDENT_MB)
        if "lengths" in cases:
            judge("sounds of six lengths", resident(arguments, model, lengths), RESIDENT_MB)
        if "window" in cases:
            judge("half a minute", resident(arguments, model, [cut(folder / "30.wav", samples, rate, 30)]), RESIDENT_MB)
        if "streams" in cases:
            sounds = [cut(folder / f"stream{number}.wav", samples, rate, 11 + number / 10) for number in range(2 * STREAMS)]
            one = resident(arguments, model, sounds, "--jobs", "1")
            all_of_them = resident(arguments, model, sounds, "--jobs", str(STREAMS))
            print(f"one stream: {one:.0f} MB; {STREAMS} at once: {all_of_them:.0f} MB")
            judge("a stream more", (all_of_them - one) / (STREAMS - 1), STREAM_MB)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
