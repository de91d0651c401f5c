#!/usr/bin/env python3
"""How fast voices speak, and how soon they begin. By hand, on a quiet machine.

    speaking_speed.py [--speech PROGRAM] [--threads 2] [--runs 15]

A Piper voice (speech_models.py) speaks a text of 20 words, a FastSpeech2Conformer with HiFi-GAN V1 of the published size and with drawn weights
100 phonemes, in BF16 where the processor multiplies it. Counted are the least and the median time of a process in which the text was spoken once
before. Exit status 1 where the median is not below the limit: of the real-time factor (time by length of the sound), 0.015 for Piper's and 0.10 for
FastSpeech 2; until the first sound, 100 ms of Piper's. Against other programs: bench/vocoder.py.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import speech_models
from blocks_equal_pytorch import computes_bf16

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

TEXT = "The quick brown fox jumps over the lazy dog while nine small birds watch from the old garden wall and sing."
LINE = re.compile(r"([\d.]+) ms, first ([\d.]+), acoustic ([\d.]+), vocoder ([\d.]+)")
SAID = re.compile(r"(\d+) samples at (\d+) Hz")


def piper_ids(phonemes, voice):
    """The numbers of the sentence in a voice of Piper's."""
    done = subprocess.run([phonemes, "en-us", "--english", "--ids", f"{voice}.json"], input=TEXT, capture_output=True, text=True, check=True)
    return np.concatenate([np.asarray(ids, np.int32) for ids in json.loads(done.stdout)])


def fastspeech2(folder):
    """A checkpoint of the size of espnet/fastspeech2_conformer_with_hifigan; each phoneme lasts some 7 frames."""
    import torch
    import transformers

    torch.manual_seed(3)
    config = transformers.FastSpeech2ConformerWithHifiGanConfig()
    model = transformers.FastSpeech2ConformerWithHifiGan(config).eval()
    with torch.no_grad():
        last = model.model.duration_predictor.linear
        last.weight.mul_(0.1)
        last.bias.fill_(math.log(8))
        model.vocoder.scale.fill_(1)
    model.save_pretrained(folder)
    return np.random.default_rng(1).integers(1, config.model_config.vocab_size, 100).astype(np.int32)


def measure(arguments, model, ids, precision):
    """Each time's (whole, first sound), milliseconds, and the seconds of sound."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "ids.npy")
        np.save(given, ids)
        command = [arguments.speech, model, given, "--output", Path(folder, "speech.safetensors"), "--runtime", "onednn", "--precision", precision,
                   "--threads", arguments.threads, "--runs", arguments.runs]  # fmt: skip
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}: {done.stderr.strip()}")
    samples, rate = map(int, SAID.search(done.stdout).groups())
    return [tuple(map(float, found.groups()[:2])) for found in LINE.finditer(done.stdout)], samples / rate


def check(what, numbers, limit, unit):
    least, median = min(numbers), statistics.median(numbers)
    print(f"{what}: least {least:.4g}{unit}, median {median:.4g}{unit}{'' if median < limit else f', NOT BELOW {limit}{unit}'}")
    return median < limit


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    programs = common.ROOT / "build/release/bin"
    parser.add_argument("--speech", default=programs / "lp-speech")
    parser.add_argument("--phonemes", default=programs / "lp-phonemes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # as llama-pajamas does (cli/openmp_wait.cpp)
    precision = "bf16" if computes_bf16() else "f32"
    voice = speech_models.piper()
    times, seconds = measure(arguments, voice, piper_ids(arguments.phonemes, voice), precision)
    well = check(f"Piper, {precision}, {seconds:.2f} s, real-time factor", [whole / 1000 / seconds for whole, _ in times], 0.015, "")
    well &= check(f"Piper, {precision}, first sound of 20 words", [first for _, first in times], 100, " ms")
    with tempfile.TemporaryDirectory() as folder:
        ids = fastspeech2(folder)
        times, seconds = measure(arguments, folder, ids, precision)
    well &= check(f"FastSpeech 2, {precision}, {seconds:.2f} s, real-time factor", [whole / 1000 / seconds for whole, _ in times], 0.10, "")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
