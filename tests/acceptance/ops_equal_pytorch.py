#!/usr/bin/env python3
"""Every op of the reference backend computes what PyTorch computes.

    ops_equal_pytorch.py [--tests PROGRAM] [--self-test]

Reads the cases of tests/ops/*.test with the reference's results from `lp-op-tests --values`. An op that no
function here names is a failure. `--self-test`: with one attribute or input changed the comparison fails.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import tensor_file
import torch
import torch.nn.functional as F

LIMIT = 2e-6  # relative RMS: the reference sums in double and rounds once; PyTorch sums in f32


def attention(q, k, v, length=None, *, heads, causal):
    b, s, _ = q.shape
    t = k.shape[1]
    q, k, v = (x.reshape(b, -1, heads, x.shape[2] // heads).transpose(1, 2) for x in (q, k, v))
    lengths = torch.full((b,), t) if length is None else length.long()
    limit = lengths[:, None].expand(b, s)
    if causal:
        limit = limit - s + torch.arange(s)[None] + 1
    seen = torch.arange(t)[None, None] < limit[:, :, None]
    scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5  # PyTorch has it as one function from 2.0 on only
    y = torch.nan_to_num(scores.masked_fill(~seen[:, None], -torch.inf).softmax(3), nan=0.0) @ v
    return y.transpose(1, 2).reshape(b, s, -1)


def append(state, x, at):
    state = state.clone()
    for row, position in enumerate(at.long()):
        state[row, position : position + x.shape[1]] = x[row]
    return state


def dfl_boxes(x, *, bins, stride):
    n, _, h, w = x.shape
    sides = (x.reshape(n, 4, bins, h * w).softmax(2) * torch.arange(bins)[:, None]).sum(2)
    cell = torch.arange(h * w)
    centre = torch.stack((cell % w + 0.5, cell // w + 0.5))
    low, high = centre - sides[:, :2], centre + sides[:, 2:]
    return torch.cat(((low + high) / 2, high - low), 1) * stride


def relative_attention(q, k, v, ask, near, *rest, heads):
    found, length = (next((x for x in rest if x.dim() == dim), None) for dim in (2, 1))
    b, s, d = q.shape
    q, k, v, ask = (x.reshape(b, s, heads, -1).transpose(1, 2) for x in (q, k, v, ask))
    reach = (near.shape[0] - 1) // 2
    distance = torch.arange(s)[None] - torch.arange(s)[:, None] + reach
    inside = (distance >= 0) & (distance <= 2 * reach)

    def by_distance(table):  # [heads, query, key, width], zeros beyond the table
        rows = table.reshape(-1, heads, d // heads).transpose(0, 1)[:, distance.clamp(0, 2 * reach)]
        return rows * inside[None, :, :, None]

    scores = q @ k.mT + torch.einsum("bhqw,hqkw->bhqk", ask, by_distance(near))
    lengths = torch.full((b,), s) if length is None else length.long()
    seen = torch.arange(s)[None] < lengths[:, None]
    weights = (scores / (d // heads) ** 0.5).masked_fill(~seen[:, None, None], -torch.inf).softmax(3)
    y = weights @ v
    if found is not None:
        y = y + torch.einsum("bhqk,hqkw->bhqw", weights, by_distance(found))
    return y.transpose(1, 2).reshape(b, s, d)


def rational_spline(x, how, *, bins, bound, inverse):
    """Durkan et al. 2019, arXiv:1906.04032, with gather and masks as one writes it in PyTorch."""
    how = how.reshape(*x.shape, 3 * bins - 1).double()
    given, x = x.double(), x.double().clamp(-bound, bound)

    def knots(sizes):
        sizes = 1e-3 + (1 - 1e-3 * bins) * sizes.softmax(-1)
        ends = F.pad(sizes.cumsum(-1), (1, 0)) * 2 * bound - bound
        ends[..., -1] = bound
        return ends

    xs, ys = knots(how[..., :bins]), knots(how[..., bins : 2 * bins])
    slopes = F.pad(1e-3 + F.softplus(how[..., 2 * bins :]), (1, 1), value=1.0)
    at = ((x[..., None] >= (ys if inverse else xs)[..., 1:-1]).sum(-1))[..., None]
    x0, x1, y0, y1, d0, d1 = (t.gather(-1, i)[..., 0] for t, i in ((xs, at), (xs, at + 1), (ys, at), (ys, at + 1), (slopes, at), (slopes, at + 1)))
    s = (y1 - y0) / (x1 - x0)
    if inverse:
        bent = (x - y0) * (d0 + d1 - 2 * s)
        a, b, c = (y1 - y0) * (s - d0) + bent, (y1 - y0) * d0 - bent, -s * (x - y0)
        y = 2 * c / (-b - (b * b - 4 * a * c).sqrt()) * (x1 - x0) + x0
    else:
        t = (x - x0) / (x1 - x0)
        y = y0 + (y1 - y0) * (s * t * t + d0 * t * (1 - t)) / (s + (d0 + d1 - 2 * s) * t * (1 - t))
    return torch.where(given.abs() <= bound, y, given).float()


def mask_rows(x, length, *, times):
    return x * (torch.arange(x.shape[1])[None] < times * length.long()[:, None])[..., None]


def gate(x, *, of):
    return torch.tanh(x.chunk(2, -1)[0]) * torch.sigmoid(x.chunk(2, -1)[1]) if of == "tanh" else F.glu(x, -1)


AXES = {1: "d", 2: "sd", 3: "bsd", 4: "nchw"}  # as tests/ops/*.test call them


def axis(x, letter):
    return AXES[x.dim()].index(letter)


def gelu(x, *, approximate):
    return x * torch.sigmoid(1.702 * x) if approximate == "sigmoid" else F.gelu(x, approximate=approximate)


def quantize(x, smoothing=None, *, low, high):
    low, high = min(low, 0.0), max(high, 0.0)
    scale = float(torch.tensor((high - low) / 255, dtype=torch.float32))
    factors = torch.ones(1) if smoothing is None else smoothing
    return torch.fake_quantize_per_tensor_affine(x * factors, scale, round(-low / scale), 0, 255) / factors


def log_range(x, *, floor, range):
    logs = x.clamp(min=floor).log10()
    return torch.maximum(logs, logs.amax((1, 2), keepdim=True) - range)


def mean_rows(x, length=None):
    lengths = torch.full((x.shape[0],), x.shape[1]) if length is None else length.long()
    rows = [x[i, : int(n)].mean(0) if n > 0 else torch.zeros(x.shape[2]) for i, n in enumerate(lengths)]
    return torch.stack(rows)


def unflatten(x, *, axis, first, second, size):
    at = AXES[x.dim()].index(axis)
    return x.reshape(*x.shape[:at], size, -1, *x.shape[at + 1 :])


def repeat(x, *, axis, times):
    sizes = list(x.shape)
    sizes[AXES[x.dim()].index(axis)] = times
    return x.expand(sizes)


FUNCTIONS = {
    "add": torch.add,
    "append": append,
    "attention": attention,
    "concat": lambda *parts, axis: torch.cat(parts, AXES[parts[0].dim()].index(axis)),
    "conv1d": lambda x, weight, bias=None, **how: F.conv1d(x.mT, weight, bias, **how).mT,
    "conv_transpose1d": lambda x, weight, bias=None, **how: F.conv_transpose1d(x.mT, weight, bias, **how).mT,
    "conv2d": lambda x, weight, bias=None, **how: F.conv2d(x, weight, bias, **how),
    "conv_transpose2d": lambda x, weight, bias=None: F.conv_transpose2d(x, weight, bias, stride=weight.shape[2:]),
    "dfl_boxes": dfl_boxes,
    "exp": torch.exp,
    "flatten": lambda x, *, first, last, into: x.flatten(axis(x, first), axis(x, last)),
    "flip": lambda x, **how: x.flip(axis(x, how["axis"])),
    "gate": gate,
    "gather": lambda weight, ids: F.embedding(ids.long(), weight),
    "gelu": gelu,
    "l2_normalize": lambda x, *, epsilon: F.normalize(x, dim=-1, eps=epsilon),
    "layer_norm": lambda x, weight, bias, *, epsilon: F.layer_norm(x, x.shape[-1:], weight, bias, epsilon),
    "leaky_relu": lambda x, *, slope: F.leaky_relu(x, slope),
    "linear": F.linear,
    "log_range": log_range,
    "mask_rows": mask_rows,
    "max_pool2d": lambda x, *, kernel, stride, padding: F.max_pool2d(x, kernel, stride, padding),
    "mean_rows": mean_rows,
    "multiply": torch.mul,
    "quantize": quantize,
    "rational_spline": rational_spline,
    "relative_attention": relative_attention,
    "reorder": lambda state, rows: state[rows.long()],
    "repeat": repeat,
    "resize_cubic": lambda x, *, height, width, antialias: F.interpolate(
        x, size=(height, width), mode="bicubic", align_corners=False, antialias=bool(antialias)
    ),
    "resize_nearest": lambda x, *, factor: F.interpolate(x, scale_factor=factor, mode="nearest"),
    "sigmoid": torch.sigmoid,
    "relu": F.relu,
    "silu": F.silu,
    "slice": lambda x, *, axis, **part: x.narrow(AXES[x.dim()].index(axis), part["from"], part["size"]),
    "tanh": torch.tanh,
    "take_row": lambda x, at: x[torch.arange(x.shape[0]), at.long()],
    "transpose": lambda x, *, order: x.permute([axis(x, letter) for letter in order.split(",")]),
    "unflatten": unflatten,
}


def attribute(text):
    """What attribute text says: a whole number, a real one or a word."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text.strip('"')


def read_cases(program):
    """{case: (op, attributes, inputs in order, result of the reference)}"""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "values.safetensors")
        files = sorted(str(path) for path in (common.ROOT / "tests/ops").glob("*.test"))
        subprocess.run([program, *files, "--values", made], check=True)
        arrays, metadata = tensor_file.read(made)
        tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    cases = {}
    for case, call in metadata.items():
        op, *words = call.split()
        attributes = {name: attribute(text) for name, text in (word.split("=", 1) for word in words)}
        inputs = {name.removeprefix(case + "."): x for name, x in tensors.items() if name.startswith(case + ".")}
        cases[case] = (op, attributes, inputs, inputs.pop("->"))
    return cases


ORDER = ("x", "y", "q", "k", "v", "ask", "near", "found", "how", "part", "more", "state", "weight", "ids", "bias", "smoothing", "at", "rows", "length")


def difference(case, change=lambda inputs: inputs):
    op, attributes, inputs, expected = case
    ordered = [inputs[name] for name in sorted(inputs, key=ORDER.index)]
    if op == "append":
        ordered = [inputs["state"], inputs["x"], inputs["at"]]
    found = FUNCTIONS[op](*change(ordered), **attributes).float()
    if found.shape != expected.shape:
        return float("inf")
    return float((found - expected).pow(2).mean().sqrt() / expected.pow(2).mean().sqrt().clamp_min(1e-12))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tests", default=common.ROOT / "build/release/bin/lp-op-tests")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    cases = read_cases(arguments.tests)
    failures, worst, ops = 0, 0.0, set()
    for name, case in cases.items():
        if case[0] not in FUNCTIONS:
            print(f"FAILED {name}: no PyTorch function for {case[0]} in this script")
            failures += 1
            continue
        ops.add(case[0])
        error = difference(case)
        worst = max(worst, error)
        if not error <= LIMIT:
            print(f"FAILED {name} ({case[0]}): relative RMS {error:.3g}, allowed {LIMIT:.0e}")
            failures += 1
    print(f"{len(cases)} cases of {len(ops)} ops, worst relative RMS {worst:.2g}, {failures} failures")
    if arguments.self_test:
        large = [
            name
            for name, (op, _, inputs, _) in cases.items()
            if op in ("conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "attention", "relative_attention", "rational_spline", "dfl_boxes") and max(x.numel() for x in inputs.values()) > 100
        ]

        def turn(given):
            return [given[0].flip(tuple(range(given[0].dim()))), *given[1:]]

        unnoticed = [name for name in large if difference(cases[name], turn) <= LIMIT]
        print(f"self-test: of {len(large)} cases with their first input turned around, unnoticed: {unnoticed}")
        failures += len(unnoticed) if large else 1
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
