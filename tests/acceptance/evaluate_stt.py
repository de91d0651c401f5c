#!/usr/bin/env python3
"""`evaluate stt` counts the errors that jiwer counts on texts normalized by transformers, whatever the layout of the data.

    evaluate_stt.py [--program PATH] [--model tiny.en]

On the recordings of LLAMA_PAJAMAS_FIXTURES/audio, where that is set, else on made sounds: what was heard must be what `transcribe` writes, and its
errors against texts that were changed on purpose those of the originals, by sound and in total, alone and beside an original. The same data in
every layout has the same digest and figures. The report is kept in the manifest and measured again by `verify`. Whatever is missing, empty or
broken is one sentence, and all else is measured.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import jiwer
import numpy as np
import speech_models
from recordings import write_wav
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer
from whisper_equals_transformers import made_sound
from words_equal_whisper import spellings

MOST_ERRORS = 0.1


class Check:
    well = True

    def __call__(self, what, good):
        print(f"{what}: {'good' if good else 'NOT GOOD'}")
        self.well &= bool(good)


def run(arguments, *words):
    command = [str(word) for word in (arguments.program, *words)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def sounds_and_texts(folder):
    """{path: text}: the recordings, or made sounds with texts that nobody says in them."""
    fixtures = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if fixtures:
        known = json.loads(Path(fixtures, "audio/transcripts.json").read_text())
        return {Path(fixtures, "audio", entry["file"]): entry["text"] for entry in known}
    print("LLAMA_PAJAMAS_FIXTURES is not set: no recordings, so that made sounds are evaluated")
    made = {}
    for i, text in enumerate(["Twenty-five dollars, please.", "Mr. Smith isn't here", "one two three"]):
        samples = made_sound()
        write_wav(folder / f"made{i}.wav", np.roll(samples, 5000 * i)[: samples.size // (i + 1)])
        made[folder / f"made{i}.wav"] = text
    return made


def changed(rng, text):
    """The text with words changed, left out and put in, and written otherwise."""
    words = []
    for word in text.split():
        words += rng.choice([[word]] * 6 + [[], [word, "indeed"], ["colour"], [word.upper() + "!"]])
    return " ".join(words + ["twenty", "one", "dollars", "and", "I'm", "(uh)", "Dr.", "who"])


def close(a, b):
    return abs(a - b) < 1e-5


def check_errors(check, report, texts, normal):
    """The figures of a report against jiwer's."""
    references, found = [], []
    for item in report["items"]:
        reference, text = (normal(t).strip() for t in (texts[Path(item["path"])], item["text"]))
        words, characters = jiwer.process_words(reference, text), jiwer.process_characters(reference, text)
        good = close(item["wer"], words.wer) and close(item["cer"], characters.cer)
        check(f"{Path(item['path']).name}: WER {item['wer']:.4f}, CER {item['cer']:.4f}", good)
        references.append(reference)
        found.append(text)
    total, count = report["metrics"], report["words"]
    check(f"all: WER {total['wer']:.4f}, CER {total['cer']:.4f}", close(total["wer"], jiwer.wer(references, found)) and close(total["cer"], jiwer.cer(references, found)))
    edits = count["substitutions"] + count["deletions"] + count["insertions"]
    check("its parts", count["reference"] == sum(len(r.split()) for r in references) and close(edits / count["reference"], total["wer"]) and edits > 0)
    check("every sound", len(report["items"]) == len(texts) == report["data"]["items"])
    seconds = sum(item["duration_s"] for item in report["items"])
    check("seconds and RTF", abs(report["data"]["seconds"] - seconds) < 0.01 and 0 < report["rtf"] < 100)


def write_layouts(scratch, sounds):
    """The same sounds and texts in each layout that is read; the inputs to name."""
    wavs = {f"{i}-1-{i:04}{path.suffix}": (path, text) for i, (path, text) in enumerate(sounds.items())}
    inputs = []

    def folder(name, below=""):
        at = scratch / name / below
        at.mkdir(parents=True)
        for sound, (path, _) in wavs.items():
            shutil.copy(path, at / sound)
        return at

    at = folder("object")
    (at / "transcripts.json").write_text(json.dumps({sound: text for sound, (_, text) in wavs.items()}))
    inputs.append([at])
    at = folder("list")
    (at / "transcripts.json").write_text(json.dumps([{"file": sound, "text": f" {text} "} for sound, (_, text) in wavs.items()]))
    inputs.append([at])
    at = folder("libri", "7/1")
    (at / "7-1.trans.txt").write_text("".join(f"{Path(sound).stem} {text}\n" for sound, (_, text) in wavs.items()))
    inputs.append([scratch / "libri"])
    at = folder("tables")
    (at / "a.csv").write_text("file_name,transcription\r\n" + "".join(f'{sound},"{text}"\r\n' for sound, (_, text) in wavs.items()))
    (at / "b.tsv").write_text("".join(f"{sound}\t{text}\n" for sound, (_, text) in wavs.items()))
    lines = [json.dumps({"audio_filepath": str(at / sound), "text": text}) + "\n" for sound, (_, text) in wavs.items()]
    (at / "c.jsonl").write_text(lines[0])
    (at / "d.jsonl").write_text("\n".join(lines[1:]))
    return [*inputs, [at / "a.csv"], [at / "b.tsv"], [at / "c.jsonl", at / "d.jsonl"]]


def check_layouts(check, arguments, folder, scratch, texts):
    sounds = dict(list(texts.items())[:2])
    reports = []
    for inputs in write_layouts(scratch, sounds):
        words = [word for one in inputs for word in ("--data", one)]
        reports.append(common.run_json([arguments.program, "evaluate", "stt", folder, *words, "--precision", "f32", "--json", "--quiet"]))
    for key in ("metrics", "words", "characters"):
        check(f"{key} in {len(reports)} layouts", all(report[key] == reports[0][key] for report in reports))
    check("the digest in all layouts", len({report["data"]["sha256"] for report in reports}) == 1)
    other = common.run_json([arguments.program, "evaluate", "stt", scratch / "object", "--model", folder, "--precision", "f32", "--json", "--quiet"])
    check("the model by --model", other["metrics"] == reports[0]["metrics"])


def check_store(check, arguments, folder, scratch, data):
    """The report in the manifest, beside an original, and measured again."""
    home = scratch / "home"
    run(arguments, "convert", folder, "--name", "heard", "--home", home, "--quiet")
    manifest = home / "models/heard/manifest.json"
    words = ["evaluate", "stt", "heard", "--data", data, "--precision", "f32", "--home", home, "--json", "--quiet"]
    alone = common.run_json([arguments.program, *words])
    check("an original is not compared with itself", "original" not in alone)
    again = common.run_json([arguments.program, *words])
    beside = common.run_json([arguments.program, *words, "--original", folder])
    check("the same figures again", again["metrics"] == alone["metrics"])
    check("another file as the original", beside["original"]["wer"] == beside["metrics"]["wer"] and beside["against"]["precision"] == "f32")

    def kept():
        return json.loads(manifest.read_text())["formats"][0]["evaluations"]

    reports = kept()
    check("the last report on the same data and options is kept", len(reports) == 2 and reports[0]["metrics"] == alone["metrics"])
    check("it holds no texts", all("items" not in report and "errors" not in report for report in reports))
    verify = ["verify", "heard", "--data", data, "--precision", "f32", "--home", home, "--quiet"]
    done = run(arguments, *verify)
    check(f"verify: {done.stdout.strip()}", done.returncode == 0 and "reports measured again: 1" in done.stdout)
    document = json.loads(manifest.read_text())
    document["formats"][0]["evaluations"][0]["metrics"]["wer"] += 0.2
    manifest.write_text(json.dumps(document))
    done = run(arguments, *verify)
    check(f"verify of a report that is wrong: {done.stderr.strip()[-80:]}", done.returncode == 1 and "wer is" in done.stderr)


def check_bad(check, arguments, folder, scratch, sound):
    bad = scratch / "bad"
    bad.mkdir()
    for name in ("good.wav", "empty.wav", "noise.wav", "extra.wav"):
        write_wav(bad / name, np.zeros(0, np.float32) if name == "empty.wav" else sound)
    (bad / "garbage.wav").write_bytes(np.random.default_rng(1).bytes(50_000))
    texts = {"good.wav": "well", "empty.wav": "some", "noise.wav": "[noise] (laughs)", "garbage.wav": "some", "absent.wav": "some", "none.wav": " "}
    (bad / "transcripts.json").write_text(json.dumps(texts))
    done = run(arguments, "evaluate", "stt", folder, "--data", bad, "--json", "--quiet")
    answer, lines = json.loads(done.stdout), done.stderr.strip().splitlines()
    names = ["absent.wav", "none.wav", "extra.wav", "empty.wav", "garbage.wav", "noise.wav"]
    for name in names:
        said = [line for line in lines if name in line]
        check(f"{name}: {said[0].split(name)[-1] if said else 'no word'}", len(said) == 1)
    check("all else is measured", [Path(item["path"]).name for item in answer["items"]] == ["good.wav"] and "metrics" in answer)
    check("status and errors", done.returncode == 1 and len(lines) == len(names) == len(answer["errors"]) and answer["error"]["type"] in ("not_found", "bad_input"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--model", default="tiny.en")
    arguments = parser.parse_args()
    check, folder, normal = Check(), speech_models.whisper(arguments.model), EnglishTextNormalizer(spellings())
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        spoken = sounds_and_texts(scratch)
        if os.environ.get("LLAMA_PAJAMAS_FIXTURES"):
            data = Path(os.environ["LLAMA_PAJAMAS_FIXTURES"], "audio")
            report = common.run_json([arguments.program, "evaluate", "stt", folder, "--data", data, "--json", "--quiet"])
            check(f"what was read out: WER {report['metrics']['wer']:.4f}", report["metrics"]["wer"] <= MOST_ERRORS)
        rng = random.Random(5)
        texts = {path: changed(rng, text) for path, text in spoken.items()}
        (scratch / "list.json").write_text(json.dumps({str(path): text for path, text in texts.items()}))
        report = common.run_json([arguments.program, "evaluate", "stt", folder, "--data", scratch / "list.json", "--precision", "f32", "--json", "--quiet"])
        check_errors(check, report, texts, normal)
        heard = common.run_json([arguments.program, "transcribe", *texts, "--model", folder, "--precision", "f32", "--json", "--quiet"])["items"]
        said = {item["path"]: item["text"] for item in heard}
        check("what transcribe writes", {item["path"]: item["text"] for item in report["items"]} == said)
        check_layouts(check, arguments, folder, scratch, texts)
        check_store(check, arguments, folder, scratch, scratch / "object")
        check_bad(check, arguments, folder, scratch, made_sound())
    return 0 if check.well else 1


if __name__ == "__main__":
    sys.exit(main())
