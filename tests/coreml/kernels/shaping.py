"""Operations that move elements and leave their values."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from ..values import axes_of, ints, scalar


def reshape(x, shape):
    shape = ints(shape)
    if 0 in shape and len(shape) == x.ndim and x.numel():
        shape = [n or x.shape[d] for d, n in enumerate(shape)]
    return x.reshape(shape)


def transpose(x, perm):
    return x.permute([p % x.ndim for p in ints(perm)])


def expand_dims(x, axes):
    rank = x.ndim + len(ints(axes))
    for a in sorted(a % rank for a in ints(axes)):
        x = x.unsqueeze(a)
    return x


def squeeze(x, axes=None):
    if axes is None:
        return x.squeeze()
    for a in sorted((a % x.ndim for a in ints(axes)), reverse=True):
        x = x.squeeze(a)
    return x


def flatten2d(x, axis=1):
    return x.reshape(math.prod(x.shape[: scalar(axis) % (x.ndim + 1)]), -1)


def concat(values, axis, interleave=False):
    axis = scalar(axis)
    if not scalar(interleave, False):
        return torch.cat(values, axis)
    axis %= values[0].ndim
    return torch.stack(values, axis + 1).flatten(axis, axis + 1)


def stack(values, axis):
    return torch.stack(values, scalar(axis))


def split(x, axis, num_splits=None, split_sizes=None):
    axis = scalar(axis)
    sizes = ints(split_sizes)
    if sizes is None:
        sizes = [x.shape[axis] // scalar(num_splits)] * scalar(num_splits)
    return tuple(torch.split(x, sizes, axis))


def pad(x, pad, mode="constant", constant_val=0.0):
    """The pairs are of the last dimensions, in their order (PyTorch's are in the opposite one)."""
    pairs = ints(pad)
    pairs = [(0, 0)] * (x.ndim - len(pairs) // 2) + list(zip(pairs[::2], pairs[1::2]))
    name = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}[mode]
    more = {"constant_values": scalar(constant_val, 0.0)} if name == "constant" else {}
    return torch.from_numpy(np.pad(x.numpy(), pairs, mode=name, **more))


def crop(x, crop_height, crop_width):
    for axis, (before, after) in ((-2, ints(crop_height)), (-1, ints(crop_width))):
        x = x.narrow(axis, before, x.shape[axis] - before - after)
    return x


def tile(x, reps):
    return x.repeat(ints(reps))


def reverse(x, axes=None):
    return x.flip(axes_of(axes, x.ndim))


def band_part(x, lower=-1, upper=-1):
    rows = torch.arange(x.shape[-2])[:, None]
    columns = torch.arange(x.shape[-1])[None, :]
    lower, upper = scalar(lower), scalar(upper)
    keep = torch.ones(x.shape[-2:], dtype=torch.bool)
    if lower >= 0:
        keep &= rows - columns <= lower
    if upper >= 0:
        keep &= columns - rows <= upper
    return torch.where(keep, x, torch.zeros_like(x))


def pixel_shuffle(x, upscale_factor):
    return F.pixel_shuffle(x, scalar(upscale_factor))


def depth_to_space(x, block_size):
    """TensorFlow's order: the position in the block is the slow part of the channel."""
    b = scalar(block_size)
    n, c, h, w = x.shape
    x = x.reshape(n, b, b, c // (b * b), h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, c // (b * b), h * b, w * b)


def space_to_depth(x, block_size):
    b = scalar(block_size)
    n, c, h, w = x.shape
    return x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)


KERNELS = {
    "reshape": reshape,
    "transpose": transpose,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "flatten2d": flatten2d,
    "concat": concat,
    "stack": stack,
    "split": split,
    "pad": pad,
    "crop": crop,
    "tile": tile,
    "reverse": reverse,
    "band_part": band_part,
    "pixel_shuffle": pixel_shuffle,
    "depth_to_space": depth_to_space,
    "space_to_depth": space_to_depth,
}
