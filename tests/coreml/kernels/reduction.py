"""Sums, means, extremes and orders along axes."""

import torch

from ..values import DTYPES, axes_of, scalar


def of_axes(function):
    def run(x, axes=None, keep_dims=False):
        return function(x, axes_of(axes, x.ndim), bool(scalar(keep_dims)))

    return run


def mean(x, axes, keep):
    if x.is_floating_point():
        return x.mean(axes, keepdim=keep)
    return x.to(torch.float64).mean(axes, keepdim=keep).trunc().to(x.dtype)


def prod(x, axes, keep):
    for a in sorted(axes, reverse=True):
        x = x.prod(a, keepdim=keep)
    return x


def reduce_argmax(x, axis=-1, keep_dims=False, output_dtype="int32"):
    return x.argmax(scalar(axis), keepdim=bool(scalar(keep_dims))).to(DTYPES[output_dtype])


def reduce_argmin(x, axis=-1, keep_dims=False, output_dtype="int32"):
    return x.argmin(scalar(axis), keepdim=bool(scalar(keep_dims))).to(DTYPES[output_dtype])


def argsort(x, axis=-1, ascending=False):
    return in_order(x, scalar(axis), scalar(ascending))[1].to(torch.int32)


def topk(x, k=1, axis=-1, ascending=False, sort=True, return_indices=True, output_indices_dtype="int32"):
    axis = scalar(axis)
    values, order = in_order(x, axis, scalar(ascending))
    k = x.shape[axis] if scalar(k) == -1 else min(scalar(k), x.shape[axis])
    values, order = values.narrow(axis, 0, k), order.narrow(axis, 0, k)
    return (values, order.to(DTYPES[output_indices_dtype])) if scalar(return_indices, True) else values


def in_order(x, axis, ascending):
    """(values, indices); of equal ones the first comes first."""
    return x.sort(dim=axis, descending=not ascending, stable=True)


REDUCTIONS = {
    "reduce_mean": mean,
    "reduce_sum": lambda x, axes, keep: x.sum(axes, keepdim=keep).to(x.dtype),
    "reduce_max": lambda x, axes, keep: x.amax(axes, keepdim=keep),
    "reduce_min": lambda x, axes, keep: x.amin(axes, keepdim=keep),
    "reduce_prod": lambda x, axes, keep: prod(x, axes, keep).to(x.dtype),
    "reduce_l1_norm": lambda x, axes, keep: x.abs().sum(axes, keepdim=keep).to(x.dtype),
    "reduce_l2_norm": lambda x, axes, keep: x.square().sum(axes, keepdim=keep).sqrt(),
    "reduce_sum_square": lambda x, axes, keep: x.square().sum(axes, keepdim=keep).to(x.dtype),
    "reduce_log_sum": lambda x, axes, keep: x.sum(axes, keepdim=keep).log(),
    "reduce_log_sum_exp": lambda x, axes, keep: x.logsumexp(axes, keepdim=keep),
}
KERNELS = {
    **{name: of_axes(function) for name, function in REDUCTIONS.items()},
    "reduce_argmax": reduce_argmax,
    "reduce_argmin": reduce_argmin,
    "argsort": argsort,
    "topk": topk,
}
