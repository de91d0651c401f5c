"""Products of matrices."""

import torch
import torch.nn.functional as F

from ..values import scalar


def linear(x, weight, bias=None):
    return F.linear(x, weight, bias)


def matmul(x, y, transpose_x=False, transpose_y=False):
    if scalar(transpose_x, False) and x.ndim > 1:
        x = x.transpose(-1, -2)
    if scalar(transpose_y, False) and y.ndim > 1:
        y = y.transpose(-1, -2)
    return torch.matmul(x, y)


def einsum(values, equation):
    return torch.einsum(equation, *values)


KERNELS = {"linear": linear, "matmul": matmul, "einsum": einsum}
