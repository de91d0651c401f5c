#!/usr/bin/env python3
"""A Piper voice sounds as ONNX Runtime computes it from the same file.

    voices_equal_onnxruntime.py [--speech PROGRAM] [--program PROGRAM] [--self-test]

The voice en_US-joe-medium (speech_models.py), one clause and several sentences: without noise (scales 0, 1, 0), and with noise on a copy of
its graph whose two random nodes became inputs, which get the numbers that our seed draws. Our sound comes in windows; theirs is one
piece. Slow and fast speech, the same from a converted GGUF without the .json, the same twice. Relative RMS below 1e-3 in F32; in BF16,
where the processor multiplies it, below 1e-2. `--self-test`: another seed, other durations and a sound one sample late are noticed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import onnx
import onnxruntime
import speech_models
import tensor_file
import values
from blocks_equal_pytorch import computes_bf16

LIMITS = {"f32": 1e-3, "bf16": 1e-2}
CLAUSE = "hˈəloʊ."
SENTENCES = "ðə kwˈɪk bɹˈaʊn fˈɑːks dʒˈʌmps ˌoʊvɚ ðə lˈeɪzi dˈɑːɡ. ˈɪts bˈɪn wˈɔːkɪŋ fɔːɹ ˈaʊɚz, ænd wˈɪl nˌɑːt stˈɑːp bɪfˈoːɹ nˈaɪt."


def phoneme_ids(text, voice):
    """As Piper has them: every phoneme followed by a pad, a sign before and behind all."""
    table = json.loads(Path(f"{voice}.json").read_text())["phoneme_id_map"]
    ids = table["^"] + table["_"]
    for phoneme in text:
        ids += table[phoneme] + table["_"]
    return np.array(ids + table["$"], np.int32)


class OnnxRuntime:
    """The voice's own graph, its two random nodes replaced by inputs."""

    def __init__(self, voice):
        model = onnx.load(voice)
        random = [node for node in model.graph.node if node.op_type == "RandomNormalLike"]
        assert len(random) == 2, "the voice has other random nodes than expected"
        for name, node in zip(("duration_noise", "noise"), random, strict=True):
            for user in model.graph.node:
                for place, given in enumerate(user.input):
                    if given == node.output[0]:
                        user.input[place] = name
            model.graph.node.remove(node)
            model.graph.input.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, None, None]))
        self.given = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        self.own = onnxruntime.InferenceSession(str(voice), providers=["CPUExecutionProvider"])

    def speak(self, ids, scales, noise=None):
        inputs = {"input": ids[None].astype(np.int64), "input_lengths": np.array([ids.size], np.int64), "scales": np.array(scales, np.float32)}
        session = self.own
        if noise is not None:
            turns, around = noise
            session = self.given
            inputs |= {"duration_noise": np.ascontiguousarray(turns.T)[None], "noise": np.ascontiguousarray(around.reshape(-1, 192).T)[None]}
        return session.run(None, inputs)[0].ravel()


class Ours:
    def __init__(self, speech):
        self.speech = speech

    def speak(self, voice, ids, *options):
        """{name: array} that lp-speech writes."""
        with tempfile.TemporaryDirectory() as folder:
            made, given = Path(folder, "speech.safetensors"), Path(folder, "ids.npy")
            np.save(given, ids)
            command = [self.speech, voice, given, "--output", made, *options]
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}: {done.stderr.strip()}")
            return tensor_file.read(made)[0]


def relative(found, expected):
    return values.relative_rms(found, expected) if found.size == expected.size else float("inf")


def check(what, error, limit):
    print(f"{what}: relative RMS {error:.2e}{'' if error < limit else f', MORE THAN {limit:.0e}'}")
    return error < limit


def compare(voice, theirs, ours, precision):
    well, limit, options = True, LIMITS[precision], ("--runtime", "onednn", "--precision", precision)
    for name, text in (("clause", CLAUSE), ("sentences", SENTENCES)):
        ids = phoneme_ids(text, voice)
        silent = ours.speak(voice, ids, "--noise", "0", "--duration-noise", "0", *options)
        well &= check(f"{name}, {precision}, no noise", relative(silent["samples"], theirs.speak(ids, (0, 1, 0))), limit)
        for seed, speed in ((7, 1), (8, 0.8), (9, 1.7)):
            found = ours.speak(voice, ids, "--seed", seed, "--speed", speed, *options)
            expected = theirs.speak(ids, (0.667, np.float32(1) / np.float32(speed), 0.8), (found["duration_noise"], found["noise"]))
            pieces = f"{found['piece_ends'].size} pieces, {expected.size} samples"
            well &= check(f"{name}, {precision}, seed {seed}, speed {speed}, {pieces}", relative(found["samples"], expected), limit)
            if name == "sentences" and found["piece_ends"].size < 2:
                print("the sentences came in one piece: nothing is known of how pieces join")
                well = False
    return well


def stands_alone(voice, ours, program):
    """A converted voice, far from its .json, speaks the same."""
    ids, options = phoneme_ids(CLAUSE, voice), ("--runtime", "onednn", "--seed", "3")
    with tempfile.TemporaryDirectory() as home:
        command = [program, "convert", voice, "--name", "joe", "--precision", "f32", "--home", home, "--quiet"]
        subprocess.run([str(part) for part in command], check=True)
        converted = next(Path(home).rglob("model.gguf"))
        same = np.array_equal(ours.speak(converted, ids, *options)["samples"], ours.speak(voice, ids, *options)["samples"])
    print(f"converted to GGUF: {'the same sound' if same else 'ANOTHER SOUND'}")
    return same


def self_test(voice, theirs, ours):
    ids, options = phoneme_ids(SENTENCES, voice), ("--runtime", "onednn", "--seed", "7")
    found = ours.speak(voice, ids, *options)
    other = ours.speak(voice, ids, "--runtime", "onednn", "--seed", "8")
    turns, around = found["duration_noise"], found["noise"]
    expected = theirs.speak(ids, (0.667, 1, 0.8), (turns, around))
    errors = {
        "another seed": relative(other["samples"], expected),
        "other noise": relative(found["samples"], theirs.speak(ids, (0.667, 1, 0.8), (turns, around[::-1].copy()))),
        "a sample late": relative(np.roll(found["samples"], 1), expected),
        "one quiet frame": relative(np.where(np.arange(expected.size) // 256 == 100, 0, found["samples"]), expected),
    }
    for name, error in errors.items():
        print(f"{name}: relative RMS {error:.2e}: {'noticed' if error > LIMITS['f32'] else 'NOT NOTICED'}")
    return all(error > LIMITS["f32"] for error in errors.values()) and not np.array_equal(found["samples"], other["samples"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speech", default=common.ROOT / "build/release/bin/lp-speech")
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    voice = speech_models.piper()
    theirs, ours = OnnxRuntime(voice), Ours(arguments.speech)
    if arguments.self_test:
        return 0 if self_test(voice, theirs, ours) else 1
    well = compare(voice, theirs, ours, "f32")
    if computes_bf16():
        well &= compare(voice, theirs, ours, "bf16")
    else:
        print("bf16: not compared, this processor has neither avx512_bf16 nor amx_bf16")
    well &= stands_alone(voice, ours, arguments.program)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
