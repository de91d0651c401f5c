#!/usr/bin/env python3
"""OpenAI's .pt files hear what Hugging Face's checkpoints of the same weights hear.

    whisper_checkpoints.py [--program PATH] [--models tiny.en]

The weights of a checkpoint of Hugging Face are saved as openai/whisper publishes them (`dims`, `model_state_dict`), tokenizer.json beside them
and nothing else: the tokens that are never said come from the tokenizer then, the alignment heads from the sizes. Heads, texts, tokens and times
of words must be the same, of the recordings of LLAMA_PAJAMAS_FIXTURES/audio where that is set, and of a sentence spoken by espeak-ng, of which a
Whisper that may say everything says other things ("#2"). Without a tokenizer, with a tensor that is none of theirs, or without one: one sentence.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import safetensors.torch
import speech_models
import speech_synthesis
import torch
from recordings import RATE, write_wav

PARTS = {
    "self_attn.q_proj": "attn.query", "self_attn.k_proj": "attn.key", "self_attn.v_proj": "attn.value", "self_attn.out_proj": "attn.out",
    "self_attn_layer_norm": "attn_ln", "encoder_attn.q_proj": "cross_attn.query", "encoder_attn.k_proj": "cross_attn.key",
    "encoder_attn.v_proj": "cross_attn.value", "encoder_attn.out_proj": "cross_attn.out", "encoder_attn_layer_norm": "cross_attn_ln",
    "fc1": "mlp.0", "fc2": "mlp.2", "final_layer_norm": "mlp_ln",
}  # fmt: skip
OTHERS = {
    "encoder.embed_positions.weight": "encoder.positional_embedding", "decoder.embed_positions.weight": "decoder.positional_embedding",
    "decoder.embed_tokens.weight": "decoder.token_embedding.weight", "encoder.layer_norm": "encoder.ln_post", "decoder.layer_norm": "decoder.ln",
}  # fmt: skip

SENTENCE = "Number one, hash tag two, asterisk three."


def original_name(name):
    name = name.removeprefix("model.")
    if ".layers." in name:
        side, rest = name.split(".layers.")
        number, part = rest.split(".", 1)
        path, kind = part.rsplit(".", 1)
        return f"{side}.blocks.{number}.{PARTS[path]}.{kind}"
    for theirs, original in OTHERS.items():
        if name.startswith(theirs):
            return original + name.removeprefix(theirs)
    return name


def original(folder):
    """What openai/whisper's files hold."""
    config = json.loads((folder / "config.json").read_text())
    dims = {
        "n_mels": config["num_mel_bins"], "n_vocab": config["vocab_size"], "n_audio_ctx": config["max_source_positions"],
        "n_audio_state": config["d_model"], "n_audio_head": config["encoder_attention_heads"], "n_audio_layer": config["encoder_layers"],
        "n_text_ctx": config["max_target_positions"], "n_text_state": config["d_model"], "n_text_head": config["decoder_attention_heads"],
        "n_text_layer": config["decoder_layers"],
    }  # fmt: skip
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    return {"dims": dims, "model_state_dict": {original_name(n): t for n, t in tensors.items() if n != "proj_out.weight"}}


def sounds(scratch):
    write_wav(scratch / "spoken.wav", 0.5 * speech_synthesis.speak("en", SENTENCE, RATE))
    folder = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if not folder:
        print("LLAMA_PAJAMAS_FIXTURES is not set: no recordings, a spoken sentence only")
        return [scratch / "spoken.wav"]
    return [scratch / "spoken.wav", *sorted(p for p in Path(folder, "audio").iterdir() if p.suffix in (".wav", ".flac"))]


class Check:
    def __init__(self, arguments):
        self.arguments, self.well = arguments, True

    def __call__(self, what, holds, more=""):
        self.well &= bool(holds)
        print(f"{'ok  ' if holds else 'FAIL'}  {what} {more}", flush=True)

    def run(self, *command):
        return subprocess.run([str(part) for part in (self.arguments.program, *command)], capture_output=True, text=True)

    def heard(self, model, paths):
        """Texts, tokens and words of each sound, without what the clock says."""
        command = [self.arguments.program, "transcribe", *paths, "--model", model, "--precision", "f32", "--word-timestamps", "--json", "--quiet"]
        document = common.run_json(command)
        items = document["items"] if len(paths) > 1 else [document]
        return [(item["text"], [s["tokens"] for s in item["segments"]], item.get("words")) for item in items]

    def refused(self, what, path, words):
        done = self.run("convert", path, "--name", "bad", "--home", path.parent / "home")
        good = done.returncode == 1 and len(done.stderr.splitlines()) == 1 and path.name in done.stderr and words in done.stderr
        self(what, good, done.stderr.strip()[:160])


def check_model(check, name, scratch):
    source = speech_models.whisper(name)
    saved, path = original(source), scratch / f"{name}.pt"
    torch.save(saved, path)
    check.refused(f"{name}.pt without a tokenizer", path, "tokenizer.json")
    shutil.copy(source / "tokenizer.json", scratch)
    done = check.run("convert", path, "--name", "ours", "--home", scratch / "home", "--json")
    check(f"{name}.pt is converted", done.returncode == 0, done.stderr.strip()[:160])
    if done.returncode:
        return
    manifest = json.loads((scratch / "home/models/ours/manifest.json").read_text())
    known = json.loads((source / "generation_config.json").read_text())["alignment_heads"]
    check("its alignment heads", sorted(manifest["architecture"]["config"]["generation"]["alignment_heads"]) == sorted(known))
    check("its name", manifest["architecture"]["variant"] == name, manifest["architecture"]["variant"])
    paths = sounds(scratch)
    expected = check.heard(source, paths)
    for model in (path, json.loads(done.stdout)["path"]):
        for sound, theirs, ours in zip(paths, expected, check.heard(model, paths), strict=True):
            check(f"{Path(model).name}: {sound.name}", theirs == ours, ours[0][:60])
    everything = scratch / "everything"
    everything.mkdir()
    torch.save(saved, everything / path.name)
    shutil.copy(source / "tokenizer.json", everything)
    (everything / "generation_config.json").write_text('{"suppress_tokens": [], "begin_suppress_tokens": []}')
    check("what may be said makes a difference", check.heard(everything / path.name, paths[:1])[0][0] != expected[0][0])
    state = saved["model_state_dict"]
    for what, changed, words in (
        ("a tensor that is none of theirs", {**state, "encoder.blocks.0.attn.gate.weight": torch.zeros(4)}, "encoder.blocks.0.attn.gate.weight"),
        ("a tensor that is missing", {n: t for n, t in state.items() if n != "decoder.blocks.1.mlp.2.weight"}, "model.decoder.layers.1.fc2.weight"),
    ):
        torch.save({"dims": saved["dims"], "model_state_dict": changed}, scratch / "changed.pt")
        check.refused(what, scratch / "changed.pt", words)
    torch.save({"dims": {**saved["dims"], "n_text_head": 5}, "model_state_dict": state}, scratch / "changed.pt")
    check.refused("heads that do not fit", scratch / "changed.pt", "5")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--models", default="tiny.en")
    arguments = parser.parse_args()
    check = Check(arguments)
    for name in arguments.models.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            check_model(check, name, Path(scratch))
    return 0 if check.well else 1


if __name__ == "__main__":
    sys.exit(main())
