#!/usr/bin/env python3
"""Voices' Core ML packages sound as the voices' own frameworks compute them, run by tests/coreml.

    coreml_voices.py [--program PROGRAM] [--speech PROGRAM] [--self-test] [VOICE...]     VOICE: joe, fastspeech2, vits

The Piper voice en_US-joe-medium against ONNX Runtime, without noise and with; a small FastSpeech2Conformer with HiFi-GAN and a small VITS of
three speakers, both with drawn weights, against transformers. What stands between the packages (durations in whole frames, noise around the
means) is done here, as an app does it. Relative RMS of the sound below 1e-5 in float32, of joe, whose waves turn with the last bits of
the means, 1e-4. In float16 each package's outputs are below 5e-3 from those of float32 for the same inputs; the sound of all of
them in a row, with the durations that float32 has, is below 4e-2: rounding joe's weights alone makes 1e-2 of it; one phoneme in twenty
may last a frame more or less in float16. `--self-test`: each package with one blob of its weights negated is noticed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import speech_models
import values
from coreml_equals_original import complaints_of, converted, negate_largest_blob

sys.path.insert(0, str(common.ROOT / "tests"))
from coreml.interpreter import Interpreter  # noqa: E402

ARITHMETIC = {"float32": "float32", "float16": "declared"}
LIMITS = {"float32": 1e-5, "float16": 4e-2}  # of the sound
PACKAGE_LIMIT = 5e-3  # of a float16 package's outputs
NOISE, DURATION_NOISE = 0.667, 0.8  # what the voices' configurations say
LONG, SLOWNESS = 256, np.float32(1) / np.float32(1.5)  # as many phonemes as joe's package takes, fast enough for its frames


class Package:
    def __init__(self, path, precision):
        self.interpreter = Interpreter(path, ARITHMETIC[precision])
        self.calls = []
        self.sizes = {feature.name: list(feature.type.multiArrayType.shape) for feature in self.interpreter.spec.description.input}

    def run(self, **inputs):
        """Rows are padded to the package's; one that it does not ask for is left out."""
        padded = {}
        for name, size in self.sizes.items():
            given = np.asarray(inputs[name])
            padded[name] = np.zeros(size, np.int32 if given.dtype.kind == "i" else np.float32)
            if any(have > room for have, room in zip(given.shape, size, strict=True)):
                sys.exit(f"{name}: {given.shape} do not fit {size}")
            padded[name][tuple(slice(0, have) for have in given.shape)] = given
        found = self.interpreter.run(padded)[0]
        self.calls.append((padded, found))
        return found

    def counting(self, inputs, array):
        """The rows of an output that count: as many as `length` says, of samples as many times more as there are."""
        rows = next(size[1] for name, size in self.sizes.items() if name != "length")
        return array[:, : int(inputs["length"][0]) * (array.shape[1] // rows)]

    def worst(self, calls):
        """The greatest error of an output for inputs of another package, which gave others."""
        found = [(inputs, self.interpreter.run(inputs)[0], outputs) for inputs, outputs in calls]
        return max(values.relative_rms(self.counting(inputs, ours[name]), self.counting(inputs, array)) for inputs, ours, theirs in found for name, array in theirs.items())


class Voice:
    """The packages of a voice, and between them what an app does."""

    def __init__(self, folder, precision):
        self.names = sorted(path.stem for path in folder.glob("*.mlpackage"))
        for name in self.names:
            setattr(self, name, Package(folder / f"{name}.mlpackage", precision))

    def sound(self, frames, **inputs):
        samples = self.vocoder.run(frames=frames[None], length=np.array([len(frames)]), **inputs)["samples"].ravel()
        return samples[: len(frames) * (samples.size // self.vocoder.sizes["frames"][1])]


class Vits(Voice):
    def speak(self, ids, turns, around, speaker, durations=None, scales=(NOISE, DURATION_NOISE), slowness=1):
        """The sound, and how many frames each phoneme lasts."""
        who = {"speaker": np.array([[speaker]])}
        text = self.text.run(phonemes=ids[None], length=np.array([ids.size]), noise=scales[1] * turns[None], **who)
        logarithms = text["log_durations"].ravel()[: ids.size]
        lasts = np.ceil(np.exp(logarithms) * np.float32(slowness)).astype(int) if durations is None else durations
        means, deviations = (np.repeat(text[name][0, : ids.size], lasts, 0) for name in ("means", "log_deviations"))
        frames = means + scales[0] * around.reshape(-1, means.shape[1])[: len(means)] * np.exp(deviations)
        latent = self.flow.run(frames=frames[None].astype(np.float32), length=np.array([len(frames)]), **who)["latent"]
        return self.sound(latent[0, : len(frames)], **who), lasts


class FastSpeech2(Voice):
    slowness = 1.5  # what the small model's configuration says

    def speak(self, ids, turns, around, speaker, durations=None):
        text = self.text.run(phonemes=ids[None], length=np.array([ids.size]))
        logarithms = text["log_durations"].ravel()[: ids.size]
        lasts = np.rint(np.maximum(np.rint(np.exp(logarithms) - 1), 0) * self.slowness).astype(int) if durations is None else durations
        hidden = np.repeat(text["hidden"][0, : ids.size], lasts, 0)
        frames = self.mel.run(hidden=hidden[None], length=np.array([len(hidden)]))["frames"]
        return self.sound(frames[0, : len(hidden)]), lasts


def relative(found, expected):
    return values.relative_rms(found, expected) if found.size == expected.size else float("inf")


def check(arguments, name, kind, source, cases, limits):
    """`cases`: [what, ids, turns, around, speaker, more, expected samples]"""
    good, exact, lasts = True, None, {}
    for precision, limit in limits.items():
        with tempfile.TemporaryDirectory() as home:
            folder = converted(arguments, source, home, precision)
            if arguments.self_test:
                good &= all_noticed(name, folder, lambda: kind(folder, precision), cases[0], limit)
                break
            voice = kind(folder, precision)
            for package in voice.names:
                for complaint in complaints_of(folder / f"{package}.mlpackage"):
                    print(f"{name} {package} {precision}: {complaint}")
                    good = False
                if exact:
                    error = getattr(voice, package).worst(getattr(exact, package).calls)
                    good &= error < PACKAGE_LIMIT
                    print(f"{name} {precision}, {package} alone: relative RMS {error:.1e}{'' if error < PACKAGE_LIMIT else '   TOO MUCH'}")
            for what, ids, turns, around, speaker, more, expected in cases:
                others = 0
                if what in lasts:
                    others = int((voice.speak(ids, turns, around, speaker, **more)[1] != lasts[what]).sum())
                sound, lasts[what] = voice.speak(ids, turns, around, speaker, lasts.get(what), **more)
                error = relative(sound, expected)
                well = error < limit and others <= ids.size / 20
                good &= well
                note = f", {others} of {ids.size} durations are others" if others else ""
                print(f"{name} {precision}, {what}: {expected.size} samples, relative RMS {error:.1e}{note}{'' if well else '   TOO MUCH'}")
            exact = exact or voice
    return good


def all_noticed(name, folder, made, case, limit):
    """Whether a wrong number in each package makes another sound; what it lasts is given, so that sounds can be compared."""
    what, ids, turns, around, speaker, more, expected = case
    lasts, noticed = made().speak(ids, turns, around, speaker, **more)[1], True
    for package in sorted(folder.glob("*.mlpackage")):
        path = package / "Data/com.apple.CoreML/weights/weight.bin"
        whole = path.read_bytes()
        negate_largest_blob(package)
        error = relative(made().speak(ids, turns, around, speaker, lasts, **more)[0], expected)
        path.write_bytes(whole)
        noticed &= error > limit
        print(f"{name}, {package.stem} with a negated blob: relative RMS {error:.1e}: {'noticed' if error > limit else 'NOT NOTICED'}")
    return noticed


def joe(arguments):
    import voices_equal_onnxruntime as original

    voice, ours = speech_models.piper(), original.Ours(arguments.speech)
    ids, theirs = original.phoneme_ids(original.CLAUSE, voice), original.OnnxRuntime(voice)
    found = ours.speak(voice, ids, "--runtime", "onednn", "--seed", "7")
    noise = (found["duration_noise"], found["noise"])
    long = np.resize(original.phoneme_ids(original.SENTENCES, voice), LONG)
    spoken = ours.speak(voice, long, "--runtime", "onednn", "--seed", "7", "--speed", "1.5")
    more = (spoken["duration_noise"], spoken["noise"])
    cases = [
        ("no noise", ids, *noise, 0, {"scales": (0, 0)}, theirs.speak(ids, (0, 1, 0))),
        ("noise", ids, *noise, 0, {}, theirs.speak(ids, (NOISE, 1, DURATION_NOISE), noise)),
        ("all phonemes that fit", long, *more, 0, {"slowness": SLOWNESS}, theirs.speak(long, (NOISE, SLOWNESS, DURATION_NOISE), more)),
    ]
    return check(arguments, "joe", Vits, voice, cases, LIMITS | {"float32": 1e-4})


def small(arguments, name):
    import voices_equal_transformers as original

    with tempfile.TemporaryDirectory() as folder:
        model = original.Vits(folder) if name == "vits" else original.FastSpeech2(folder, False)
        cases = []
        for speaker in range(model.speakers):
            found = original.ours(arguments, model, original.IDS, "--runtime", "onednn", "--speaker", speaker, "--seed", 4)
            cases.append((f"speaker {speaker}", original.IDS, found["duration_noise"], found["noise"], speaker, {}, model.speak(original.IDS, found, speaker)))
        return check(arguments, name, Vits if name == "vits" else FastSpeech2, model.path, cases, LIMITS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voices", nargs="*", default=["joe", "fastspeech2", "vits"])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--speech", default=common.ROOT / "build/release/bin/lp-speech")
    arguments = parser.parse_args()
    good = True
    for name in arguments.voices:
        good &= joe(arguments) if name == "joe" else small(arguments, name)
    print("all alike" if good else "NOT alike")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
