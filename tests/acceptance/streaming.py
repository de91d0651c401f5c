#!/usr/bin/env python3
"""`transcribe --stream`, from the outside: what is final stays, the text is the batch's, words come soon, and all ends well.

    streaming.py [--program PROGRAM] [--model tiny.en|base] [--precision f32] [--threads N] [--latency] [--short]

Sounds are the recordings of LLAMA_PAJAMAS_FIXTURES/audio, where that is set, and sentences spoken by espeak-ng with pauses and noise. A file is
heard as if it was live, on the program's fast clock. Final words that were wrong may be 1 % of all words more than in the batch; of
--short, which is seven sentences and the first recording, one word. Latencies are
computed here from when words are shown and from the batch's times of words; with --latency, on a machine that does nothing else, their median must be below 500 ms and
95 % of them below 1,000 ms. Exit status 1 if anything is not as it should be.
"""

import argparse
import difflib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common
import numpy as np
import speech_models
from speak_test import SENTENCES, Checks
from speech_synthesis import speak
from transcripts_equal_transformers import word_errors, words_of, write_wav

RATE = 16000
MOST_MORE_ERRORS = 0.01  # of all words
MEDIAN_MS, P95_MS = 500, 1000
SAME_WORD_S = 0.5  # between the ends of a word in two hearings


class Program:
    def __init__(self, arguments):
        folder = speech_models.whisper(arguments.model)
        self.start = [str(arguments.program), "transcribe", "--model", str(folder), "--precision", arguments.precision, "--quiet"]
        if arguments.threads:
            self.start += ["--threads", str(arguments.threads)]

    def run(self, *words, stdin=None, **environment):
        return subprocess.run([*self.start, *map(str, words)], input=stdin, capture_output=True, env=os.environ | environment, check=False)

    def batch(self, path):
        return common.run_json([*self.start, path, "--json", "--word-timestamps"])

    def stream(self, path, *words, stdin=None):
        done = self.run("--stream", path, *words, "--json", stdin=stdin)
        if done.returncode != 0:
            sys.exit(f"{path} {words}: exit {done.returncode}: {done.stderr.decode()}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def sounds(folder, is_short):
    """{path: what is said}"""
    found = {}
    fixtures = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if fixtures:
        known = json.loads(Path(fixtures, "audio/transcripts.json").read_text())
        found = {Path(fixtures, "audio", entry["file"]): entry["text"] for entry in known[: 1 if is_short else None]}
    else:
        print("LLAMA_PAJAMAS_FIXTURES is not set: no recordings, espeak-ng's voice alone")
    noise, sentences = np.random.default_rng(1), SENTENCES.strip().splitlines()[: 7 if is_short else 12]
    pieces = []
    for sentence, pause in zip(sentences, [0.3, 0.8, 3.0] * 4, strict=False):
        pieces += [speak("en-us", sentence, RATE), np.zeros(int(pause * RATE), np.float32)]
    sound = 0.7 * np.concatenate(pieces)
    path = folder / "sentences.wav"
    write_wav(path, sound + noise.normal(0, 0.001, sound.size).astype(np.float32))
    found[path] = " ".join(sentences)
    return found


def check_events(check, name, events):
    """What the lines say among themselves."""
    finals = [event for event in events if event["type"] == "final"]
    end = events[-1]
    words = [word for event in finals for word in event["words"]]
    plain = [{key: word[key] for key in ("word", "start", "end")} for word in words]
    check(f"{name}: final words are the transcript's", end["type"] == "transcript" and plain == end["words"] and "".join(w["word"] for w in words).strip() == end["text"])
    check(f"{name}: each line's text is its words", all(event["text"] == "".join(w["word"] for w in event["words"]) for event in events[:-1]))
    times = [time for word in words for time in (word["start"], word["end"])]
    check(f"{name}: words follow each other", times == sorted(times) and (not times or times[-1] <= end["duration_s"] + 0.1))
    clock = [event["clock_s"] for event in events[:-1]]
    check(f"{name}: so do the lines", clock == sorted(clock))
    known, early = 0, True
    for event in events[:-1]:
        early &= event["words"][0]["start"] + 1e-6 >= known
        known = event["words"][-1]["end"] if event["type"] == "final" else known
    check(f"{name}: what is open stands behind what is final", early)


def latencies(events, batch):
    """ms from the end of each word in the batch until it was first shown, and until it was there as it stayed; of words that both have."""
    finals, open_words, shown = [], [], []  # [word, since]; of all lines: [word, end, when]
    for event in events[:-1]:
        before = open_words
        texts = [word["word"] for word in event["words"]]
        fresh = [[" ".join(words_of(text)), event["clock_s"]] for text in texts]
        shown += [(text, word["end"], event["clock_s"]) for (text, _), word in zip(fresh, event["words"], strict=True)]
        for same in difflib.SequenceMatcher(None, [w for w, _ in before], [w for w, _ in fresh], autojunk=False).get_matching_blocks():
            for i in range(same.size):
                fresh[same.b + i][1] = before[same.a + i][1]
        if event["type"] == "final":
            finals += fresh
            open_words = before[len(fresh) :]
        else:
            open_words = fresh
    first, stayed = [], []
    theirs = [" ".join(words_of(word["word"])) for word in batch["words"]]
    for same in difflib.SequenceMatcher(None, theirs, [w for w, _ in finals], autojunk=False).get_matching_blocks():
        for i in range(same.size):
            text, since = finals[same.b + i]
            end = batch["words"][same.a + i]["end"]
            stayed.append(1000 * (since - end))
            first.append(1000 * (min([since] + [when for word, its_end, when in shown if word == text and abs(its_end - end) < SAME_WORD_S]) - end))
    return first, stayed


def check_texts(check, program, said, arguments):
    errors = {"batch": 0, "stream": 0}
    count, first, stayed = 0, [], []
    for path, text in said.items():
        batch, events = program.batch(path), program.stream(path, "--pace", "fast")
        check_events(check, path.name, events)
        check(f"{path.name}: its length", abs(events[-1]["duration_s"] - batch["duration_s"]) < 0.01)
        for how, found in (("batch", batch["text"]), ("stream", events[-1]["text"])):
            errors[how] += word_errors(words_of(found), words_of(text))
        if words_of(batch["text"]) != words_of(events[-1]["text"]):
            print(f"  batch:  {batch['text']}\n  stream: {events[-1]['text']}")
        count += len(words_of(text))
        for known, these in zip((first, stayed), latencies(events, batch), strict=True):
            known += these
        print(f"{path.name}: {events[-1]['latency']}")
    most_more = 1 if arguments.short else MOST_MORE_ERRORS * count
    check(f"of {count} words {errors['batch']} are wrong in the batch, {errors['stream']} in the stream", errors["stream"] - errors["batch"] <= most_more)
    median, p95 = np.quantile(first, [0.5, 0.95])
    well = median < MEDIAN_MS and p95 < P95_MS
    check(f"from a word's end to its appearance, {len(first)} words: median {median:.0f} ms, 95 % {p95:.0f} ms", well or not arguments.latency)
    median, p95 = np.quantile(stayed, [0.5, 0.95])
    print(f"until it was there as it stayed: median {median:.0f} ms, 95 % {p95:.0f} ms")


def check_inputs(check, program, path, folder):
    """Standard input with and without a header, text, a live file that is stopped."""
    batch = words_of(program.batch(path)["text"])
    data = path.read_bytes()
    few = max(1, len(batch) // 20)
    piped = program.stream("-", stdin=data)
    check("a pipe that is faster than speech", word_errors(words_of(piped[-1]["text"]), batch) <= few)
    bare = program.stream("-", "--pcm", RATE, stdin=data[44:])
    check("the same without a header", word_errors(words_of(bare[-1]["text"]), batch) <= few)
    done = program.run("--stream", path, "--pace", "fast")
    check("text: the words alone", done.returncode == 0 and word_errors(words_of(done.stdout.decode()), batch) <= few and b"\r" not in done.stdout and b"\x1b" not in done.stdout)
    check("a line for each long pause", len(done.stdout.decode().splitlines()) > 2)
    started = time.monotonic()
    process = subprocess.Popen([*program.start, "--stream", str(path), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    events = [first, *map(json.loads, process.stdout.read().splitlines())]
    check("Ctrl-C: what was heard is final", process.wait() == 130 and events[-1]["type"] == "transcript" and events[-1]["text"] != "")
    check_events(check, "stopped", events)
    check("and the rest is not waited for", time.monotonic() - started < 60 and events[-1]["duration_s"] < 20)
    silence = folder / "silence.wav"
    write_wav(silence, np.zeros(40 * RATE, np.float32))
    events = program.stream(silence, "--pace", "fast")
    check("silence has no words", len(events) == 1 and events[0]["text"] == "" and events[0]["latency"]["words"] == 0)


def check_microphone(check, program, room, folder):
    """What is said in a room in real time (tests/fakes/room.cpp)."""
    said = SENTENCES.strip().splitlines()[3]
    speak("en-us", said, RATE).astype(np.float32).tofile(folder / "said.f32")
    process = subprocess.Popen([*program.start, "--stream", "microphone", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=os.environ | {"LLAMA_PAJAMAS_PORTAUDIO": str(room), "LP_ROOM_SAYS": str(folder / "said.f32")})  # fmt: skip
    events = []
    while not events or events[-1]["type"] != "final":
        events.append(json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGTERM)
    events += map(json.loads, process.stdout.read().splitlines())
    check("a microphone, stopped", process.wait() == 143 and events[-1]["type"] == "transcript" and word_errors(words_of(events[-1]["text"]), words_of(said)) <= 2, events[-1])
    check_events(check, "microphone", events)
    done = program.run("--stream", "microphone", LLAMA_PAJAMAS_PORTAUDIO="/nowhere.so")
    check("no microphone: one sentence", done.returncode == 1 and done.stderr.count(b"\n") == 1 and b"PortAudio" in done.stderr)


def check_bad(check, program, folder, path):
    def refused(what, status, said, *words, stdin=None):
        done = program.run("--stream", *words, stdin=stdin)
        error = done.stderr.decode().strip()
        check(f"{what}: {error[:110]}", done.returncode == status and error.count("\n") == 0 and said in error)

    write_wav(folder / "empty.wav", np.zeros(0, np.float32))
    (folder / "garbage.wav").write_bytes(np.random.default_rng(1).bytes(50_000))
    refused("no samples", 1, "empty.wav", folder / "empty.wav")
    refused("garbage", 1, "garbage.wav", folder / "garbage.wav")
    refused("no file", 1, "absent.wav", folder / "absent.wav")
    refused("a folder", 1, folder.name, folder)
    refused("nothing on standard input", 1, "standard input", "-", stdin=b"")
    refused("two inputs", 2, "one input", path, path)
    refused("a format of whole transcripts", 2, "srt", path, "--format", "srt")
    refused("a pace that is none", 2, "--pace", path, "--pace", "slow")
    (folder / "cut.wav").write_bytes(path.read_bytes()[:100_001])
    events = program.stream(folder / "cut.wav", "--pace", "fast")
    check("a file that is cut off is heard until there", 2.5 < events[-1]["duration_s"] < 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=common.PROGRAM)
    parser.add_argument("--room", type=Path, default=common.ROOT / "build/release/tests/liblp-fake-room.so")
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--latency", action="store_true")
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args()
    check, program = Checks(), Program(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        said = sounds(folder, arguments.short)
        check_texts(check, program, said, arguments)
        if not arguments.latency:
            check_inputs(check, program, folder / "sentences.wav", folder)
            check_microphone(check, program, arguments.room, folder)
            check_bad(check, program, folder, folder / "sentences.wav")
    sys.exit(0 if check.well else 1)


if __name__ == "__main__":
    main()
