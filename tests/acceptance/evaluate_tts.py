#!/usr/bin/env python3
"""`evaluate tts` measures what `speak` says and `transcribe` hears of it.

    evaluate_tts.py [--program PATH] [--listener tiny.en]

The voice is en_US-joe-medium, the listener a Whisper. Each text is spoken and transcribed by the program's own commands as well: the same length and
the same words, and jiwer counts the same errors on texts that transformers normalized. The report is kept and measured again by `verify`. Texts that
cannot be said are one sentence each, and all others are measured.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import common
import jiwer
import speech_models
from evaluate_stt import Check, close, run
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer
from words_equal_whisper import spellings

TEXTS = [
    "She sells sea shells by the shore, and the shells she sells are surely from the sea.",
    "Mr. Smith paid twenty-five dollars and fifty cents for the colour.",
    "What time does the next train to the city leave? Nobody knows, and nobody cares about it any longer.",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--listener", default="tiny.en")
    arguments = parser.parse_args()
    check, listener, normal = Check(), speech_models.whisper(arguments.listener), EnglishTextNormalizer(spellings())
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        home = ["--home", scratch / "home", "--quiet"]
        for source, model in ((speech_models.piper(), "joe"), (listener, "ears")):
            assert run(arguments, "convert", source, "--name", model, *home).returncode == 0
        (scratch / "texts.txt").write_text("\n".join(TEXTS))
        words = ["evaluate", "tts", "joe", "--data", scratch / "texts.txt", "--precision", "f32", *home]
        report = common.run_json([arguments.program, *words, "--json"])
        references, found = [], []
        for text, item in zip(TEXTS, report["items"], strict=True):
            spoken = common.run_json([arguments.program, "speak", text, "--model", "joe", "--output", scratch / "a.wav", "--precision", "f32", *home, "--json"])
            heard = common.run_json([arguments.program, "transcribe", scratch / "a.wav", "--model", "ears", "--precision", "f32", *home, "--json"])
            references.append(normal(text).strip())
            found.append(normal(heard["text"]).strip())
            good = item["text"] == text and item["heard"] == heard["text"] and close(item["duration_s"], spoken["duration_s"])
            check(f"what speak says and transcribe hears: {heard['text'][:50]}", good)
            check(f"WER {item['wer']:.4f}, CER {item['cer']:.4f}", close(item["wer"], jiwer.wer(references[-1], found[-1])) and close(item["cer"], jiwer.cer(references[-1], found[-1])))
            check(f"first sound after {item['first_audio_ms']} ms of {item['ms']}", 0 < item["first_audio_ms"] <= item["ms"])
        check(f"all: WER {report['metrics']['wer']:.4f}", close(report["metrics"]["wer"], jiwer.wer(references, found)) and report["metrics"]["wer"] < 0.5)
        times = sorted(item["first_audio_ms"] for item in report["items"])
        check("first sounds", close(report["first_audio_ms"]["median"], times[1]) and close(report["first_audio_ms"]["most"], times[2]))
        total = sum(item["ms"] for item in report["items"]) / 1000 / sum(item["duration_s"] for item in report["items"])
        check(f"RTF {report['rtf']}", abs(report["rtf"] - total) < 1e-3)
        kept = json.loads((scratch / "home/models/joe/manifest.json").read_text())["formats"][0]["evaluations"]
        check("the report is kept, without texts", len(kept) == 1 and kept[0]["kind"] == "tts" and "items" not in kept[0] and kept[0]["listener"]["model"] == "ears")
        done = run(arguments, "verify", "joe", "--data", scratch / "texts.txt", "--precision", "f32", *home)
        check(f"verify: {done.stdout.strip()}", done.returncode == 0 and "reports measured again: 1" in done.stdout)

        (scratch / "bad.txt").write_text("...\nHello, world.\n" + "?!" * 5000 + "\n")
        done = run(arguments, "evaluate", "tts", scratch / "bad.txt", "--model", "joe", "--listener", listener, *home, "--json")
        answer, lines = json.loads(done.stdout), done.stderr.strip().splitlines()
        check(f"texts with nothing to say: {lines[:1]}", done.returncode == 1 and len(lines) == 2 == len(answer["errors"]) and all(len(line) < 200 for line in lines))
        check("all others are measured", [item["text"] for item in answer["items"]] == ["Hello, world."])
        (scratch / "empty.txt").write_text("")
        done = run(arguments, "evaluate", "tts", "joe", "--data", scratch / "empty.txt", *home)
        check(f"no texts: {done.stderr.strip()[-70:]}", done.returncode == 1 and "no text in it" in done.stderr and not done.stdout)
        beams = common.run_json([arguments.program, *words, "--json", "--beam-size", "3"])
        check("how it is heard is recorded", beams["options"]["beam_size"] == 3 and report["options"]["beam_size"] == 1)
        for wrong in (["--voice", "nobody"], ["--listener", "nobody"], ["--listener", "joe"]):
            done = run(arguments, *words, *wrong)
            check(f"{' '.join(wrong)}: {done.stderr.strip()[-70:]}", done.returncode in (1, 2) and len(done.stderr.strip().splitlines()) == 1)
    return 0 if check.well else 1


if __name__ == "__main__":
    sys.exit(main())
