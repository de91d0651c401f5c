#!/usr/bin/env python3
"""PyTorch's own files: weights equal bit for bit, Ultralytics' YOLOv8 equal in its answers, no program run.

    torch_files.py [--program PROGRAM] [--values PROGRAM] [--tensors PROGRAM]

State dicts of every element type, views and pickle protocol are read as PyTorch reads them. A YOLOv8n with
batch norms, saved whole as Ultralytics does, is converted; boxes and scores, and every block, differ from
PyTorch's by a relative RMS below 1e-5. Checkpoints that would run a program are refused by what they call;
PyTorch runs one of them, to show that they would.
"""

import argparse
import collections
import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import bad_files
import common
import numpy as np
import safetensors.torch
import torch
import ultralytics_model
import values
from blocks_equal_pytorch import F32_LIMIT, block_errors

LABELS = {0: "cat", 1: "dog's", 2: 'a "big"\\ thing', 3: "Fuß"}
SIZE = 96  # pixels; the smaller, the fewer values stand between ours and PyTorch's
TYPES = ("float32", "float16", "bfloat16", "float64", "int8", "uint8", "int16", "int32", "int64", "bool")


class Checks:
    def __init__(self, arguments, folder):
        self.arguments, self.folder, self.passed, self.failed = arguments, folder, 0, 0

    def check(self, what, holds, more=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'}  {what}{f': {more}' if more else ''}", flush=True)

    def run(self, *command):
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)

    def read(self, saved, name, **how):
        """The tensors and metadata that our program reads of what torch.save writes."""
        path, out = self.folder / f"{name}.pt", self.folder / "read.safetensors"
        torch.save(saved, path, **how)
        done = self.run(self.arguments.tensors, path, "--output", out)
        if done.returncode:
            return done.stderr.strip(), {}
        return safetensors.torch.load_file(out), json.loads(done.stdout)

    def convert(self, path, *options):
        """The GGUF made of a file."""
        home = self.folder / "home"
        done = self.run(
            self.arguments.program, "convert", path, "--offline", "--home", home, "--json", *options
        )
        return done, json.loads(done.stdout) if done.stdout else {}


def same(found, expected):
    """Why two {name: tensor} differ; "" if they are equal bit for bit."""
    if not isinstance(found, dict):
        return found
    if found.keys() != expected.keys():
        return f"names differ: {sorted(found.keys() ^ expected.keys())[:5]}"
    for name, tensor in expected.items():
        ours, theirs = found[name], tensor.detach().contiguous()
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            return f"{name} is {ours.dtype} {list(ours.shape)}, not {theirs.dtype} {list(theirs.shape)}"
        raw = [
            part.reshape(-1).view(torch.uint8).numpy().tobytes() if part.numel() else b""
            for part in (ours, theirs)
        ]
        if raw[0] != raw[1]:
            return f"{name} has other values"
    return ""


def drawn_state():
    """Tensors of every type, views of each other, tied ones, empty ones."""
    generator = torch.Generator().manual_seed(1)
    base = torch.randn(6, 5, 4, generator=generator)
    state = {
        f"of.{name}": (torch.randn(3, 4, generator=generator) * 50).to(getattr(torch, name)) for name in TYPES
    }
    state |= {
        "part": base[2:4],
        "columns": base[:, 1:3],
        "steps": base[::2, :, ::3],
        "turned": base.permute(2, 0, 1),
        "matrix.t": base[0].t(),
        "channels_last": torch.randn(2, 3, 4, 5, generator=generator).contiguous(
            memory_format=torch.channels_last
        ),
        "tied": base,
        "tied.too": base,
        "half.part": torch.randn(9, generator=generator).half()[3:7],
        "scalar": torch.tensor(2.5),
        "one": torch.zeros(1).expand(1, 1, 1),
        "none": torch.zeros(0, 4),
    }
    return state


class Block(torch.nn.Module):
    """Modules in modules, buffers kept and not, a parameter that is none."""

    def __init__(self, depth):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4, eps=0.5)
        )
        self.fc = torch.nn.Linear(4, 2)
        self.register_buffer("kept", torch.arange(3))
        self.register_buffer("scratch", torch.arange(3), persistent=False)
        self.register_parameter("absent", None)
        if depth:
            self.inner = Block(depth - 1)


def state_checks(checks):
    state = drawn_state()
    for protocol in (2, 3, 4, 5):
        found, _ = checks.read(state, f"state-{protocol}", pickle_protocol=protocol)
        checks.check(
            f"{len(state)} tensors of a state dict, protocol {protocol}",
            not same(found, state),
            same(found, state),
        )
    for key in ("state_dict", "model", "ema", "model_state_dict", "params"):
        found, _ = checks.read({"epoch": 3, key: state, "optimizer": {"state": {0: torch.ones(3)}}}, key)
        checks.check(f"a state dict under `{key}`", not same(found, state), same(found, state))
    found, _ = checks.read({"model": drawn_state(), "ema": {"w": state["part"]}}, "both")
    checks.check("`ema` goes before `model`", not same(found, {"w": state["part"]}))

    # Under a name that the reader takes for modules of old YOLO files: this script's own is not among them.
    Block.__module__ = "models.block"
    sys.modules["models.block"] = sys.modules[__name__]
    sys.modules["models"] = sys.modules[__name__]
    block = Block(5)
    block.fc.weight.note = "tensors may have attributes"
    for name, saved in {"module": block, "module-in-a-dict": {"model": block}}.items():
        found, _ = checks.read(saved, name)
        checks.check(
            f"{name}: the names and values of its state_dict",
            not same(found, block.state_dict()),
            same(found, block.state_dict()),
        )
    odd = {
        "w": torch.ones(2),
        "n": np.float64(3),
        "best": np.ones((2, 3)),
        "o": collections.OrderedDict(a=1),
        "path": Path("x"),
        "s": {1, 2},
        "arguments": argparse.Namespace(lr=0.1),
        "type": torch.float16,
        "device": torch.device("cpu"),
        "size": torch.Size([1]),
    }
    found, _ = checks.read(odd, "odd")
    checks.check(
        "results and arguments of a training beside the weights",
        not same(found, {"w": odd["w"]}),
        same(found, {"w": odd["w"]}),
    )


def drawn_yolo():
    """Ultralytics' YOLOv8n with batch norms that change every channel, as a training leaves them."""
    torch.manual_seed(2)
    model = ultralytics_model.tasks.DetectionModel("yolov8n.yaml", nc=len(LABELS), verbose=False)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
            torch.nn.init.normal_(module.running_mean, 0, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.01, 1)
            module.num_batches_tracked += 7
    model.names, model.task = dict(LABELS), "detect"
    model.args = {"imgsz": 640, "task": "detect"}
    return model.eval()


def run_folded(model, images):
    """The outputs of all modules; what stands under a convolution's name is what its norm makes of it."""
    found = ultralytics_model.run(model, images)
    norms = [name for name in found if name.endswith(".bn")]
    return found | {name.removesuffix("bn") + "conv": found[name] for name in norms}


def yolo_checks(checks):
    arguments, model = checks.arguments, drawn_yolo()
    images = np.random.default_rng(3).random((1, 3, SIZE, SIZE), np.float32)
    about = {
        "epoch": -1,
        "train_args": {"imgsz": [96, 96], "task": "detect"},
        "version": "8.3.252",
        "license": "AGPL-3.0 License",
        "best_fitness": np.float64(0.5),
        "optimizer": None,
    }
    files = {
        "whole-half": {"model": copy.deepcopy(model).half(), "ema": None, **about},
        "ema-half": {"model": None, "ema": copy.deepcopy(model).half(), **about},
        "whole": {"model": model, **about},
        "state-dict": model.state_dict(),
    }
    for name, saved in files.items():
        path = checks.folder / f"yolo-{name}.pt"
        torch.save(saved, path)
        done, made = checks.convert(path)
        checks.check(f"{name}: convert", done.returncode == 0, done.stderr.strip())
        if done.returncode:
            continue
        wanted = copy.deepcopy(model).half().float() if name.endswith("half") else model
        expected = run_folded(wanted, images)
        for source, runtime in ((made["path"], "onednn"), (made["path"], "reference"), (path, "onednn")):
            found = values.of_program(arguments.values, source, {"images": images}, "--runtime", runtime)
            errors = block_errors(found, expected)
            worst = max(errors, key=errors.get)
            what = f"{name}, {'as it is' if source == path else 'converted'}, {runtime}"
            checks.check(
                f"{what}: {len(errors)} values, output included, within {F32_LIMIT:g} of PyTorch's",
                len(errors) > 120 and errors[worst] < F32_LIMIT,
                f"worst {errors[worst]:.1e}, {worst}",
            )
        stored = checks.run(arguments.tensors, made["path"], "--output", checks.folder / "stored.safetensors")
        stored_tensors = safetensors.torch.load_file(checks.folder / "stored.safetensors")
        plain = {
            n: t.float()
            for n, t in wanted.state_dict().items()
            if n.startswith("model.22.cv") and ".2." in n and n.count(".") == 5
        }
        difference = same({n: stored_tensors.get(n) for n in plain}, plain)
        checks.check(
            f"{name}: {len(plain)} tensors without a norm behind them keep their bits",
            len(plain) == 12 and not difference,
            difference,
        )
        told = json.loads(stored.stdout)
        labels = list(LABELS.values()) if name != "state-dict" else [f"class {i}" for i in range(len(LABELS))]
        size = 96 if name != "state-dict" else 640
        checks.check(
            f"{name}: labels, size and licence",
            told["lp.labels"] == labels
            and told["lp.image_size"] == size
            and told["general.license"] == ("AGPL-3.0 License" if name != "state-dict" else ""),
            str(told) if told["lp.labels"] != labels else "",
        )
    path = checks.folder / "yolo-whole.pt"
    shown = checks.run(arguments.program, "show", path, "--offline", "--home", checks.folder / "home")
    checks.check("show FILE.pt", shown.returncode == 0 and "yolov8" in shown.stdout, shown.stderr.strip())

    # A comparison that cannot fail shows nothing: the same weights with another eps.
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = 1.1e-3
    found = values.of_program(arguments.values, path, {"images": images}, "--runtime", "onednn")
    errors = block_errors(found, run_folded(model, images))
    checks.check(
        "another eps is noticed", errors["model.0"] > F32_LIMIT and errors["output, scores"] > F32_LIMIT
    )


def hostile_checks(checks):
    marker = checks.folder / "a-pickle-was-run"
    for name, (data, wanted) in bad_files.hostile_calls(marker).items():
        path = checks.folder / f"{name}.pt"
        path.write_bytes(data)
        done, _ = checks.convert(path)
        refused = done.returncode == 1 and f"{name}.pt: it would call `{wanted}`; " in done.stderr
        checks.check(
            f"{name}: refused by its name, `{wanted}`",
            refused and not marker.exists(),
            done.stderr.strip()[:200] if not refused else "",
        )
    torch.load(checks.folder / "call-reduce.pt", weights_only=False)
    checks.check("PyTorch itself runs call-reduce.pt", marker.exists())

    torch.save({"w": torch.ones(2)}, checks.folder / "old.pt", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), checks.folder / "script.pt")
    torch.save({"w": torch.ones(2, dtype=torch.complex64)}, checks.folder / "complex.pt")
    torch.save({"w": torch.zeros(1).expand(5)}, checks.folder / "expanded.pt")
    torch.save({"w": torch.ones(2)}, checks.folder / "other.pt")
    for name, words in {
        "old": "in the form that PyTorch wrote before 1.6; torch.load it and torch.save it again",
        "script": "a TorchScript program, not a checkpoint; save the model's state_dict by torch.save",
        "complex": "lies in a torch.ComplexFloatStorage, which this program does not read",
        "expanded": "its elements overlap; save a contiguous copy",
        "other": "of no model family that this program knows",
    }.items():
        done, _ = checks.convert(checks.folder / f"{name}.pt")
        said = done.stderr.strip()
        checks.check(
            f"{name}: one sentence",
            done.returncode == 1 and len(said.splitlines()) == 1 and words in said,
            said,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--values", default=common.VALUES)
    parser.add_argument("--tensors", default=common.VALUES.with_name("lp-tensors"))
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(parser.parse_args(), Path(folder))
        state_checks(checks)
        yolo_checks(checks)
        hostile_checks(checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
