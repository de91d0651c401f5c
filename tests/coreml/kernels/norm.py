"""Normalisation, and softmax."""

import torch
import torch.nn.functional as F

from ..values import along, axes_of, scalar


def batch_norm(x, mean, variance, gamma=None, beta=None, epsilon=1e-5):
    y = (x - along(mean, 1, x.ndim)) / torch.sqrt(along(variance, 1, x.ndim) + scalar(epsilon))
    y = y if gamma is None else y * along(gamma, 1, x.ndim)
    return y if beta is None else y + along(beta, 1, x.ndim)


def instance_norm(x, gamma=None, beta=None, epsilon=1e-5):
    return F.instance_norm(x, weight=gamma, bias=beta, eps=scalar(epsilon))


def layer_norm(x, axes=None, gamma=None, beta=None, epsilon=1e-5):
    axes = sorted(axes_of(axes, x.ndim))
    centred = x - x.mean(axes, keepdim=True)
    y = centred / torch.sqrt(centred.square().mean(axes, keepdim=True) + scalar(epsilon))
    shape = [n if d in axes else 1 for d, n in enumerate(x.shape)]
    y = y if gamma is None else y * gamma.reshape(shape)
    return y if beta is None else y + beta.reshape(shape)


def l2_norm(x, epsilon=1e-6):
    axes = list(range(max(0, x.ndim - 3), x.ndim))
    return x / torch.sqrt(x.square().sum(axes, keepdim=True) + scalar(epsilon))


def softmax(x, axis=-1):
    return torch.softmax(x, scalar(axis))


KERNELS = {
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "l2_norm": l2_norm,
    "softmax": softmax,
}
