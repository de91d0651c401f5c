#!/usr/bin/env python3
"""`transcribe` writes what transformers writes, from the sound file on: greedy, with times.

    transcripts_equal_transformers.py [--program PATH] [--models tiny.en,base]

On a recording of LLAMA_PAJAMAS_FIXTURES/audio, where that is set: the same text and the same times of segments
(F32, greedy and with five beams, padded to 30 s), and the same text in BF16 where the processor has it. With base also: other languages forced, and
translation. The other recordings
are in FLAC: their words against those that were read out. Then the channels and rates that users have, made from the first: the same text
from each; a long sound: nothing lost at the seams; silence: no words; and files that are no sound: one sentence.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import common
import numpy as np
import speech_models
import torch
from blocks_equal_pytorch import computes_bf16
from whisper_equals_transformers import made_sound

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import transformers  # noqa: E402

RATE = speech_models.RATE
MOST_ERRORS = 0.1
FORCED = [("de", "transcribe"), ("fr", "transcribe"), ("zh", "transcribe"), ("ja", "transcribe"), ("en", "translate")]


def write_wav(path, samples, rate=RATE, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        pcm = np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2")
        file.writeframes(np.repeat(pcm, channels).tobytes())


def samples_of(path):
    """16-bit samples of a recording as floats."""
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE and file.getnchannels() == 1
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


class Reference:
    """transformers' Whisper."""

    def __init__(self, name):
        folder = speech_models.whisper(name)
        self.model = transformers.WhisperForConditionalGeneration.from_pretrained(folder, torch_dtype=torch.float32).eval()
        self.extractor = transformers.WhisperFeatureExtractor.from_pretrained(folder)
        self.tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
        self.end = self.model.config.eos_token_id

    def text(self, samples, **how):
        features = self.extractor(samples, sampling_rate=RATE, return_tensors="pt").input_features
        with torch.no_grad():
            how = {"num_beams": 1} | how
            ids = self.model.generate(features, return_timestamps=True, do_sample=False, **how)[0].tolist()
        times = [round((i - self.end - 107) * 0.02, 2) for i in ids if i > self.end + 106]
        return self.tokenizer.decode([i for i in ids if i < self.end]).strip(), times


def transcribe(arguments, folder, path, *options):
    command = [arguments.program, "transcribe", path, "--model", folder, "--json", "--quiet", *options]
    return common.run_json(command)


def check_texts(arguments, name, recordings):
    reference, folder, well = Reference(name), speech_models.whisper(name), True
    ways = [{}] if name.endswith(".en") else [{"language": "en", "task": "transcribe"}] + [{"language": x, "task": y} for x, y in FORCED]
    for path in recordings:
        for how in [*ways, ways[0] | {"num_beams": 5}] if path == recordings[0] else ways[:1]:
            expected, times = reference.text(samples_of(path), **how)
            names = {"num_beams": "beam-size"}
            options = [word for key, value in how.items() for word in (f"--{names.get(key, key)}", str(value))]
            found = transcribe(arguments, folder, path, "--precision", "f32", "--pad", "--temperature", "0", *options)
            starts = [round(time, 2) for segment in found["segments"] for time in (segment["start"], segment["end"])]
            # Where theirs ends without a time, ours ends with the sound.
            same_times = starts[: len(times)] == times and len(starts) - len(times) in (0, 1)
            good = found["text"] == expected and same_times
            print(f"{name}, {path.name} {' '.join(options)}: {'same' if good else 'NOT THE SAME'}: {expected[:60]}")
            if not good:
                print(f"  ours  {found['text']}  {starts}\n  theirs {expected}  {times}")
            well &= good
            if computes_bf16() and how.get("task") != "translate" and "num_beams" not in how:
                other = transcribe(arguments, folder, path, "--precision", "bf16", "--pad", "--temperature", "0", *options)["text"]
                if other != found["text"]:
                    print(f"  bf16: {other}")
                    well &= bool(how.get("language", "en") != "en")  # forced into another language it is a coin's toss
    return well


def words_of(text):
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def word_errors(found, expected):
    """Words to be put in, taken out or changed. Levenshtein 1966."""
    row = list(range(len(expected) + 1))
    for i, word in enumerate(found, 1):
        row, above = [i], row
        for j, wanted in enumerate(expected, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (word != wanted)))
    return row[-1]


def check_words(arguments, name, folder):
    """The recordings in FLAC against what was read out: at most MOST_ERRORS of the words wrong."""
    known = json.loads((folder / "transcripts.json").read_text())
    errors = count = 0
    for entry in known:
        if not entry["file"].endswith(".flac"):
            continue
        expected = words_of(entry["text"])
        found = words_of(transcribe(arguments, speech_models.whisper(name), folder / entry["file"])["text"])
        errors, count = errors + word_errors(found, expected), count + len(expected)
    print(f"{name}, recordings in FLAC: {errors} of {count} words wrong")
    return count > 0 and errors <= MOST_ERRORS * count


def check_files(arguments, folder, path, scratch):
    """The same words from other containers, rates and channels; a long sound; silence; bad input."""
    samples, well = samples_of(path), True
    expected = transcribe(arguments, folder, path)["text"]

    def check(what, good):
        nonlocal well
        print(f"{what}: {'good' if good else 'NOT GOOD'}")
        well &= good

    write_wav(scratch / "stereo.wav", samples, channels=2)
    slow = samples[: samples.size // 2 * 2].reshape(-1, 2).mean(1)
    write_wav(scratch / "slow.wav", slow, RATE // 2)
    write_wav(scratch / "fast.wav", np.repeat(samples, 24), RATE * 24)  # 384 kHz
    write_wav(scratch / "many.wav", samples, channels=32)
    for name in ("stereo", "fast", "many"):
        check(f"{name}.wav, the same text", transcribe(arguments, folder, scratch / f"{name}.wav")["text"] == expected)
    check("8 kHz: a text of about the length", abs(len(transcribe(arguments, folder, scratch / "slow.wav")["text"]) - len(expected)) < 30)

    silence = np.zeros(2 * RATE, np.float32)
    times = 5
    write_wav(scratch / "long.wav", np.concatenate([samples, silence] * times))
    found = transcribe(arguments, folder, scratch / "long.wav")
    wrong = word_errors(words_of(found["text"]), times * words_of(expected))
    check(f"{times} times {samples.size / RATE:.0f} s: {wrong} of {times * len(words_of(expected))} words wrong", wrong == 0)
    starts = [segment["start"] for segment in found["segments"]]
    check("its segments follow each other", starts == sorted(starts) and found["segments"][-1]["end"] <= found["duration_s"] + 0.5)
    write_wav(scratch / "silence.wav", np.zeros(20 * RATE, np.float32))
    check("silence has no words", transcribe(arguments, folder, scratch / "silence.wav")["text"] == "")
    return well & check_bad(arguments, folder, scratch)


def check_bad(arguments, folder, scratch):
    """Each is refused with one sentence, and what stands beside it is transcribed."""
    (scratch / "empty.wav").write_bytes(b"")
    (scratch / "garbage.wav").write_bytes(np.random.default_rng(1).bytes(100_000))
    (scratch / "text.mp3").write_text("no sound at all\n" * 1000)
    write_wav(scratch / "nothing.wav", np.zeros(0, np.float32))
    zero = bytearray((scratch / "stereo.wav").read_bytes())
    zero[24:28] = bytes(4)  # samples a second
    (scratch / "zero.wav").write_bytes(zero)
    (scratch / "cut.wav").write_bytes((scratch / "stereo.wav").read_bytes()[:60_000])
    well = True
    for name in ("empty.wav", "garbage.wav", "text.mp3", "nothing.wav", "zero.wav", "absent.wav"):
        command = [arguments.program, "transcribe", scratch / name, scratch / "cut.wav", "--model", folder, "--quiet", "--json"]
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        answer = json.loads(done.stdout)
        lines = done.stderr.strip().splitlines()
        good = done.returncode == 1 and len(lines) == 1 and name in lines[0] and len(answer["items"]) == 1
        print(f"{name}: {lines[0].split(name)[-1] if lines else 'no word'}: {'good' if good else 'NOT GOOD'}")
        well &= good
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--models", default="tiny.en,base")
    arguments = parser.parse_args()
    well = True
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        fixtures = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
        if fixtures:
            recordings = [Path(fixtures, "audio/jfk.wav")]
        else:
            print("LLAMA_PAJAMAS_FIXTURES is not set: no recordings, so that only bad files are tried")
            recordings = []
        for name in arguments.models.split(","):
            well &= check_texts(arguments, name, recordings)
            if fixtures:
                well &= check_words(arguments, name, Path(fixtures, "audio"))
        if fixtures:
            well &= check_files(arguments, speech_models.whisper(arguments.models.split(",")[0]), recordings[0], scratch)
        else:
            write_wav(scratch / "stereo.wav", made_sound(), channels=2)
            well &= check_bad(arguments, speech_models.whisper(arguments.models.split(",")[0]), scratch)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
