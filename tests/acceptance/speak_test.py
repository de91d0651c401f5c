#!/usr/bin/env python3
"""`speak` with a Piper voice, from the outside: what it says is understood, files, streams, wrong use and bad input.

    speak_test.py [--program PROGRAM] [--sentences 30]

The voice is en_US-joe-medium and the listener whisper-base (speech_models.py). Thirty sentences are spoken and transcribed: fewer
than 5 % of the words are wrong. Exit status 1 if anything is not as it should be.
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
import numpy as np
import speech_models
from recordings import word_errors, words_of

MOST_ERRORS = 0.05
# Sentences without proper names and spellings that two people would write differently.
SENTENCES = """
The quick brown fox jumps over the lazy dog.
She sells sea shells by the shore, and the shells she sells are surely from the sea.
What time does the next train to the city leave?
Please close the door when you go out, it is very cold today.
I read the book that he will read tomorrow.
The old man walked slowly along the river, thinking about his childhood.
Can you tell me where the nearest hospital is?
We have been waiting for more than an hour; nobody has come.
Every morning she drinks a cup of coffee and reads the newspaper.
The children were playing in the garden when it began to rain.
It is not the strongest who survive, but those who can change.
Yes, I would like to have some more bread, please.
The doctor said that he should stay in bed for a week.
My brother works in a factory that makes furniture.
Do not forget to bring your umbrella!
The mountains were covered with snow, and the sky was blue.
After dinner, they sat by the fire and told each other stories.
He opened the window, looked down, and saw a black cat.
Most people do not know how difficult this work really is.
If you had told me earlier, I could have helped you.
The music was so loud that we could not hear each other.
Our neighbors are moving to another country next month.
There is nothing better than a walk in the forest in autumn.
The bridge was built many years ago and is still in use.
She smiled, took her bag, and left without saying a word.
Water boils at a hundred degrees and freezes at zero.
The teacher asked the students to write a short story.
I have never seen such a beautiful sunset in my life.
They bought a small house near the beach last summer.
Thank you very much for your help, and have a nice day.
"""


class Checks:
    def __init__(self):
        self.well = True

    def __call__(self, what, good, detail=""):
        print(f"{what}: {'good' if good else f'NOT GOOD {detail}'}")
        self.well &= bool(good)


class Program:
    """The program with a store of its own, in a folder of its own."""

    def __init__(self, program, folder):
        self.program, self.folder = str(program), folder
        self.environment = os.environ | {"LLAMA_PAJAMAS_HOME": str(folder / "home")}

    def run(self, *words, text=None, **environment):
        return subprocess.run([self.program, *map(str, words)], input=text, capture_output=True, cwd=self.folder,
                              env=self.environment | environment, check=False)  # fmt: skip

    def json(self, *words, text=None):
        done = self.run(*words, "--json", "--quiet", text=text)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr.decode()}")
        return json.loads(done.stdout)

    def start(self, *words, text):
        process = subprocess.Popen([self.program, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   cwd=self.folder, env=self.environment)  # fmt: skip
        process.stdin.write(text)
        process.stdin.close()
        return process


def samples_of(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()


def check_words(check, program, count):
    """Five sentences a file: half a minute, which the listener hears at once."""
    sentences = SENTENCES.strip().splitlines()[:count]
    texts = [" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5)]
    files = [f"sentences-{number}.wav" for number in range(len(texts))]
    for text, name in zip(texts, files, strict=True):
        done = program.run("speak", text, "--output", name)
        assert done.returncode == 0, done.stderr
    heard = program.json("transcribe", *files, "--model", speech_models.whisper("base"))["items"]
    wrong = words = 0
    for item, text in zip(heard, texts, strict=True):
        errors = word_errors(words_of(item["text"]), words_of(text))
        wrong, words = wrong + errors, words + len(words_of(text))
        if errors:
            print(f"  {errors}: {text}\n     {item['text']}")
    check(f"{len(sentences)} sentences are understood: {wrong} of {words} words wrong", 0 < words and wrong < MOST_ERRORS * words)


def check_answer(check, program):
    answer = program.json("speak", "Hello, world.", "--output", "a.wav")
    samples, rate = samples_of(program.folder / "a.wav")
    check("the answer names the file", answer["path"] == "a.wav" and answer["model"] == "joe")
    check("rate and length are the file's", answer["sample_rate"] == rate == 22050 and abs(answer["duration_s"] - samples.size / rate) < 1e-3, answer)
    check("phonemes", answer["phonemes"] == "həlˈoʊ, wˈɜːld.", answer["phonemes"])
    times = answer["ms"]
    check("times", set(times) == {"text", "acoustic", "vocoder", "first_audio", "total"} and 0 < times["first_audio"] <= times["total"], times)
    check("real-time factor", abs(answer["rtf"] - times["total"] / 1000 / answer["duration_s"]) < 1e-3, answer)
    check("the sound is loud enough to be heard", np.abs(samples).max() > 3000)
    check("numbers become words", program.json("speak", "12", "--output", "n.wav")["phonemes"] == "twˈɛlv")


def check_chance(check, program):
    """Same text and seed, same bytes; speed and seed change them."""
    sounds = {}
    for name, options in {"one": (), "two": (), "seed": ("--seed", "5"), "fast": ("--speed", "2"), "slow": ("--speed", "0.5")}.items():
        assert program.run("speak", "The same words again.", "--output", f"{name}.wav", *options).returncode == 0
        sounds[name] = (program.folder / f"{name}.wav").read_bytes()
    check("the same again", sounds["one"] == sounds["two"])
    check("another seed, another sound", sounds["one"] != sounds["seed"])
    check("speed", len(sounds["fast"]) < 0.7 * len(sounds["one"]) < 0.7 * 0.7 * len(sounds["slow"]))
    done = program.run("speak", "First. Second.", "--output", "-", "--format", "pcm")
    whole = np.frombuffer(done.stdout, np.int16)
    check("a pause between sentences", any(not window.any() for window in np.array_split(whole, whole.size // 2000)))


def check_formats(check, program):
    expected = program.json("speak", "Written in many ways.", "--output", "b.wav")["duration_s"]
    listener = speech_models.whisper("base")
    files = {"b.mp3": (), "b.flac": (), "b.opus": (), "b.aac": (), "b.m4a": (), "b.other": ("--format", "flac")}
    for name, options in files.items():
        assert program.run("speak", "Written in many ways.", "--output", name, *options).returncode == 0, name
    for heard in program.json("transcribe", *files, "--model", listener)["items"]:
        good = abs(heard["duration_s"] - expected) < 0.2 and words_of(heard["text"]) == ["written", "in", "many", "ways"]
        check(heard["path"], good, heard)
    for format_name in ("wav", "opus", "pcm"):
        streamed = program.run("speak", "-", "--output", "-", "--format", format_name, text=b"Written in many ways.\n").stdout
        options = ("--pcm", "22050") if format_name == "pcm" else ()
        heard = program.json("transcribe", "-", "--model", listener, *options, text=streamed)
        check(f"{format_name} from one pipe into the next", words_of(heard["text"]) == ["written", "in", "many", "ways"], heard)
    for wanted in ("speech.wav", "speech-2.wav"):
        check(f"without --output: {wanted}", program.json("speak", "hi")["path"] == wanted and (program.folder / wanted).exists())
    check("without --output: speech.mp3", program.json("speak", "hi", "--format", "mp3")["path"] == "speech.mp3")


def check_aloud(check, program):
    """On a terminal, and without --output, it is heard: by a sound card in memory."""
    card = next((Path(program.program).resolve().parents[1] / "tests").glob("*lp-fake-portaudio.so"), None)
    if card is None:
        check("the fake sound card was built", False)
        return
    reading, terminal = os.openpty()
    done = subprocess.run([program.program, "speak", "Heard aloud."], stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.PIPE,
                          cwd=program.folder, env=program.environment | {"LLAMA_PAJAMAS_PORTAUDIO": str(card)}, check=False)  # fmt: skip
    os.close(terminal)
    said = os.read(reading, 10000).decode()
    check("aloud", done.returncode == 0 and "played: " in said and "speech" not in said, (done, said))


def check_long_text(check, program):
    """A megabyte begins at once, and ends when it is told to; nothing of the file is left."""
    text = b"This is a sentence, to fill a megabyte with. " * 23000
    start = time.monotonic()
    process = program.start("speak", "-", "--output", "-", text=text)
    first = process.stdout.read(20000)
    check("the first sound of a megabyte comes soon", len(first) == 20000 and time.monotonic() - start < 60)
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    check("Ctrl-C ends it", process.wait(60) == 130, process.returncode)
    process = program.start("speak", "-", "--output", "long.wav", text=text)
    begun = time.monotonic()
    while not list(program.folder.glob("long.wav.*.partial")) and time.monotonic() - begun < 60:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    check("Ctrl-C leaves no part of a file", process.wait(60) == 130 and not list(program.folder.glob("long.wav*")))
    process = program.start("speak", "-", "--output", "-", text=text)
    process.stdout.read(100)
    time.sleep(2)  # the pipe is full by then, and nobody reads it
    process.send_signal(signal.SIGTERM)
    check("SIGTERM ends it while nobody reads", process.wait(60) == 128 + signal.SIGTERM, process.returncode)
    process = program.start("speak", "-", "--output", "-", text=text)
    process.stdout.read(100)
    process.stdout.close()
    check("a reader that goes ends it", process.wait(60) == 128 + signal.SIGPIPE, process.returncode)


def check_bad_input(check, program):
    cases = {
        "empty text": (("speak", ""), 1, "the text is empty", None),
        "white space": (("speak", "-"), 1, "the text is empty", b" \n\n"),
        "nothing to say": (("speak", "..."), 1, "nothing in the text that can be said", None),
        "5 MB": (("speak", "-"), 1, "longer than", b"word " * 1000000),
        "a folder that is none": (("speak", "x", "--output", "/dev/null/x.wav"), 1, "/dev/null", None),
        "no such voice": (("speak", "x", "--voice", "nobody"), 2, "no voice `nobody`; there are: default, joe", None),
        "an ending that is no sound's": (("speak", "x", "--output", "x.txt"), 2, "no sound ends like this", None),
        "a format that is no sound's": (("speak", "x", "--format", "srt"), 2, "there are: wav, mp3, flac, opus, aac, pcm", None),
        "too slow": (("speak", "x", "--speed", "0.1"), 2, "out of range", None),
        "JSON and sound on one output": (("speak", "x", "--output", "-", "--json"), 2, "both want standard output", None),
        "no such model": (("speak", "x", "--model", "nosuch"), 1, "no model or file `nosuch`", None),
    }
    for what, (words, status, sentence, text) in cases.items():
        done = program.run(*words, text=text)
        lines = done.stderr.decode().strip().splitlines()
        check(what, done.returncode == status and len(lines) == 1 and sentence in lines[0], (done.returncode, lines))
    done = program.run("speak", "x", LLAMA_PAJAMAS_ESPEAK="/nowhere/libespeak-ng.so.1")
    check("without espeak-ng", done.returncode == 1 and b"apt install libespeak-ng1" in done.stderr, done.stderr)
    (program.folder / "words.dict").write_text("HELLO  HH AH0 L OW1\n")
    done = program.run("speak", "hello", "--output", "d.wav", "--json", LLAMA_PAJAMAS_ESPEAK="/nowhere", LLAMA_PAJAMAS_DICTIONARY="words.dict")
    check("a dictionary instead", done.returncode == 0 and json.loads(done.stdout)["phonemes"] == "həlˈoʊ", done)
    for voice in ("joe", "default", "alloy"):
        check(f"the voice {voice}", program.run("speak", "x", "--voice", voice, "--output", "v.wav").returncode == 0)
    text = "\u3042 \u0e01 strange \U0001f600 \x01 t\xe9xt \u200d".encode() + b"\xff\xfe\x00"
    done = program.run("speak", "-", "--output", "u.wav", text=text)
    check("characters of any kind", done.returncode == 0 and len(done.stderr.decode().splitlines()) <= 1, done.stderr)
    check("nothing but what was asked for", not list(program.folder.glob("*.partial")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=common.PROGRAM)
    parser.add_argument("--sentences", type=int, default=30)
    arguments = parser.parse_args()
    check = Checks()
    with tempfile.TemporaryDirectory() as folder:
        program = Program(arguments.program, Path(folder))
        converted = program.run("convert", speech_models.piper(), "--name", "joe", "--license", "CC0-1.0")
        assert converted.returncode == 0, converted.stderr
        for part in (check_answer, check_chance, check_formats, check_aloud, check_long_text, check_bad_input):
            part(check, program)
        check_words(check, program, arguments.sentences)
    return 0 if check.well else 1


if __name__ == "__main__":
    sys.exit(main())
