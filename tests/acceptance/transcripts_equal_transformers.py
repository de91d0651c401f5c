#!/usr/bin/env python3
"""`transcribe` writes what transformers writes, from the sound file on: greedy, with times.

    transcripts_equal_transformers.py [--program PATH] [--models tiny.en,base]

On the recordings of LLAMA_PAJAMAS_FIXTURES/audio, where that is set: the same text and the same times of segments (F32, greedy and with five
beams, padded to 30 s), and on the first the same text in BF16 where the processor has it. With base also: other languages forced, and
translation. The words of those in FLAC are also compared with what was read out.
Then the channels and rates that users have, made from the first: the same text from each; a long sound: nothing lost at the seams; silence:
no words; and files that are no sound: one sentence.

transformers hears a window of 30 s, and leaves out what follows the last segment in it that was finished. As in the original, and as its own
way for long sounds has it, that is heard again in the next window, with the text before it as a prompt: Reference.text does so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import speech_models
import torch
from blocks_equal_pytorch import computes_bf16
from recordings import RATE, recordings_in, samples_of, transcribe, word_errors, words_of, write_wav
from whisper_equals_transformers import made_sound

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import transformers  # noqa: E402

MOST_ERRORS = 0.1
MOST_TOKENS = 224  # of one window, as the original has it
FORCED = [("de", "transcribe"), ("fr", "transcribe"), ("zh", "transcribe"), ("ja", "transcribe"), ("en", "translate"), ("de", "translate")]


class Reference:
    """transformers' Whisper."""

    def __init__(self, name):
        folder = speech_models.whisper(name)
        self.model = transformers.WhisperForConditionalGeneration.from_pretrained(folder, torch_dtype=torch.float32).eval()
        self.extractor = transformers.WhisperFeatureExtractor.from_pretrained(folder)
        self.tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
        self.end = self.model.config.eos_token_id
        self.before = self.tokenizer.convert_tokens_to_ids("<|startofprev|>")
        self.first_time = self.tokenizer.convert_tokens_to_ids("<|notimestamps|>") + 1

    def window(self, samples, said, **how):
        """Tokens of text and times in the finished segments of 30 s of sound, and whether nothing follows them."""
        features = self.extractor(samples, sampling_rate=RATE, return_tensors="pt").input_features
        if said:
            how["prompt_ids"] = torch.tensor([self.before, *said[1 - MOST_TOKENS :]])
        with torch.no_grad():
            heard = self.model.generate(
                features, return_timestamps=True, do_sample=False, return_segments=True, max_new_tokens=MOST_TOKENS, **{"num_beams": 1} | how
            )
        tokens = heard["segments"][0][-1]["result"].tolist()  # the prompt's, too, and those of language and task behind the start's
        tokens = [i for i in tokens[len(tokens) - tokens[::-1].index(self.end + 1) :] if i < self.end or i >= self.first_time]
        is_time = [i >= self.first_time for i in tokens]
        cuts = [at for at in range(1, len(tokens)) if is_time[at - 1] and is_time[at]]
        finished = not cuts or is_time[-2:] == [False, True]
        return tokens if finished else tokens[: cuts[-1]], finished

    def text(self, samples, **how):
        """The text, and the times in it."""
        said, times, start, seconds = [], [], 0, samples.size / RATE
        while start < samples.size:
            tokens, finished = self.window(samples[start:], said, **how)
            times += [min(start / RATE + (i - self.first_time) * 0.02, seconds) for i in tokens if i >= self.first_time]
            said += tokens
            start = samples.size if finished else start + (tokens[-1] - self.first_time) * RATE // 50
        return self.tokenizer.decode([i for i in said if i < self.end]).strip(), [round(time, 2) for time in times]


def check_texts(arguments, name, recordings):
    reference, folder, well = Reference(name), speech_models.whisper(name), True
    ways = [{}] if name.endswith(".en") else [{"language": "en", "task": "transcribe"}] + [{"language": x, "task": y} for x, y in FORCED]
    for path in recordings:
        for how in [*(ways if path == recordings[0] else ways[:1]), ways[0] | {"num_beams": 5}]:
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
            if path == recordings[0] and computes_bf16() and how.get("task") != "translate" and "num_beams" not in how:
                other = transcribe(arguments, folder, path, "--precision", "bf16", "--pad", "--temperature", "0", *options)["text"]
                if other != found["text"]:
                    print(f"  bf16: {other}")
                    well &= bool(how.get("language", "en") != "en")  # forced into another language it is a coin's toss
    return well


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
    # Seams must lose nothing and double nothing. What a word is shall not hang on roundings here: F32, and the larger model, which is sure.
    sure = speech_models.whisper("base")
    expected = transcribe(arguments, sure, path, "--precision", "f32")["text"]
    found = transcribe(arguments, sure, scratch / "long.wav", "--precision", "f32")
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
    parser.add_argument("--recordings", type=int, help="only so many of them; default: all")
    arguments = parser.parse_args()
    well = True
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        fixtures = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
        if fixtures:
            recordings = recordings_in(Path(fixtures, "audio"))[: arguments.recordings]
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
