#!/usr/bin/env python3
"""Many sounds in one call of `transcribe`: one at a time or several at once, the answers are the same, in the order of the sounds.

    several_sounds.py [--program PATH]

Whisper tiny.en on sentences of a Piper voice, files that are no sounds among them: `--jobs 5` on one thread (streams take turns on one lane) and
on more (lanes compute at the same time) answers what `--jobs 1` answers, by beams and with times of words, too. Each sound that fails has its
line, and the others are done. Ctrl-C ends all streams.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
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
        check(f"{what}: bad ones fail alone", [("text" in line) for line in expected] == list(paths.values()) and status == 1)
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
    return 0 if check.well else 1


if __name__ == "__main__":
    sys.exit(main())
