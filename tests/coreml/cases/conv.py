import itertools

import numpy as np

from .case import case, numbers


def conv(x, weight, bias=None, strides=None, pad=None, dilations=None, groups=1):
    """By its definition: a sum over the positions of the kernel."""
    sizes = weight.shape[2:]
    strides, dilations = strides or [1] * len(sizes), dilations or [1] * len(sizes)
    pairs = list(zip(pad[::2], pad[1::2])) if pad else [(0, 0)] * len(sizes)
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *pairs])
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(x.shape[2:], sizes, dilations, strides)]
    y = np.zeros((x.shape[0], groups, weight.shape[0] // groups, *out))
    x = x.reshape(x.shape[0], groups, -1, *x.shape[2:])
    weight = weight.reshape(groups, -1, *weight.shape[1:])
    for at in itertools.product(*map(range, sizes)):
        window = tuple(slice(k * d, k * d + (n - 1) * s + 1, s) for k, d, s, n in zip(at, dilations, strides, out))
        y += np.einsum("ngi...,goi->ngo...", x[(..., *window)], weight[(..., *at)])
    y = y.reshape(y.shape[0], -1, *out)
    return y if bias is None else y + bias.reshape(-1, *[1] * len(out))


def conv_transpose(x, weight, bias=None, strides=None, pad=None, dilations=None, groups=1, more=0):
    """By its definition: each input is added to all outputs that it reaches; `more` outputs at the end, which the padding cut off."""
    sizes = weight.shape[2:]
    strides, dilations, pad = strides or [1] * len(sizes), dilations or [1] * len(sizes), pad or [0] * 2 * len(sizes)
    full = [(n - 1) * s + (k - 1) * d + 1 for n, k, d, s in zip(x.shape[2:], sizes, dilations, strides)]
    y = np.zeros((x.shape[0], groups, weight.shape[1], *[n + more for n in full]))
    grouped = x.reshape(x.shape[0], groups, -1, *x.shape[2:])
    weight = weight.reshape(groups, -1, *weight.shape[1:])
    for at in itertools.product(*map(range, sizes)):
        window = tuple(slice(k * d, k * d + (n - 1) * s + 1, s) for k, d, s, n in zip(at, dilations, strides, x.shape[2:]))
        y[(..., *window)] += np.einsum("ngi...,gio->ngo...", grouped, weight[(..., *at)])
    y = y.reshape(y.shape[0], -1, *y.shape[3:])
    y = y[(..., *[slice(a, n - b + more) for n, a, b in zip(full, pad[::2], pad[1::2])])]
    return y if bias is None else y + bias.reshape(-1, *[1] * len(sizes))


def conv_case(x, weight, since=15, pads_as=None, **operands):
    """`pads_as`: the padding that a pad_type stands for here."""
    explicit = {k: v for k, v in operands.items() if k not in ("pad", "pad_type")}
    expected = conv(x, weight, pad=pads_as or operands.get("pad"), **explicit)
    return case("conv", {"x": x}, expected, since=since, weight=weight, **operands)


def transposed_case(x, weight, more=0, pads_as=None, **operands):
    explicit = {k: v for k, v in operands.items() if k not in ("pad", "pad_type", "output_shape")}
    expected = conv_transpose(x, weight, pad=pads_as or operands.get("pad"), more=more, **explicit)
    return case("conv_transpose", {"x": x}, expected, weight=weight, **operands)


CASES = [
    conv_case(numbers(1, 4, 9), numbers(6, 4, 3)),
    conv_case(numbers(1, 4, 9), numbers(6, 4, 3), bias=numbers(6), strides=[2], pad_type="custom", pad=[2, 1]),
    conv_case(numbers(1, 4, 20), numbers(4, 4, 3), dilations=[3], pad_type="custom", pad=[3, 3]),
    conv_case(numbers(2, 3, 8, 7), numbers(5, 3, 3, 2), bias=numbers(5), strides=[2, 1], pad_type="custom", pad=[1, 0, 2, 1]),
    conv_case(numbers(1, 6, 8, 8), numbers(6, 1, 3, 3), groups=6, pad_type="custom", pad=[1, 1, 1, 1]),
    conv_case(numbers(1, 6, 8, 8), numbers(4, 3, 3, 3), groups=2, dilations=[2, 1]),
    conv_case(numbers(1, 2, 7, 8), numbers(3, 2, 3, 4), strides=[2, 2], pad_type="same", pads_as=[1, 1, 1, 1]),
    conv_case(numbers(1, 2, 8, 8), numbers(3, 2, 3, 3), strides=[2, 2], pad_type="same", pads_as=[0, 1, 0, 1]),
    conv_case(numbers(1, 2, 8, 8), numbers(3, 2, 3, 3), 16, strides=[2, 2], pad_type="same_lower", pads_as=[1, 0, 1, 0]),
    conv_case(numbers(1, 2, 4, 5, 6), numbers(3, 2, 2, 3, 2), pad_type="custom", pad=[1, 0, 0, 1, 1, 1]),
    case("conv", {"x": numbers(1, 2, 6), "weight": numbers(3, 2, 3)}, conv(numbers(1, 2, 6), numbers(3, 2, 3)), since=17),
    transposed_case(numbers(1, 4, 9), numbers(4, 3, 4), bias=numbers(3), strides=[2], pad_type="custom", pad=[1, 1]),
    transposed_case(numbers(1, 4, 9), numbers(4, 2, 16), strides=[8], pad_type="custom", pad=[4, 4]),
    transposed_case(numbers(1, 4, 5, 6), numbers(4, 2, 3, 3), groups=2, strides=[2, 3]),
    transposed_case(numbers(1, 4, 5), numbers(4, 2, 3), dilations=[2]),
    transposed_case(
        numbers(1, 4, 5, 5), numbers(4, 3, 3, 3), 1, strides=[2, 2], pad_type="custom", pad=[1, 1, 1, 1], output_shape=[1, 3, 10, 10]
    ),
    transposed_case(numbers(1, 2, 5, 5), numbers(2, 3, 3, 3), strides=[2, 2], pad_type="same", pads_as=[0, 1, 0, 1]),
]
