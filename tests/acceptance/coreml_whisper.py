#!/usr/bin/env python3
"""Whisper's Core ML packages hear what transformers and `transcribe` hear, run by tests/coreml.

    coreml_whisper.py [--program PROGRAM] [MODEL...]      MODEL: tiny.en, base

The encoder's package takes samples, and gives features and what the decoder's layers listen to; the step's takes a token at a time, and
keeps its own keys and values (float16), or has them passed in and out (float16, float32). On speech, the recording jfk.wav of LLAMA_PAJAMAS_FIXTURES
or what our voice says: features, the scores behind the prompt and behind one more token, relative RMS against transformers below 1e-4
(float32, as on the processor), 5e-3 (float16, rounded). Then the likeliest token again and again: each is transformers' choice behind
those before, and the words are those of `transcribe`. With weights of int8 and palette6 and states that Core ML keeps, at most
one and two words in twenty are others; of palette4, too few bits for a Whisper this small, the form alone is looked at.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import speech_models
import torch
import values
import whisper_equals_transformers as whisper
from coreml_equals_original import complaints_of, converted
from recordings import word_errors, words_of

sys.path.insert(0, str(common.ROOT / "tests"))
from coreml.interpreter import Interpreter  # noqa: E402

LIMITS = {"float32": 1e-4, "float16": 5e-3}
OTHER_WORDS = {"int8": 0.05, "palette6": 0.1, "palette4": None}
MOST_TOKENS = 60
SENTENCE = "The quick brown fox jumps over the lazy dog, and the dog sleeps on in the warm sun."
ROWS = 1500  # of features, for 30 s


class Decoder:
    """The step's package with what it has heard and said so far."""

    def __init__(self, package, precision, heard):
        self.interpreter = Interpreter(package, precision)
        description = self.interpreter.spec.description
        self.passed = {feature.name: heard.get(feature.name) for feature in description.input if feature.type.multiArrayType.dataType != 131104}
        for feature in description.input:
            if feature.name in self.passed and self.passed[feature.name] is None:
                self.passed[feature.name] = np.zeros(list(feature.type.multiArrayType.shape), np.float32)
        self.states, self.said = None, 0

    def scores(self, token):
        one = {"start": self.said, "length": self.said + 1, "heard": ROWS, "last": 0}
        inputs = {name: np.array([value], np.int32) for name, value in one.items()}
        inputs |= {"tokens": np.array([[token]], np.int32), "places": np.array([[self.said]], np.int32)}
        outputs, self.states = self.interpreter.run(inputs | self.passed, self.states)
        self.passed |= {name.removesuffix("_next"): array for name, array in outputs.items() if name.endswith("_next")}
        self.said += 1
        return outputs["logits"]


def greedy(decoder, prompt, end):
    """The scores behind the prompt and behind one more token, and the tokens up to the end."""
    for token in prompt:
        scores = decoder.scores(token)
    kept, tokens = [scores], []
    while len(tokens) < MOST_TOKENS and (not tokens or tokens[-1] != end):
        tokens.append(int(scores.argmax()))
        scores = decoder.scores(tokens[-1])
        kept.append(scores)
    return kept[0], kept[1], tokens


def choices(model, samples, tokens):
    """What transformers would say behind the prompt and each of these tokens."""
    mel = model.extractor(samples, sampling_rate=speech_models.RATE, return_tensors="pt").input_features
    with torch.no_grad():
        scores = model.model(mel, decoder_input_ids=torch.tensor([[*model.prompt, *tokens[:-1]]])).logits[0]
    return scores[len(model.prompt) - 1 :].argmax(1).tolist()


def spoken(arguments, model, path):
    """The words of `transcribe`."""
    command = [arguments.program, "transcribe", path, "--model", model.folder, "--pad", "--temperature", "0", "--precision", "f32", "--json", "--offline"]
    if not model.folder.name.endswith(".en"):
        command += ["--language", "en"]
    return words_of(common.run_json(command)["text"])


def speech(arguments, folder):
    """The path of a sound with words in it."""
    fixtures = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if fixtures:
        return Path(fixtures, "audio/jfk.wav")
    print("LLAMA_PAJAMAS_FIXTURES is not set: what our voice says instead of a recording")
    path = Path(folder, "spoken.wav")
    common.run_json([arguments.program, "speak", SENTENCE, "--model", speech_models.piper(), "--output", path, "--json", "--offline"])
    return path


def samples_of(path, folder):
    """At 16 kHz."""
    output = Path(folder, "samples.npy")
    subprocess.run([common.ROOT / "build/release/bin/lp-samples", path, output], check=True)
    return np.load(output).ravel().astype(np.float32)


def check(arguments, model, name, samples, precision, folder):
    arithmetic = "float32" if precision == "float32" else "declared"
    expected, _ = model.expected(samples)
    heard, _ = Interpreter(folder / "encoder.mlpackage", arithmetic).run({"samples": whisper.padded(samples)})
    decoder = Decoder(folder / "step.mlpackage", arithmetic, heard)
    scores, longer, tokens = greedy(decoder, model.prompt, model.model.config.eos_token_id)
    found = {"features": heard["features"], "scores": scores, "next scores": longer}
    errors = {value: values.relative_rms(array, expected[value]) for value, array in found.items()}
    wrong = [value for value, error in errors.items() if not error < LIMITS[precision]]
    same = choices(model, samples, tokens) == tokens
    text = ", ".join(f"{value} {error:.1e}" for value, error in errors.items())
    print(f"{model.folder.name} {precision}, {name}: {text}, {len(tokens)} tokens {'as transformers chooses' if same else 'DIFFER'}{'   TOO MUCH: ' + ', '.join(wrong) if wrong else ''}")
    return not wrong and same, tokens


def form_is_right(name, precision, folder):
    good = True
    for package in ("encoder", "step"):
        for complaint in complaints_of(folder / f"{package}.mlpackage"):
            print(f"{name} {package} {precision}: {complaint}")
            good = False
    return good


def in_few_bits(arguments, model, name, tokenizer):
    good = True
    for precision, most in OTHER_WORDS.items():
        with tempfile.TemporaryDirectory() as home:
            folder = converted(arguments, model.folder, home, precision)
            good &= form_is_right(name, precision, folder)
            if most is None:
                continue
            path = speech(arguments, home)
            heard, _ = Interpreter(folder / "encoder.mlpackage", "declared").run({"samples": whisper.padded(samples_of(path, home))})
            _, _, tokens = greedy(Decoder(folder / "step.mlpackage", "declared", heard), model.prompt, model.model.config.eos_token_id)
            words, expected = words_of(tokenizer.decode(tokens, skip_special_tokens=True)), spoken(arguments, model, path)
            others = word_errors(words, expected)
            well = bool(expected) and others <= most * len(expected)
            good &= well
            print(f"{name} {precision}, {path.name}: {others} of {len(expected)} words are others than those of transcribe{'' if well else '   TOO MANY'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["tiny.en"])
    parser.add_argument("--program", default=common.PROGRAM)
    arguments = parser.parse_args()
    good = True
    for name in arguments.models:
        model = whisper.Model(name, None)
        tokenizer = whisper.transformers.WhisperTokenizerFast.from_pretrained(model.folder)
        for precision, states in (("float32", "passed"), ("float16", "kept"), ("float16", "passed")):
            with tempfile.TemporaryDirectory() as home:
                folder = converted(arguments, model.folder, home, precision, "--states", states)
                good &= form_is_right(name, precision, folder)
                path = speech(arguments, home)
                alike, tokens = check(arguments, model, path.name, samples_of(path, home), precision, folder)
                words = words_of(tokenizer.decode(tokens, skip_special_tokens=True))
                same = bool(words) and words == spoken(arguments, model, path)
                print(f"{name} {precision}, states {states}, {path.name}: {len(words)} words, {'those of transcribe' if same else 'NOT those of transcribe'}")
                good &= alike and same
        good &= in_few_bits(arguments, model, name, tokenizer)
    print("all alike" if good else "NOT alike")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
