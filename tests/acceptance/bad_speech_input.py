#!/usr/bin/env python3
"""Broken, odd, hostile or endless sounds and texts: one sentence or an answer, what stands beside them is done, memory is bounded.

    bad_speech_input.py [PROGRAM] [--peak-mb 600] [--hours 10] [--patience 15]

`transcribe` (Whisper tiny.en) and `speak` (a Piper voice) on files that this script makes: see `broken_sounds` and `odd_sounds`. Ten hours of
sound, most of it silence in a file with a hole, take no more memory than two minutes, and what is said at their end is heard. What else `speak`
refuses is in speak_test.py.
"""

import argparse
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bad_input
import common
import numpy as np
import speech_models

RATE = 16000
SENTENCE = "The quick brown fox jumps over the lazy dog."
WORDS = ["quick", "brown", "fox", "jumps", "over", "lazy"]  # that a Whisper must hear, however the sound is written
LITTLE_MORE_MB = 16  # what hours may take beyond two minutes


def wav(data, rate=RATE, channels=1, bits=16, form=1, size=None):
    """A WAV file; `size`: what its header says of the data instead of the truth."""
    block = channels * bits // 8
    said = len(data) if size is None else size
    form_chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, form, channels, rate, min(rate * block, 0xFFFFFFFF), block & 0xFFFF, bits)
    return struct.pack("<4sI4s", b"RIFF", min(said + 36, 0xFFFFFFFF), b"WAVE") + form_chunk + struct.pack("<4sI", b"data", said) + data


def pcm(samples):
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def resampled(samples, rate):
    at = np.arange(int(len(samples) * rate / RATE)) * RATE / rate
    return np.interp(at, np.arange(len(samples)), samples)


def broken_sounds(voice):
    """{name: bytes} of what is no sound, or has none in it."""
    garbage = random.Random(1).randbytes(300_000)
    files = {f"garbage.{kind}": garbage for kind in ("wav", "mp3", "flac", "ogg", "m4a", "webm")}
    files |= {
        "empty.wav": b"",
        "one-byte.mp3": b"\xff",
        "text.mp3": b"This is no sound.\n" * 5000,
        "nothing.wav": wav(b""),
        "0-hz.wav": wav(voice, rate=0),
        "1-hz.wav": wav(voice, rate=1),
        "4-ghz.wav": wav(voice, rate=0xFFFFFFFF),
        "0-channels.wav": wav(voice, channels=0),
        "65535-channels.wav": wav(voice, channels=65535),
        "0-bits.wav": wav(voice, bits=0),
        "form-of-nothing.wav": wav(voice, form=0x7777),
        "header-cut.wav": wav(voice)[:20],
        "playlist.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n",
        "list.ffconcat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    }
    return files


def odd_sounds(samples, made):
    """{name: (bytes, whether all words must be heard)}."""
    many = np.repeat(samples[:, None], 32, axis=1)
    files = {
        "384-khz.wav": (wav(pcm(resampled(samples, 384_000)), rate=384_000), True),
        "8-khz.wav": (wav(pcm(resampled(samples, 8000)), rate=8000), True),
        "32-channels.wav": (wav(pcm(many), channels=32), True),
        "8-bit.wav": (wav((np.clip(samples, -1, 1) * 127 + 128).astype(np.uint8).tobytes(), bits=8), True),
        "says-2-gb.wav": (wav(pcm(samples), size=2_000_000_000), True),
        "says-nothing.wav": (wav(pcm(samples), size=0), False),
        "odd-end.wav": (wav(pcm(samples) + b"\x01"), True),
        "no-numbers.wav": (wav(np.full(RATE, np.nan, "<f4").tobytes() + samples.astype("<f4").tobytes(), bits=32, form=3), True),
        "infinite.wav": (wav(np.full(RATE, np.inf, "<f4").tobytes() + samples.astype("<f4").tobytes(), bits=32, form=3), True),
        "one-sample.wav": (wav(b"\x00\x01"), False),
        "silence.wav": (wav(bytes(4 * RATE)), False),
    }
    for kind, data in made.items():
        files[f"whole.{kind}"] = (data, True)
        for part in (0.02, 0.5, 0.98):
            files[f"cut-{part}.{kind}"] = (data[: int(len(data) * part)], False)
        middle = len(data) // 2
        files[f"hole.{kind}"] = (data[:middle] + bytes(2000) + data[middle + 2000 :], False)
    return files


class Checks(bad_input.Checks):
    def __init__(self, program, peak_mb, good):
        super().__init__(program, peak_mb)
        self.ears = ["--model", speech_models.whisper("tiny.en"), "--offline", "--quiet"]
        self.good = good

    def heard(self, out, name):
        """The text of that file in an answer in JSON; nothing if there is none."""
        try:
            document = json.loads(out)
        except ValueError:
            return None
        items = document.get("items", [document])
        return next((item["text"] for item in items if item.get("path", "").endswith(name)), None)

    def sound(self, path, all_words):
        """It gets a text or one sentence, and the good sound behind it gets its text."""
        status, out, err, peak = self.run(["transcribe", path, self.good, *self.ears, "--json"])
        text, beside, complaints = self.heard(out, path.name), self.heard(out, self.good.name), []
        if status not in (0, 1) or (status == 0) != (text is not None):
            complaints.append(f"exit status {status}: {err[:200]!r}")
        if status == 1:
            complaints += self.sentence_complaints(path.name, status, "", err)
        if all_words and not said(text or ""):
            complaints.append(f"heard {text!r}")
        if not said(beside or ""):
            complaints.append(f"beside it {beside!r} was heard")
        complaints += [f"says {word!r}" for word in bad_input.TELLTALES if word in err]
        self.judge(f"{path.name}: {'refused' if text is None else repr(text[:50])} ({peak:.0f} MB)", complaints, peak)


def said(text):
    return all(word in text.lower() for word in WORDS)


def long_sound(path, seconds, samples):
    """The sentence, silence in which the file has a hole, and the sentence."""
    size = 2 * RATE * seconds
    with path.open("wb") as file:
        file.write(wav(pcm(samples), size=size))
        file.seek(44 + size - 2 * len(samples))
        file.write(pcm(samples))


def check_length(checks, folder, samples, hours):
    """Hours beside two minutes: both sentences, at their times."""
    peaks = {}
    for name, seconds in (("two-minutes.wav", 120), ("hours.wav", hours * 3600)):
        long_sound(folder / name, seconds, samples)
        status, out, err, peaks[name] = checks.run(["transcribe", folder / name, *checks.ears, "--json"])
        complaints = [] if status == 0 else [f"exit status {status}: {err[:200]!r}"]
        document = json.loads(out) if status == 0 else {"text": "", "segments": [], "duration_s": 0}
        last = document["segments"][-1] if document["segments"] else {"end": 0, "text": ""}
        if document["text"].lower().count("brown fox") != 2 or not said(last["text"]):
            complaints.append(f"heard {document['text'][:200]!r}")
        if abs(document["duration_s"] - seconds) > 0.1 or abs(last["end"] - seconds) > 3:
            complaints.append(f"{document['duration_s']} s, the last words until {last['end']}")
        checks.judge(f"{name} ({peaks[name]:.0f} MB)", complaints, peaks[name])
        (folder / name).unlink()
    more = peaks["hours.wav"] - peaks["two-minutes.wav"]
    checks.judge(f"{hours} hours take {more:.0f} MB more than two minutes", [f"{more:.0f} MB"] if more > LITTLE_MORE_MB else [], 0)


def check_long_text(checks, folder, patience):
    """A megabyte of text of many kinds: spoken piece by piece in memory that does not grow, until it is told to stop."""
    texts = {
        "sentences": "This is a sentence to fill a megabyte with. " * 23_000,
        "one word": "a" * 1_000_000,
        "no marks": "word " * 200_000,
        "digits": "1234567890" * 100_000,
        "no speech": "\u2603 \U0001f600 \ufffd " * 100_000,
    }
    for what, text in texts.items():
        command = [checks.program, "speak", "-", "--model", speech_models.piper(), "--output", folder / "x.wav", "--offline", "--quiet"]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as err:
            given.write(text.encode())
            given.seek(0)
            child = subprocess.Popen([str(word) for word in command], stdin=given, stdout=subprocess.DEVNULL, stderr=err)
            begun = time.monotonic()
            while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
                if time.monotonic() - begun > patience:
                    child.send_signal(signal.SIGINT)
                    ended = os.wait4(child.pid, 0)
                    break
                time.sleep(0.05)
            child.returncode = os.waitstatus_to_exitcode(ended[1])
            stopped = time.monotonic() - begun
            err.seek(0)
            lines = err.read().decode(errors="replace").splitlines()
        peak = ended[2].ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
        complaints = [] if child.returncode in (0, 1, 130) and stopped < 60 else [f"exit status {child.returncode} after {stopped:.0f} s"]
        if child.returncode != 0 and len(lines) != 1:
            complaints.append(f"{len(lines)} lines: {lines[:3]}")
        if child.returncode != 0 and list(folder.glob("x.wav*")):
            complaints.append("a part of a file is left")
        complaints += [f"says {word!r}" for word in bad_input.TELLTALES if any(word in line for line in lines)]
        checks.judge(f"a megabyte, {what}: exit {child.returncode} after {stopped:.0f} s, {lines[:1]} ({peak:.0f} MB)", complaints, peak)
        (folder / "x.wav").unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", type=Path, default=common.PROGRAM)
    parser.add_argument("--peak-mb", type=float, default=600)
    parser.add_argument("--hours", type=int, default=10)
    parser.add_argument("--patience", type=float, default=15, help="seconds that a megabyte is spoken for")
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    sanitized = b"__asan_init" in program.read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder, made = Path(name), {}
        for kind in ("mp3", "flac", "opus"):
            path = folder / f"voice.{kind}"
            subprocess.run([program, "speak", SENTENCE, "--model", speech_models.piper(), "--output", path, "--quiet"], check=True)
            made[kind] = path.read_bytes()
        raw = subprocess.run([program, "speak", SENTENCE, "--model", speech_models.piper(), "--output", "-", "--format", "pcm", "--quiet"], check=True, capture_output=True)
        own_rate = 22050  # of the voice
        samples = np.frombuffer(raw.stdout, "<i2").astype(np.float64) / 32768
        samples = np.interp(np.arange(int(len(samples) * RATE / own_rate)) * own_rate / RATE, np.arange(len(samples)), samples)
        good = folder / "beside.wav"
        good.write_bytes(wav(pcm(samples)))
        checks = Checks(program, 0 if sanitized else arguments.peak_mb, good)
        for sound, data in broken_sounds(pcm(samples)).items():
            (folder / sound).write_bytes(data)
            checks.refused(sound, sound, ["transcribe", folder / sound, *checks.ears])
        for sound, (data, all_words) in odd_sounds(samples, made).items():
            (folder / sound).write_bytes(data)
            checks.sound(folder / sound, all_words)
        check_length(checks, folder, samples, arguments.hours)
        check_long_text(checks, folder, arguments.patience)
    print(f"worst peak memory {checks.worst_mb:.0f} MB{' (sanitized: not judged)' if sanitized else ''}")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
