import itertools

import numpy as np

from .case import case, numbers


def pool(x, sizes, strides, pad, out, mean=False, count_padding=True):
    """By its definition: the mean or maximum of each window; `out` sizes, which may reach beyond the padding (ceil_mode)."""
    y = np.zeros((*x.shape[:2], *out))
    for at in itertools.product(*map(range, out)):
        first = [i * s - before for i, s, before in zip(at, strides, pad[::2])]
        inside = tuple(slice(max(0, f), f + k) for f, k in zip(first, sizes))
        window = x[(..., *inside)].reshape(*x.shape[:2], -1)
        ends = [n + after for n, after in zip(x.shape[2:], pad[1::2])]
        count = np.prod([min(f + k, end) - f for f, k, end in zip(first, sizes, ends)]) if count_padding else window.shape[-1]
        y[(..., *at)] = window.sum(-1) / count if mean else window.max(-1)
    return y


def pool_case(op, x, sizes, strides, pad, out, since=15, **more):
    expected = pool(x, sizes, strides, pad, out, op == "avg_pool", not more.get("exclude_padding_from_average"))
    if "pad_type" not in more:
        more |= {"pad_type": "custom", "pad": pad}
    return case(op, {"x": x}, expected, since=since, kernel_sizes=sizes, strides=strides, **more)


def both(*arguments, **more):
    return [pool_case(op, *arguments, **more) for op in ("max_pool", "avg_pool")]


CASES = [
    *both(numbers(1, 2, 9), [3], [2], [1, 1], [5]),
    *both(numbers(1, 3, 8, 7), [2, 3], [2, 1], [0, 0, 1, 1], [4, 7]),
    *both(numbers(1, 3, 8, 8), [5, 5], [1, 1], [2, 2, 2, 2], [8, 8]),
    *both(numbers(1, 3, 8, 9), [3, 3], [2, 2], [0, 0, 0, 0], [4, 4], ceil_mode=True),
    *both(numbers(1, 3, 8, 8), [3, 3], [2, 2], [1, 1, 1, 1], [5, 5], ceil_mode=True),
    *both(numbers(1, 3, 7, 7), [2, 2], [2, 2], [1, 1, 1, 1], [4, 4], ceil_mode=True),  # no fifth: it would start in the padding
    *both(numbers(1, 3, 8, 8), [3, 3], [2, 2], [0, 0, 0, 0], [3, 3], pad_type="valid"),
    *both(numbers(1, 3, 8, 8), [3, 3], [2, 2], [0, 1, 0, 1], [4, 4], pad_type="same"),
    *both(numbers(1, 2, 4, 5, 6), [2, 2, 2], [2, 1, 2], [0, 0, 1, 0, 0, 0], [2, 5, 3]),
    pool_case("avg_pool", numbers(1, 2, 7, 7), [3, 3], [2, 2], [1, 1, 1, 1], [4, 4], exclude_padding_from_average=True),
    pool_case("max_pool", -np.abs(numbers(1, 2, 6)), [2], [2], [1, 1], [4]),  # zeros as padding would win over these
]
