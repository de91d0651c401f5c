#!/usr/bin/env python3
"""Of a long sound nothing is lost, and nothing is said twice.

    long_recording.py [--program PATH] [--model tiny.en] [--minutes 3] [--precision bf16]

The recordings of LLAMA_PAJAMAS_FIXTURES/audio one behind the other, in an order that is drawn, with silence, the last bit of a converter or
noise between them, of some tenths of a second up to 12 s, until it lasts that long. The words of the whole are aligned with those of
the recordings transcribed one by one, which are what is said but for MOST_MISHEARD of the words: at most MOST_ERRORS of them differ, and nowhere are LONGEST_RUN or more in a row lost, put in or changed.
Segments follow each other. By hand for base: `--model base --minutes 30`.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import common
import made_sounds
import numpy as np
import speech_models
from recordings import RATE, recordings_in, samples_of, word_errors, words_of, write_wav

MOST_MISHEARD = 0.05  # tiny.en and base: none of 89 words
MOST_ERRORS = 0.05
LONGEST_RUN = 4


def pause(rng):
    seconds = rng.choice([0.3, 0.8, 1.5, 3, 6, 12], p=[0.2, 0.3, 0.2, 0.15, 0.1, 0.05])
    kind = rng.integers(4)
    if kind == 0:
        return made_sounds.silence(seconds)
    if kind == 1:
        return made_sounds.dither(seconds, rng)
    return (made_sounds.pink_noise if kind == 2 else made_sounds.white_noise)(seconds, rng, level=0.002)


def long_sound(recordings, minutes, rng):
    """The samples, and the names of the recordings in their order."""
    pieces, names, count = [pause(rng)], [], 0
    while count < minutes * 60 * RATE:
        for name in rng.permutation(sorted(recordings)):
            pieces += [recordings[name], pause(rng)]
            names.append(str(name))
        count = sum(piece.size for piece in pieces)
    return np.concatenate(pieces), names


def alignment(found, expected):
    """The fewest changes that make `expected` of `found`: for each step whether the words are the same. Levenshtein 1966."""
    costs = np.zeros((len(found) + 1, len(expected) + 1), np.int32)
    costs[:, 0], costs[0] = np.arange(len(found) + 1), np.arange(len(expected) + 1)
    for i, word in enumerate(found, 1):
        for j, wanted in enumerate(expected, 1):
            costs[i, j] = min(costs[i - 1, j] + 1, costs[i, j - 1] + 1, costs[i - 1, j - 1] + (word != wanted))
    i, j, steps = len(found), len(expected), []
    while i or j:
        word, wanted = found[i - 1] if i else None, expected[j - 1] if j else None
        if i and j and costs[i, j] == costs[i - 1, j - 1] + (word != wanted):
            steps.append((word, wanted))
            i, j = i - 1, j - 1
        elif i and costs[i, j] == costs[i - 1, j] + 1:
            steps.append((word, None))
            i -= 1
        else:
            steps.append((None, wanted))
            j -= 1
    return steps[::-1]


def runs_of_errors(steps):
    run, runs = [], []
    for step in [*steps, ("", "")]:
        if step[0] != step[1]:
            run.append(step)
        elif run:
            runs.append(run)
            run = []
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fixtures = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if not fixtures:
        print("LLAMA_PAJAMAS_FIXTURES is not set: no recordings, nothing is tried")
        return 0
    paths = recordings_in(Path(fixtures, "audio"))
    options = ["--model", speech_models.whisper(arguments.model), "--json", "--quiet", "--precision", arguments.precision]
    single = common.run_json([arguments.program, "transcribe", *paths, *options])
    items = single["items"] if len(paths) > 1 else [single]
    texts = {Path(item["path"]).name: words_of(item["text"]) for item in items}
    said = {entry["file"]: words_of(entry["text"]) for entry in json.loads(Path(fixtures, "audio/transcripts.json").read_text())}
    misheard, count = sum(word_errors(texts[name], said[name]) for name in texts), sum(len(said[name]) for name in texts)
    print(f"{misheard} of the {count} words of the recordings are misheard")
    samples, names = long_sound({path.name: samples_of(path) for path in paths}, arguments.minutes, np.random.default_rng(arguments.seed))
    with tempfile.TemporaryDirectory() as folder:
        write_wav(Path(folder, "long.wav"), samples)
        found = common.run_json([arguments.program, "transcribe", Path(folder, "long.wav"), *options])
    expected = [word for name in names for word in texts[name]]
    runs = runs_of_errors(alignment(words_of(found["text"]), expected))
    errors, longest = sum(map(len, runs)), max(map(len, runs), default=0)
    seconds = samples.size / RATE
    print(f"{arguments.model}, {seconds / 60:.1f} minutes, {len(names)} recordings: {errors} of {len(expected)} words are not as in the recordings alone, "
          f"at most {longest} in a row; in {found['ms']['total'] / 1000:.0f} s")  # fmt: skip
    for run in runs:
        print("  said:", " ".join(a or "-" for a, _ in run), "| alone:", " ".join(b or "-" for _, b in run))
    times = [time for segment in found["segments"] for time in (segment["start"], segment["end"])]
    ordered = times == sorted(times) and max(times, default=0) <= seconds + 0.01
    print(f"{len(found['segments'])} segments, {'one behind the other' if ordered else 'NOT ONE BEHIND THE OTHER'}")
    return 0 if misheard <= MOST_MISHEARD * count and errors <= MOST_ERRORS * len(expected) and longest < LONGEST_RUN and ordered else 1


if __name__ == "__main__":
    sys.exit(main())
