#!/usr/bin/env python3
"""`transcribe` mishears no more words than faster-whisper does with the same weights and as many beams.

    word_errors_against_faster_whisper.py --peer PYTHON [--program PATH] [--models tiny.en,base] [--beams 1,5]

By hand; PYTHON has faster-whisper 1.2.1 (`python3 -m venv DIR && DIR/bin/pip install faster-whisper==1.2.1`). On the recordings of
LLAMA_PAJAMAS_FIXTURES/audio whose words are known, ours in F32 and, where the processor multiplies it, BF16, theirs in F32 and in 8 bits,
in English.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import common
import speech_models
from blocks_equal_pytorch import computes_bf16
from recordings import word_errors, words_of

THEIRS = """
import json, sys
from faster_whisper import WhisperModel
folder, kind, beams, *paths = sys.argv[1:]
model = WhisperModel(folder, device="cpu", compute_type=kind, cpu_threads=2)
texts = []
for path in paths:
    segments, _ = model.transcribe(path, beam_size=int(beams), language="en")
    texts.append("".join(segment.text for segment in segments))
print(json.dumps(texts))
"""


def theirs(arguments, name, kind, beams, paths):
    command = [arguments.peer, "-c", THEIRS, speech_models.whisper_ct2(name), kind, beams, *paths]
    return json.loads(subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=True, text=True).stdout)


def ours(arguments, name, kind, beams, paths):
    language = [] if name.endswith(".en") else ["--language", "en"]
    command = [arguments.program, "transcribe", *paths, "--model", speech_models.whisper(name), "--precision", kind, "--beam-size", beams]
    return [item["text"] for item in common.run_json([*command, "--json", "--quiet", *language])["items"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--models", default="tiny.en,base")
    parser.add_argument("--beams", default="1,5")
    arguments = parser.parse_args()
    folder = Path(os.environ["LLAMA_PAJAMAS_FIXTURES"], "audio")
    known = json.loads((folder / "transcripts.json").read_text())
    paths = [folder / entry["file"] for entry in known]
    expected = [words_of(entry["text"]) for entry in known]
    count, well = sum(map(len, expected)), True
    kinds_of_ours = ("f32", "bf16") if computes_bf16() else ("f32",)
    for name in arguments.models.split(","):
        for beams in arguments.beams.split(","):
            wrong = {}
            for side, kinds in ((theirs, ("float32", "int8")), (ours, kinds_of_ours)):
                for kind in kinds:
                    texts = side(arguments, name, kind, beams, paths)
                    wrong[f"{side.__name__} {kind}"] = sum(word_errors(words_of(a), b) for a, b in zip(texts, expected, strict=True))
            good = max(wrong[f"ours {kind}"] for kind in kinds_of_ours) <= min(wrong["theirs float32"], wrong["theirs int8"])
            print(f"{name}, {beams} beams, {count} words: {wrong}{'' if good else ': WORSE'}", flush=True)
            well &= good
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
