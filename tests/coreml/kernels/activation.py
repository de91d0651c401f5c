"""Activations, element by element."""

import torch
import torch.nn.functional as F

from ..values import along, scalar


def gelu(x, mode="EXACT"):
    if mode == "SIGMOID_APPROXIMATION":
        return x * torch.sigmoid(1.702 * x)
    return F.gelu(x, approximate={"EXACT": "none", "TANH_APPROXIMATION": "tanh"}[mode])


def leaky_relu(x, alpha):
    return torch.where(x >= 0, x, x * scalar(alpha))


def prelu(x, alpha):
    return torch.where(x >= 0, x, x * along(alpha, 1, x.ndim))


def clamped_relu(x, alpha, beta):
    return leaky_relu(x, alpha).clamp(max=scalar(beta))


def softplus_parametric(x, alpha, beta):
    return along(alpha, 1, x.ndim) * F.softplus(x * along(beta, 1, x.ndim))


KERNELS = {
    "relu": lambda x: x.clamp(min=0),
    "relu6": lambda x: x.clamp(0, 6),
    "silu": lambda x: F.silu(x),
    "sigmoid": lambda x: torch.sigmoid(x),
    "tanh": lambda x: torch.tanh(x),
    "softplus": lambda x: F.softplus(x),
    "softsign": lambda x: F.softsign(x),
    "elu": lambda x, alpha: F.elu(x, scalar(alpha)),
    "linear_activation": lambda x, alpha, beta: x * scalar(alpha) + scalar(beta),
    "scaled_tanh": lambda x, alpha, beta: scalar(alpha) * torch.tanh(scalar(beta) * x),
    "sigmoid_hard": lambda x, alpha, beta: (x * scalar(alpha) + scalar(beta)).clamp(0, 1),
    "thresholded_relu": lambda x, alpha: torch.where(x >= scalar(alpha), x, torch.zeros_like(x)),
    "gelu": gelu,
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "clamped_relu": clamped_relu,
    "softplus_parametric": softplus_parametric,
}
