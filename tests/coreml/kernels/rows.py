"""Gathering and scattering by indices."""

import numpy as np
import torch

from ..values import scalar


def wrapped(indices, size):
    """Indices from the end are negative."""
    indices = torch.as_tensor(indices).to(torch.int64)
    return torch.where(indices < 0, indices + size, indices)


def gather(x, indices, axis=0, batch_dims=0, validate_indices=False):
    axis = scalar(axis) % x.ndim
    if scalar(batch_dims, 0):
        rest = scalar(batch_dims) - 1
        return torch.stack([gather(a, b, axis - 1, rest) for a, b in zip(x, indices)])
    index = wrapped(indices, x.shape[axis])
    picked = x.index_select(axis, index.reshape(-1))
    return picked.reshape((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]))


def gather_along_axis(x, indices, axis=0, validate_indices=False):
    axis = scalar(axis)
    return torch.gather(x, axis, wrapped(indices, x.shape[axis]))


def gather_nd(x, indices, batch_dims=0, validate_indices=False):
    if scalar(batch_dims, 0):
        rest = scalar(batch_dims) - 1
        return torch.stack([gather_nd(a, b, rest) for a, b in zip(x, indices)])
    return x[tuple(indices.to(torch.int64).movedim(-1, 0))]


# Each takes an element of the data and all updates of it, not the last one alone.
SCATTER = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "max": np.maximum, "min": np.minimum}


def scatter_into(data, index, updates, mode):
    y = data.numpy().copy()
    if mode == "update":
        y[index] = updates.numpy()
    else:
        SCATTER[mode].at(y, index, updates.numpy())
    return torch.from_numpy(y)


def scatter(data, indices, updates, axis=0, mode="add", validate_indices=False):
    axis = scalar(axis) % data.ndim
    index = (slice(None),) * axis + (wrapped(indices, data.shape[axis]).numpy(),)
    return scatter_into(data, index, updates, mode)


def scatter_along_axis(data, indices, updates, axis=0, mode="add", validate_indices=False):
    axis = scalar(axis) % data.ndim
    index = list(np.indices(indices.shape))
    index[axis] = wrapped(indices, data.shape[axis]).numpy()
    return scatter_into(data, tuple(index), updates, mode)


def scatter_nd(data, indices, updates, mode="add", validate_indices=False):
    return scatter_into(data, tuple(indices.to(torch.int64).movedim(-1, 0).numpy()), updates, mode)


KERNELS = {
    "gather": gather,
    "gather_along_axis": gather_along_axis,
    "gather_nd": gather_nd,
    "scatter": scatter,
    "scatter_along_axis": scatter_along_axis,
    "scatter_nd": scatter_nd,
}
