#!/usr/bin/env python3
"""Measures `transcribe` against faster-whisper and whisper.cpp on one sound and the same weights, greedy, by turns.

    transcription.py SOUND --ours NAME:PRECISION... [--home DIR] [--program PATH] [--threads 2] [--rounds 3] [--runs 5]
                     [--faster-whisper PYTHON FOLDER] [--whisper-cpp PROGRAM MODEL.bin]...

PYTHON: one that has faster-whisper; FOLDER: what `ct2-transformers-converter --quantization int8` made of the same checkpoint. PROGRAM:
whisper-cli, built for this processor; MODEL.bin: what its models/convert-h5-to-ggml.py, and its quantize, made of it. In each round
each program runs in a process of its own, one time to warm up and then --runs times; loading is not counted. Prints the least and the
median time of all rounds and their ratios to the first of ours, milliseconds; and the same of a step of the decoder with the choice of a
token, where a program says it: the decoder's time by the tokens of the text. A text that differs is shown. Nothing is kept.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys

import machine
from server import Server


def output_of(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr.strip()[-2000:]}")
    return done.stdout, done.stderr


def ours(arguments, name, precision):
    """Times of the whole and of a step of the decoder; text."""
    home = ["--home", arguments.home] if arguments.home else []
    sounds = [arguments.sound] * (arguments.runs + 1)
    common = ["--precision", precision, "--threads", arguments.threads, "--offline", "--json", *home]
    text, _ = output_of([arguments.program, "transcribe", *sounds, "--model", name, *common])
    items = json.loads(text)["items"][1:]
    # A text of n tokens takes n steps and one for the end, the first of them with the prompt.
    steps = [item["ms"]["decoder"] / (1 + sum(len(segment["tokens"]) for segment in item["segments"])) for item in items]
    return [item["ms"]["total"] for item in items], steps, items[0]["text"]


def faster_whisper(arguments):
    python, folder = arguments.faster_whisper
    peer = machine.ROOT / "bench/faster_whisper_peer.py"
    with Server("faster-whisper", [python, peer, folder, arguments.sound, "--threads", arguments.threads]) as server:
        return server.run(arguments.runs)[0], [], ""


def whisper_cpp(arguments, program, model):
    """It says what all of its runs took together, so there is one number a round. A step is a pass of its decoder with the choice of a token;
    how often it chose one is not counted (it says 1), so all of the choices are shared out to the passes."""
    common = [program, "-m", model, "-t", arguments.threads, "-bs", "1", "-bo", "1", "-l", "auto"]
    out, log = output_of([*common, *[word for _ in range(arguments.runs) for word in ("-f", arguments.sound)]])
    took = sum(float(ms) for what, ms in re.findall(r"(\w+) time = +([0-9.]+) ms", log) if what not in ("load", "total"))
    lines = out.strip().splitlines()
    text = " ".join(re.sub(r"^\[[^]]*\]", "", line).strip() for line in lines[: len(lines) // arguments.runs])
    found = {what: (float(ms), int(runs)) for what, ms, runs in re.findall(r"(\w+) time = +([0-9.]+) ms / +(\d+) runs", log)}
    (sample, _), (decode, passes) = found["sample"], found["decode"]
    return [took / arguments.runs], [(decode + sample) / passes], text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sound")
    parser.add_argument("--ours", nargs="+", required=True, metavar="NAME:PRECISION")
    parser.add_argument("--faster-whisper", nargs=2, metavar=("PYTHON", "FOLDER"))
    parser.add_argument("--whisper-cpp", nargs=2, action="append", default=[], metavar=("PROGRAM", "MODEL"))
    parser.add_argument("--home")
    parser.add_argument("--program", default=machine.PROGRAM)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()

    programs = {model: lambda m=model: ours(arguments, *m.rsplit(":", 1)) for model in arguments.ours}
    if arguments.faster_whisper:
        programs["faster-whisper int8"] = lambda: faster_whisper(arguments)
    for program, model in arguments.whisper_cpp:
        programs[f"whisper.cpp {model}"] = lambda p=program, m=model: whisper_cpp(arguments, p, m)
    times, steps, texts = {name: [] for name in programs}, {name: [] for name in programs}, {}
    for _ in range(arguments.rounds):
        for name, run in programs.items():
            taken, taken_by_step, texts[name] = run()
            times[name] += taken
            steps[name] += taken_by_step
    for what, numbers in (("whole", times), ("step", steps)):
        first = numbers[arguments.ours[0]]
        for name, taken in numbers.items():
            if taken:
                ratio = f"{min(taken) / min(first):6.2f} {statistics.median(taken) / statistics.median(first):6.2f}"
                print(f"{what:6} {name:40} {min(taken):8.2f} {statistics.median(taken):8.2f} {ratio}")
    for name, text in texts.items():
        if text and text != texts[arguments.ours[0]]:
            print(f"{name}: {text}")


if __name__ == "__main__":
    main()
