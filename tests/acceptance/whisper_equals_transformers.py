#!/usr/bin/env python3
"""Whisper's graphs compute what transformers computes, from samples to the scores of tokens.

    whisper_equals_transformers.py [--values PROGRAM] [--runtimes onednn] [--self-test] [MODEL...]

Whisper base and tiny.en with their real weights (speech_models.py), on a made sound and, where LLAMA_PAJAMAS_FIXTURES names a folder
with recordings, on one of those. Compared are the spectrogram, each block of the encoder, the features and the scores behind a prompt
and behind the prompt with one more token. (Tokens given one by one to the states that others left: transcripts_equal_transformers.py.) F32: relative RMS below 1e-4 (of the spectrogram 1e-5);
BF16, where the processor multiplies it, below 3e-2. `--self-test`: a permuted weight and a skipped block are noticed.
"""

import argparse
import os
import sys
import wave
from pathlib import Path

import common
import numpy as np
import speech_models
import torch
import values
from blocks_equal_pytorch import computes_bf16

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import transformers  # noqa: E402

# The features of Whisper base in BF16 are 1.3e-2 away, of one block 2.0e-2: few of its channels are large, and their rounding is all there
# is of the others. What must not change, the text, is another test's.
LIMITS = {"f32": 1e-4, "bf16": 3e-2}
MEL_LIMIT = 1e-5
SECONDS, HOP, WINDOW = 30, 160, 400


def made_sound():
    """Eleven seconds of gliding tones in syllables, and noise."""
    rate, seconds = speech_models.RATE, 11
    time = np.arange(seconds * rate) / rate
    pitch = 110 + 60 * np.sin(2 * np.pi * 0.4 * time)
    voice = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / rate) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time), 0, 1) ** 2
    noise = np.random.default_rng(3).normal(0, 0.01, time.size)
    return (0.1 * voice * syllables + noise).astype(np.float32)


def sounds():
    """{name: samples at 16 kHz}"""
    found = {"made sound": made_sound()}
    folder = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if folder:
        with wave.open(str(Path(folder, "audio/jfk.wav"))) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        found["jfk.wav"] = (samples / 32768).astype(np.float32)
    else:
        print("LLAMA_PAJAMAS_FIXTURES is not set: no recording, a made sound only")
    return found


def padded(samples):
    """What our encoder takes: 30 s, mirrored at both ends as torch.stft does it, without the frame that Whisper leaves out."""
    whole = np.zeros(SECONDS * speech_models.RATE, np.float32)
    whole[: samples.size] = samples
    frames = SECONDS * speech_models.RATE // HOP
    return np.pad(whole, WINDOW // 2, mode="reflect")[: (frames - 1) * HOP + WINDOW][None, :, None]


class Model:
    """transformers' model, and our program on the same files."""

    def __init__(self, name, program):
        self.folder, self.program = speech_models.whisper(name), program
        self.model = transformers.WhisperForConditionalGeneration.from_pretrained(self.folder, torch_dtype=torch.float32).eval()
        self.extractor = transformers.WhisperFeatureExtractor.from_pretrained(self.folder)
        start = self.model.config.decoder_start_token_id
        self.prompt = [start, start + 1, start + 101, start + 105] if name == "base" else [start, start + 105]

    def expected(self, samples):
        """{name: array} of the spectrogram, the encoder's blocks, the features, and the scores behind prompt and next token."""
        mel = self.extractor(samples, sampling_rate=speech_models.RATE, return_tensors="pt").input_features
        with torch.no_grad():
            encoded = self.model.model.encoder(mel, output_hidden_states=True)
            scores = self.model(encoder_outputs=encoded, decoder_input_ids=torch.tensor([self.prompt])).logits[:, -1]
            token = int(scores.argmax())
            longer = self.model(encoder_outputs=encoded, decoder_input_ids=torch.tensor([[*self.prompt, token]])).logits[:, -1]
        found = {"mel": mel.mT, "features": encoded.last_hidden_state, "scores": scores, "next scores": longer}
        for i, hidden in enumerate(encoded.hidden_states[1:-1]):  # the last one is normed
            found[f"model.encoder.layers.{i}"] = hidden
        return {name: value.numpy() for name, value in found.items()}, token

    def step_inputs(self, tokens, start):
        count = len(tokens)
        one = {"start": start, "length": start + count, "heard": SECONDS * 50, "last": count - 1}
        many = {"tokens": tokens, "places": list(range(start, start + count))}
        return {name: np.array([value], np.int32) for name, value in (many | one).items()}

    def found(self, samples, token, options, keep=()):
        encoder = {"samples": padded(samples), "start": np.zeros(1, np.int32)}
        blocks = values.of_program(self.program, self.folder, encoder, *options, "--graph", "encoder", *keep)
        first = {f"encoder/{name}": array for name, array in encoder.items()}
        prompt = self.step_inputs(self.prompt, 0)
        scores = values.of_program(self.program, self.folder, first | prompt, *options, "--graph", "step", "--first", "encoder", "--output-only")
        whole = self.step_inputs([*self.prompt, token], 0)
        longer = values.of_program(self.program, self.folder, first | whole, *options, "--graph", "step", "--first", "encoder", "--output-only")
        return blocks | {"scores": scores["logits"], "next scores": longer["logits"]}


def errors_of(found, expected):
    return {name: values.relative_rms(found[name], array) for name, array in expected.items() if name in found}


def check(model, name, samples, runtime, precision):
    expected, token = model.expected(samples)
    keep = ("--keep", *expected) if precision == "bf16" else ()
    errors = errors_of(model.found(samples, token, ("--runtime", runtime, "--precision", precision), keep), expected)
    limits = {value: MEL_LIMIT if value == "mel" and precision == "f32" else LIMITS[precision] for value in expected}
    bad = {value: error for value, error in errors.items() if not error < limits[value]}
    missing = [value for value in expected if value not in errors]
    print(
        f"{model.folder.name}, {name}, {runtime} {precision}: {len(errors)} values, spectrogram {errors['mel']:.1e}, worst block "
        f"{max(e for v, e in errors.items() if 'layers' in v):.1e}, features {errors['features']:.1e}, scores {errors['scores']:.1e}, "
        f"next {errors['next scores']:.1e}{f'; TOO MUCH: {bad}' if bad else ''}{f'; not compared: {missing}' if missing else ''}"
    )
    return not bad and not missing


def self_test(model, name, samples):
    expected, token = model.expected(samples)
    well = True
    for change, value in (("--permute", "model.encoder.layers.1.fc1.weight"), ("--skip", "model.encoder.layers.2")):
        options = ("--runtime", "onednn", "--precision", "f32", "--graph", "encoder", change, value)
        encoder = {"samples": padded(samples), "start": np.zeros(1, np.int32)}
        errors = errors_of(values.of_program(model.program, model.folder, encoder, *options), expected)
        wrong = [block for block, error in errors.items() if error >= LIMITS["f32"]]
        noticed = "features" in wrong and "mel" not in wrong and "model.encoder.layers.0" not in wrong
        print(f"{model.folder.name}, {name}, {change} {value}: {len(wrong)} of {len(errors)} wrong: {'noticed' if noticed else 'NOT NOTICED'}")
        well &= noticed
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["base", "tiny.en"])
    parser.add_argument("--values", default=common.VALUES)
    parser.add_argument("--runtimes", default="onednn")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    ways = [(runtime, "f32") for runtime in arguments.runtimes.split(",")]
    if computes_bf16():
        ways.append(("onednn", "bf16"))
    else:
        print("bf16: not compared, this processor has neither avx512_bf16 nor amx_bf16")
    well, given = True, sounds()
    for name in arguments.models or ["base", "tiny.en"]:
        model = Model(name, arguments.values)
        for sound, samples in given.items():
            if arguments.self_test:
                well &= self_test(model, sound, samples)
                continue
            for runtime, precision in ways:
                well &= check(model, sound, samples, runtime, precision)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
