#!/usr/bin/env python3
"""How fast voices speak, and how soon they begin, by turns with the programs that they come from. By hand, on a quiet machine.

    speaking_speed.py [--speech PROGRAM] [--threads 2] [--rounds 5] [--runs 3]

A Piper voice (speech_models.py) speaks a text of 20 words, a FastSpeech2Conformer with HiFi-GAN V1 of the published size and with drawn weights
100 phonemes, in BF16 where the processor multiplies it; ONNX Runtime speaks the one, PyTorch and transformers the other, both in F32. Counted are
times of processes in which the text was spoken once before. Wanted are real-time factors (time by length of the sound) of less than 0.015 and 0.10.
They were set on a processor where the others took 0.028 and 0.23: on a slower one it has to be that much faster than they are. Until the first
sound of Piper's it may take 100 ms. Exit status 1 where one of these is missed by the median. The vocoder alone: bench/vocoder.py.
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
import time
from pathlib import Path

import common
import numpy as np
import speech_models
from blocks_equal_pytorch import computes_bf16

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

TEXT = "The quick brown fox jumps over the lazy dog while nine small birds watch from the old garden wall and sing."
LINE = re.compile(r"([\d.]+) ms, first ([\d.]+), acoustic ([\d.]+), vocoder ([\d.]+)")
RATE = 22050  # of FastSpeech 2
REST_S = 0.2  # until threads of the one before no longer wait for work at full speed
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
    """Each time's (real-time factor, milliseconds until the first sound)."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "ids.npy")
        np.save(given, ids)
        command = [arguments.speech, model, given, "--output", Path(folder, "speech.safetensors"), "--runtime", "onednn", "--precision", precision,
                   "--threads", arguments.threads, "--runs", arguments.runs + 1]  # fmt: skip
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}: {done.stderr.strip()}")
    samples, rate = map(int, SAID.search(done.stdout).groups())
    times = [tuple(map(float, found.groups()[:2])) for found in LINE.finditer(done.stdout)]
    return [(whole / 1000 * rate / samples, first) for whole, first in times[-arguments.runs :]]


def onnxruntime_voice(voice, ids, threads):
    """A function that speaks and gives the seconds of sound."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(voice), options, providers=["CPUExecutionProvider"])
    rate = json.loads(Path(f"{voice}.json").read_text())["audio"]["sample_rate"]
    given = {"input": ids[None].astype(np.int64), "input_lengths": np.array([ids.size]), "scales": np.array([0.667, 1, 0.8], np.float32)}
    return lambda: session.run(None, given)[0].size / rate


def torch_voice(folder, ids, threads):
    import torch
    import transformers

    torch.set_num_threads(threads)
    model = transformers.FastSpeech2ConformerWithHifiGan.from_pretrained(folder).eval()
    given = torch.from_numpy(ids[None].astype(np.int64))

    def speak():
        with torch.no_grad():
            return model(input_ids=given).waveform.numel() / RATE

    return speak


def compare(arguments, what, model, ids, peer, limits):
    """By turns. `limits`: (real-time factor, the peer's where it was set, milliseconds until the first sound or None)."""
    precision = "bf16" if computes_bf16() else "f32"
    name, speak = peer
    speak()
    ours, theirs = [], []
    for _ in range(arguments.rounds):
        ours += measure(arguments, model, ids, precision)
        for _ in range(arguments.runs):
            begin = time.perf_counter()
            seconds = speak()
            theirs.append((time.perf_counter() - begin) / seconds)
        time.sleep(REST_S)
    factors, firsts = zip(*ours)
    limit, their_limit, first = limits
    ratios = [statistics.median(theirs) / statistics.median(factors), min(theirs) / min(factors)]
    well = statistics.median(factors) < limit or min(ratios) >= their_limit / limit
    print(
        f"{what}, {precision}, {arguments.threads} threads: real-time factor least {min(factors):.4f}, median {statistics.median(factors):.4f}; {name} in F32 "
        f"{min(theirs):.4f}, {statistics.median(theirs):.4f}: {ratios[1]:.2f} and {ratios[0]:.2f} times ours"
        f"{'' if well else f', NEITHER BELOW {limit} NOR {their_limit / limit:.2f} TIMES'}"
    )
    if first is not None:
        print(f"{what}: first sound after {min(firsts):.0f} ms, median {statistics.median(firsts):.0f}")
        well &= statistics.median(firsts) < first
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    programs = common.ROOT / "build/release/bin"
    parser.add_argument("--speech", default=programs / "lp-speech")
    parser.add_argument("--phonemes", default=programs / "lp-phonemes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # as llama-pajamas does (cli/openmp_wait.cpp)
    voice = speech_models.piper()
    ids = piper_ids(arguments.phonemes, voice)
    well = compare(arguments, "Piper", voice, ids, ("ONNX Runtime", onnxruntime_voice(voice, ids, arguments.threads)), (0.015, 0.028, 100))
    with tempfile.TemporaryDirectory() as folder:
        ids = fastspeech2(folder)
        peer = ("PyTorch", torch_voice(folder, ids, arguments.threads))
        well &= compare(arguments, "FastSpeech 2", folder, ids, peer, (0.10, 0.23, None))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
