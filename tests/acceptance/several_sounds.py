#!/usr/bin/env python3
"""Many sounds in one call of `transcribe`: one at a time or several at once, the answers are the same, in the order of the sounds.

    several_sounds.py [--program PATH]

Whisper tiny.en on sentences of a Piper voice, files that are no sounds among them: `--jobs 5` on one thread (streams take turns on one lane) and
on more (lanes compute at the same time) answers what `--jobs 1` answers, by beams and with times of words, too. Each sound that fails has its
line, and the others are done. Ctrl-C ends all streams, and what was heard until then is written. A file that was cut off is told of. `--save`
writes a file for each.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import common
import speech_models
from speak_test import SENTENCES

JOBS = 5


class Check:
    def __init__(self, arguments, folder):
        self.arguments, self.folder, self.well = arguments, folder, True

    def __call__(self, what, holds, more=""):
        self.well &= bool(holds)
        print(f"{'ok  ' if holds else 'FAIL'}  {what} {more if not holds else ''}", flush=True)

    def command(self, *options):
        words = [self.arguments.program, "transcribe", self.folder, "--model", speech_models.whisper("tiny.en"), "--offline", "--quiet", *options]
        return [str(word) for word in words]

    def run(self, *words):
        """Of `transcribe` on other sounds: exit status, standard output, standard error."""
        command = [self.arguments.program, "transcribe", *words, "--model", speech_models.whisper("tiny.en"), "--offline"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def heard(self, *options):
        """What each line says, without what the clock says; and the exit status and the sentences beside them."""
        done = subprocess.run(self.command("--format", "jsonl", *options), capture_output=True, text=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [{key: value for key, value in line.items() if key != "ms"} for line in lines], done.returncode, done.stderr.splitlines()


def fill(arguments, folder):
    """Sentences, and between them what is none: {path: whether it has words}, in the order of a folder."""
    for number, sentence in enumerate(SENTENCES.strip().splitlines()[:7]):
        path = folder / f"{number}-said.wav"
        subprocess.run([arguments.program, "speak", sentence, "--model", speech_models.piper(), "--output", path, "--quiet"], check=True)
    (folder / "2-empty.wav").write_bytes(b"")
    (folder / "4-text.mp3").write_text("no sound at all\n" * 1000)
    (folder / "not-looked-at.txt").write_text("no ending of a sound")
    return {str(path): "said" in path.name for path in sorted(folder.iterdir()) if path.suffix != ".txt"}


def check_same(check, paths):
    for options in ((), ("--beam-size", "3", "--word-timestamps")):
        expected, status, sentences = check.heard("--jobs", "1", *options)
        what = " ".join(options) or "greedy"
        check(f"{what}: a line for each", [line["path"] for line in expected] == list(paths), expected)
        check(f"{what}: bad ones fail alone", [len(line.get("text", "")) > 10 for line in expected] == list(paths.values()) and status == 1)
        check(f"{what}: why", len(sentences) == 2 and all(any(line["error"]["message"] in sentence for sentence in sentences) for line in expected if "error" in line), sentences)
        for threads in ("1", "2", "3"):
            found, status, _ = check.heard("--jobs", str(JOBS), "--threads", threads, *options)
            # Sums by other numbers of threads may differ in the last place, and so may what is rounded of them.
            same = [(line.get("text"), line.get("words") and [w["word"] for w in line["words"]]) for line in found]
            wanted = [(line.get("text"), line.get("words") and [w["word"] for w in line["words"]]) for line in expected]
            check(f"{what}: {JOBS} at once on {threads} threads", same == wanted and status == 1, (same, wanted))
            check(f"{what}: in the order of the sounds", [line["path"] for line in found] == list(paths))
    document = json.loads(subprocess.run(check.command("--json", "--jobs", "3"), capture_output=True, text=True).stdout)
    check("one document", [item["path"] for item in document["items"]] == [path for path, said in paths.items() if said])
    check("its errors", [error["path"] for error in document["errors"]] == [path for path, said in paths.items() if not said])


def check_stop(check):
    process = subprocess.Popen(check.command("--jobs", "3", "--beam-size", "5", "--pad", "--format", "jsonl"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    rest, error = process.communicate(timeout=120)
    check("Ctrl-C ends all streams", process.returncode == 130 and "stopped after" in error.splitlines()[-1], (process.returncode, error))
    check("what was done is told", json.loads(first)["path"] and all(json.loads(line) for line in rest.splitlines()), rest)
    check("soon", time.monotonic() - begun < 60)


def check_cut_off(check):
    for ending in (".wav", ".flac"):
        whole, half = check.folder.parent / f"whole{ending}", check.folder.parent / f"half{ending}"
        subprocess.run([check.arguments.program, "speak", SENTENCES.splitlines()[1], "--model", speech_models.piper(), "--output", whole, "--quiet"], check=True)
        half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        status, answer, error = check.run(whole, "--json")
        length = json.loads(answer)["duration_s"]
        check(f"{ending}: a whole one misses nothing", status == 0 and "missing_s" not in json.loads(answer) and "it ends" not in error, (answer, error))
        status, answer, error = check.run(half, "--json")
        document = json.loads(answer)
        check(f"{ending}: half of it is heard, and told of", status == 0 and document["text"] and "it ends after" in error, (answer, error))
        check(f"{ending}: how much is missing", abs(document["missing_s"] + document["duration_s"] - length) < 0.1, (document, length))


def check_saved(check, paths):
    status, answer, error = check.run(check.folder, "--format", "srt")
    check("subtitles of several make no file", status == 2 and not answer and "--save" in error, (status, answer, error))
    folder = check.folder.parent / "saved"
    status, answer, _ = check.run(check.folder, "--format", "srt", "--save", folder, "--quiet")
    wanted = [folder / f"{Path(path).stem}.srt" for path, said in paths.items() if said]
    check("a file for each", status == 1 and sorted(folder.iterdir()) == wanted and answer.split() == [str(path) for path in wanted], answer)
    check("of subtitles", all(path.read_text().startswith("1\n00:00:") for path in wanted))
    replaced = folder / "0-said.json"
    replaced.write_bytes(Path(next(iter(paths))).read_bytes())
    status, answer, error = check.run(replaced, "--format", "json", "--save", folder)
    check("no input is replaced", status == 1 and '"text"' not in answer and "would replace" in error and replaced.read_bytes()[:4] == b"RIFF", error)
    status, answer, _ = check.run(next(iter(paths)), "--format", "json", "--save", folder)
    saved = json.loads((folder / f"{Path(next(iter(paths))).stem}.json").read_text())
    check("a document", status == 0 and saved["text"] == json.loads(answer)["text"] and json.loads(answer)["saved"], answer)


def check_kept(check):
    """Ctrl-C in a long sound."""
    one = check.folder / "0-said.wav"
    with wave.open(str(one)) as sound:
        samples, rate = sound.readframes(sound.getnframes()), sound.getframerate()
    path = check.folder.parent / "long.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1), sound.setsampwidth(2), sound.setframerate(rate)
        for _ in range(600):
            sound.writeframes(samples + bytes(rate))
    command = [check.arguments.program, "transcribe", path, "--model", speech_models.whisper("tiny.en"), "--offline", "--json", "--beam-size", "5"]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    answer, error = process.communicate(timeout=120)
    item = json.loads(answer)["items"][0]
    check("Ctrl-C in a long sound keeps what was heard", process.returncode == 130 and len(item["text"]) > 20, (process.returncode, answer[:300], error))
    folder = check.folder.parent / "cut"
    process = subprocess.Popen([str(word) for word in [*command, "--save", folder]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    check("not under the name of a whole one", [path.name for path in folder.iterdir()] == ["long.partial.txt"])
    check("and says so", item["error"]["type"] == "stopped" and 0 < item["duration_s"] < 1000 and "stopped after 0 of 1" in error, (item["error"], error))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=common.PROGRAM)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "sounds")
        os.mkdir(folder)
        check = Check(arguments, folder)
        paths = fill(arguments, folder)
        check_same(check, paths)
        check_stop(check)
        check_cut_off(check)
        check_saved(check, paths)
        check_kept(check)
    return 0 if check.well else 1


if __name__ == "__main__":
    sys.exit(main())
