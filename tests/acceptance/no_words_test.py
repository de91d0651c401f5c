#!/usr/bin/env python3
"""Silence, noise and music have no words, and words between them are found.

    no_words_test.py [--program PATH] [--models tiny.en] [--seconds 12] [--sounds NAME,...] [--beside NAME,...]

Sounds are computed (made_sounds.py): silence, the last bit of a converter, white and pink noise, mains, chords, piano, drums and all of
these at once. None has a word. Then, where LLAMA_PAJAMAS_FIXTURES is set, a recording behind each of them or those of `--beside`, and before it: its
words are those that are said in it. By hand for base and long windows: `--models base --seconds 40`.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import common
import made_sounds
import numpy as np
import speech_models
from recordings import samples_of, transcribe, word_errors, words_of, write_wav

MOST_WRONG = 1  # words, of the recording beside a sound: it is heard in another window
# In fixtures/audio/jfk.wav: John F. Kennedy, 20 January 1961.
SAID = "And so, my fellow Americans: ask not what your country can do for you, ask what you can do for your country."


def sounds(seconds):
    rng = np.random.default_rng(5)
    return {
        "silence": made_sounds.silence(seconds),
        "dither": made_sounds.dither(seconds, rng),
        "white noise": made_sounds.white_noise(seconds, rng),
        "quiet white noise": made_sounds.white_noise(seconds, rng, 0.003),
        "pink noise": made_sounds.pink_noise(seconds, rng),
        "hum": made_sounds.hum(seconds),
        "chords": made_sounds.pads(seconds),
        "piano": made_sounds.piano(seconds, rng),
        "drums": made_sounds.drums(seconds, rng),
        "band": made_sounds.band(seconds, rng),
    }


def check(arguments, name, recording, scratch):
    folder, well = speech_models.whisper(name), True
    path = scratch / "sound.wav"

    def text_of(*pieces):
        write_wav(path, np.concatenate(pieces))
        return transcribe(arguments, folder, path)["text"]

    expected = words_of(SAID)
    if recording is not None:
        wrong = word_errors(words_of(text_of(recording)), expected)
        print(f"{name}, the recording alone: {wrong} of {len(expected)} words wrong", flush=True)
        well &= wrong <= MOST_WRONG
    for sound, samples in sounds(arguments.seconds).items():
        if arguments.sounds and sound not in arguments.sounds.split(","):
            continue
        text = text_of(samples)
        print(f"{name}, {sound}: {'no words' if text == '' else f'WORDS: {text}'}", flush=True)
        well &= text == ""
        if recording is None or (arguments.beside and sound not in arguments.beside.split(",")):
            continue
        for where, pieces in (("behind", (samples, recording)), ("before", (recording, samples))):
            text = text_of(*pieces)
            wrong = word_errors(words_of(text), expected)
            print(f"{name}, a recording {where} {sound}: {wrong} of {len(expected)} words wrong{f': {text}' if wrong else ''}", flush=True)
            well &= wrong <= MOST_WRONG
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--models", default="tiny.en")
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--sounds", default="")
    parser.add_argument("--beside", default="")
    arguments = parser.parse_args()
    fixtures = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if not fixtures:
        print("LLAMA_PAJAMAS_FIXTURES is not set: no recording beside the sounds")
    recording = samples_of(Path(fixtures, "audio/jfk.wav")) if fixtures else None
    well = True
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.models.split(","):
            well &= check(arguments, name, recording, Path(folder))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
