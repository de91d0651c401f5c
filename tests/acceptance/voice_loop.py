#!/usr/bin/env python3
"""`run voice`, from the outside: what is said is answered aloud, whoever speaks meanwhile stops it, and all ends well.

    voice_loop.py [--program PROGRAM] [--room LIBRARY]

The listener is whisper-tiny.en, the voice en_US-joe-medium (speech_models.py), and who speaks is espeak-ng: in a file, a pipe, and in a room
(tests/fakes/room.cpp) whose microphone hears the next question a second after the answer to the last one began. Exit status 1 if
anything is not as it should be.
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
import numpy as np
import speech_models
from speak_test import Checks, Program, samples_of
from speech_synthesis import speak
from transcripts_equal_transformers import word_errors, words_of, write_wav

RATE, VOICE_RATE = 16000, 22050
QUESTION = "Please close the door when you go out, it is very cold today."
OTHER = "What time does the next train to the city leave?"
LONG_ANSWER = " ".join(["It is a long story, which began many years ago and has not come to its end yet."] * 8)
LOUD = 0.01  # of what is heard from the speakers
MOST_LATE_S = 1.0  # from when somebody speaks until the voice is silent: 0.2 s, and what the machine's other work takes


class Loop(Program):
    def __init__(self, program, folder):
        super().__init__(program, folder)
        self.listener = str(speech_models.whisper("tiny.en"))

    def words(self, *words):
        return ["run", "voice", "--listener", self.listener, "--model", "joe", "--json", "--quiet", *map(str, words)]

    def talk(self, *words, text=None):
        """Status, events and standard error."""
        done = self.run(*self.words(*words), text=text)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()

    def heard(self, samples):
        """What the listener hears in a sound of the voice's rate."""
        path = self.folder / "heard.pcm"
        path.write_bytes((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())
        return words_of(self.json("transcribe", path, "--pcm", VOICE_RATE, "--model", self.listener)["text"])


def question(text, before=0.5, after=2.5):
    """A question at a microphone with a little noise."""
    sound = np.concatenate([np.zeros(int(before * RATE), np.float32), speak("en-us", text, RATE), np.zeros(int(after * RATE), np.float32)])
    return (sound + np.random.default_rng(1).normal(0, 1e-4, sound.size)).astype(np.float32)


def of(events, kind):
    return [event for event in events if event["type"] == kind]


def same(text, wanted):
    return word_errors(words_of(text), words_of(wanted)) <= 2


def check_file(check, loop):
    write_wav(loop.folder / "question.wav", question(QUESTION))
    status, events, error = loop.talk("question.wav", "--output", "answer.wav")
    heard, said, end = of(events, "heard"), of(events, "said"), events[-1]
    check("a file is answered", status == 0 and len(heard) == len(said) == 1 and same(heard[0]["text"], QUESTION), (status, events, error))
    check("by the same words", same(" ".join(event["text"] for event in of(events, "saying")), heard[0]["text"]))
    check("nobody interrupts", not said[0]["interrupted"] and end["interruptions"] == 0 and end["turns"] == 1 and end["type"] == "conversation")
    check("models", end["listener"]["model"].endswith("whisper-tiny.en") and end["voice"]["model"] == "joe", end)
    samples, rate = samples_of(loop.folder / "answer.wav")
    first = np.argmax(np.abs(samples) > LOUD * 32768) / rate
    check("the answer is heard, after the question", word_errors(loop.heard(samples / 32768), words_of(QUESTION)) <= 2 and first > heard[0]["end"], first)
    check("from the end of the question to the sound of the answer", 1200 < said[0]["latency_ms"] and abs(said[0]["latency_ms"] / 1000 - (first - heard[0]["end"])) < 1, (said, first))
    print(f"  {said[0]['latency_ms']:.0f} ms from the end of the question to the answer, of which 1,200 are the pause")


def check_program(check, loop):
    pcm = (question(QUESTION, after=1.5) * 32767).astype(np.int16).tobytes()
    command = "tee asked.txt | wc -w | sed 's/$/ words. How nice!/'"
    status, events, error = loop.talk("-", "--pcm", RATE, "--answer", command, "--output", "answer.wav", text=pcm)
    sentences = [event["text"] for event in of(events, "saying")]
    asked = (loop.folder / "asked.txt").read_text()
    check("a program reads what was said", status == 0 and asked == of(events, "heard")[0]["text"] and same(asked, QUESTION), (status, asked, error))
    check("and its answer is spoken, by sentences", sentences == [f"{len(asked.split())} words.", "How nice!"], sentences)
    status, events, error = loop.talk("-", "--pcm", RATE, "--answer", "exit 7", "--output", "answer.wav", text=pcm)
    check("one that fails", status == 1 and error.count("\n") == 1 and "status 7" in error and events[-1]["type"] == "conversation", (status, error))


class Room:
    """The loop in a room in real time."""

    def __init__(self, loop, room, *questions, options=()):
        paths = []
        for number, sound in enumerate(questions):
            paths.append(loop.folder / f"said-{number}.f32")
            sound.astype(np.float32).tofile(paths[-1])
        self.played = loop.folder / "played.f32"
        self.played.unlink(missing_ok=True)
        environment = loop.environment | {"LLAMA_PAJAMAS_PORTAUDIO": str(room), "LP_ROOM_SAYS": ":".join(map(str, paths)), "LP_ROOM_PLAYED": str(self.played)}
        self.process = subprocess.Popen([loop.program, *loop.words(*options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=loop.folder, env=environment)
        self.events = []

    def until(self, kind, count):
        while len(of(self.events, kind)) < count:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"it ended: {self.process.stderr.read().decode()}")
            self.events.append(json.loads(line))

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.events += map(json.loads, self.process.stdout.read().splitlines())
        return self.process.wait()

    def sound(self):
        return np.fromfile(self.played, np.float32)


def loud_parts(sound):
    """[start, end] in seconds of what is loud, with pauses of less than a second in it."""
    loud = np.flatnonzero(np.abs(sound) > LOUD)
    if loud.size == 0:
        return []
    cuts = np.flatnonzero(np.diff(loud) > VOICE_RATE)
    return [(first / VOICE_RATE, last / VOICE_RATE) for first, last in zip(loud[np.r_[0, cuts + 1]], loud[np.r_[cuts, loud.size - 1]], strict=True)]


def check_interruption(check, loop, room):
    """The first answer is long, and the second question begins a second after it began."""
    command = f"read -r line; case $line in *train*) echo At nine in the morning.;; *) echo '{LONG_ANSWER}';; esac"
    talk = Room(loop, room, question(QUESTION, before=0, after=0), question(OTHER, before=0, after=0), options=("--answer", command))
    talk.until("said", 2)
    status = talk.stop()
    heard, said = of(talk.events, "heard"), of(talk.events, "said")
    check("both questions are heard", len(heard) == 2 and same(heard[0]["text"], QUESTION) and same(heard[1]["text"], OTHER), heard)
    check("the first answer is interrupted, the second is not", [one["interrupted"] for one in said] == [True, False], said)
    check("Ctrl-C ends it", status == 130 and talk.events[-1]["type"] == "conversation" and talk.events[-1]["interruptions"] == 1, (status, talk.events[-1]))
    parts = loud_parts(talk.sound())
    check("two answers are heard", len(parts) == 2, parts)
    if len(parts) == 2:
        (begin, end), (second, _) = parts
        late = end - begin - 1
        # A machine with other work to do has gaps in the answer, also where it is stopped.
        check(f"the voice is silent {late:.2f} s after somebody spoke", end - begin > 0.2 and late < MOST_LATE_S, parts)
        answer = loop.heard(talk.sound()[int((second - 0.1) * VOICE_RATE) :])
        check("the second answer is heard", word_errors(answer, words_of("At nine in the morning.")) <= 2, answer)


def check_half_duplex(check, loop, room):
    talk = Room(loop, room, question(QUESTION, before=0, after=0), question(OTHER, before=0, after=0), options=("--answer", f"echo '{LONG_ANSWER[:160]}'", "--half-duplex"))
    talk.until("said", 1)
    time.sleep(4)
    status = talk.stop()
    said = of(talk.events, "said")
    check("half-duplex: nobody interrupts", status == 130 and len(of(talk.events, "heard")) == 1 and len(said) == 1 and not said[0]["interrupted"], talk.events)


def check_silence(check, loop, room):
    """Nobody says anything."""
    talk = Room(loop, room)
    time.sleep(3)
    check("silence is not answered", talk.stop() == 130 and [event["type"] for event in talk.events] in ([], ["conversation"]), talk.events)


def check_bad(check, loop, room):
    def refused(what, status, said, *words, text=None, **environment):
        done = loop.run(*loop.words(*words), text=text, **environment)
        error = done.stderr.decode().strip()
        reason = error or done.stdout.decode().strip()
        check(f"{what}: {reason[:110]}", done.returncode == status and reason.count("\n") == 0 and said in reason)

    there = {"LLAMA_PAJAMAS_PORTAUDIO": str(room)}
    refused("no file", 1, "absent.wav", "absent.wav", **there)
    refused("garbage", 1, "garbage.wav", "garbage.wav", **there)
    refused("nothing on standard input", 1, "standard input", "-", text=b"", **there)
    refused("two inputs", 2, "one input", "question.wav", "question.wav", **there)
    refused("no PortAudio", 1, "PortAudio", LLAMA_PAJAMAS_PORTAUDIO="/nowhere.so")
    refused("no speakers", 1, "--output", "question.wav", LLAMA_PAJAMAS_PORTAUDIO="/nowhere.so")
    refused("standard output is no speaker", 2, "`-`", "question.wav", "--output", "-")
    refused("an ending that is no sound's", 2, "no sound ends like this", "question.wav", "--output", "x.txt")
    refused("no such voice", 2, "no voice `nobody`", "question.wav", "--voice", "nobody", **there)
    refused("a listener that is none", 2, "for `speak`", "question.wav", "--listener", "joe", **there)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=common.PROGRAM)
    parser.add_argument("--room", type=Path, default=common.ROOT / "build/release/tests/liblp-fake-room.so")
    arguments = parser.parse_args()
    check = Checks()
    with tempfile.TemporaryDirectory() as folder:
        loop = Loop(arguments.program, Path(folder))
        converted = loop.run("convert", speech_models.piper(), "--name", "joe", "--license", "CC0-1.0")
        assert converted.returncode == 0, converted.stderr
        (loop.folder / "garbage.wav").write_bytes(np.random.default_rng(1).bytes(50_000))
        check_file(check, loop)
        check_program(check, loop)
        for part in (check_interruption, check_half_duplex, check_silence, check_bad):
            part(check, loop, arguments.room.resolve())
    return 0 if check.well else 1


if __name__ == "__main__":
    sys.exit(main())
