"""Resizing of pictures: samples between elements, one axis after the other."""

import numpy as np
import torch

from ..values import MilError, along, ints, scalar


def positions(mode, n_in, n_out):
    """Where along an axis of n_in elements the n_out samples lie, by `sampling_mode`."""
    i = np.arange(n_out, dtype=np.float64)
    if mode == "ALIGN_CORNERS" and n_out == 1:
        return np.array([(n_in - 1) / 2])
    if mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"):
        return i * ((n_in - 1) / (n_out - 1) if n_out > 1 else 0.0)
    if mode == "DEFAULT":
        return i * ((n_in - n_in / n_out) / (n_out - 1) if n_out > 1 else 0.0)
    if mode == "OFFSET_CORNERS":
        delta = max(1, n_in - 1) / n_out
        return 0.5 * delta + i * delta
    if mode == "UNALIGN_CORNERS":
        spacing = n_in / n_out
        return i * spacing + 0.5 * spacing - 0.5
    raise MilError(f"unknown sampling_mode {mode!r}")


def sample_linear(x, axis, at):
    n = x.shape[axis]
    at = np.clip(at, 0, n - 1)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, n - 1)
    weight = along(torch.from_numpy((at - low).astype(np.float32)), axis, x.ndim)
    first = x.index_select(axis, torch.from_numpy(low))
    second = x.index_select(axis, torch.from_numpy(high))
    return first + (second - first) * weight


def resize_axis(x, axis, n_out, interpolation, mode):
    axis %= x.ndim
    if x.shape[axis] == n_out and mode != "OFFSET_CORNERS":
        return x
    if interpolation == "NEAREST_NEIGHBOR":
        if mode != "DEFAULT":
            raise MilError(f"nearest resize with sampling_mode {mode!r} is not implemented")
        index = np.floor(np.arange(n_out) * (x.shape[axis] / n_out)).astype(np.int64)
        return x.index_select(axis, torch.from_numpy(index))
    return sample_linear(x, axis, positions(mode, x.shape[axis], n_out))


def resize_both(x, height, width, interpolation, mode):
    return resize_axis(resize_axis(x, -2, height, interpolation, mode), -1, width, interpolation, mode)


def scaled(x, factor_height, factor_width):
    return int(x.shape[-2] * scalar(factor_height)), int(x.shape[-1] * scalar(factor_width))


def upsample_nearest_neighbor(x, scale_factor_height=1, scale_factor_width=1):
    return resize_both(x, *scaled(x, scale_factor_height, scale_factor_width), "NEAREST_NEIGHBOR", "DEFAULT")


def resize_nearest_neighbor(x, target_size_height, target_size_width):
    return resize_both(x, scalar(target_size_height), scalar(target_size_width), "NEAREST_NEIGHBOR", "DEFAULT")


def upsample_bilinear(x, scale_factor_height=1, scale_factor_width=1, align_corners=True, half_pixel_centers=None):
    mode = "DEFAULT" if scalar(half_pixel_centers, True) is False else "UNALIGN_CORNERS"
    if scalar(align_corners):
        mode = "STRICT_ALIGN_CORNERS"
    return resize_both(x, *scaled(x, scale_factor_height, scale_factor_width), "LINEAR", mode)


def resize_bilinear(x, target_size_height=1, target_size_width=1, sampling_mode="DEFAULT"):
    return resize_both(x, scalar(target_size_height), scalar(target_size_width), "LINEAR", sampling_mode)


def resize(x, shape, resized_dims, interpolation_mode="LINEAR", sampling_mode="DEFAULT"):
    """The last `resized_dims` axes; a size of 0 keeps that of x."""
    shape, count = ints(shape), scalar(resized_dims)
    for d in range(-count, 0):
        x = resize_axis(x, d, shape[d] or x.shape[d], interpolation_mode, sampling_mode)
    return x


KERNELS = {
    "upsample_nearest_neighbor": upsample_nearest_neighbor,
    "resize_nearest_neighbor": resize_nearest_neighbor,
    "upsample_bilinear": upsample_bilinear,
    "resize_bilinear": resize_bilinear,
    "resize": resize,
}
