"""Arithmetic, comparisons and conversions, element by element."""

import torch

from ..values import DTYPES, scalar


def real_div(x, y):
    return torch.true_divide(x, y) if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


def select(cond, a, b):
    return torch.where(cond.bool(), a, b)


def cast(x, dtype):
    if dtype == "bool":
        return x != 0
    if dtype in ("fp16", "fp32"):
        return x.to(torch.float32)  # the interpreter rounds it
    if x.is_floating_point():
        x = x.trunc().to(torch.int64)  # a float outside of the integer's range wraps around, as NumPy has it
    return x.to(DTYPES[dtype])


# Their kernels take `x` and `y`; PyTorch's functions call these otherwise.
BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "mod": torch.remainder,
    "floor_div": lambda x, y: torch.div(x, y, rounding_mode="floor"),
    "real_div": real_div,
    "greater": torch.gt,
    "greater_equal": torch.ge,
    "less": torch.lt,
    "less_equal": torch.le,
    "equal": torch.eq,
    "not_equal": torch.ne,
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_xor": torch.logical_xor,
}
UNARY = {
    "identity": lambda x: x,
    "abs": torch.abs,
    "sign": torch.sign,
    "square": torch.square,
    "sqrt": torch.sqrt,
    "erf": torch.erf,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "round": torch.round,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "atanh": torch.atanh,
    "logical_not": torch.logical_not,
}


def of_x_and_y(function):
    return lambda x, y: function(x, y)


def of_x(function):
    return lambda x: function(x)


KERNELS = {
    **{name: of_x_and_y(function) for name, function in BINARY.items()},
    **{name: of_x(function) for name, function in UNARY.items()},
    # The defaults are coremltools'.
    "log": lambda x, epsilon=1e-45: torch.log(x + scalar(epsilon)),
    "rsqrt": lambda x, epsilon=1e-12: torch.rsqrt(x + scalar(epsilon)),
    "inverse": lambda x, epsilon=1e-4: 1.0 / (x + scalar(epsilon)),
    "clip": lambda x, alpha, beta: x.clamp(scalar(alpha), scalar(beta)),
    "threshold": lambda x, alpha: x.clamp(min=scalar(alpha)),
    "select": select,
    "cast": cast,
}
