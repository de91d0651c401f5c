import math

import numpy as np

from .case import case, integers, numbers

X, Y = numbers(2, 3, 4), numbers(3, 1)
I, J = integers(-9, 9, 3, 4), integers(1, 5, 4)
A, B = integers(0, 2, 3, 4).astype(bool), integers(0, 2, 4).astype(bool)
POSITIVE, UNIT = np.abs(X) + 0.1, np.tanh(X)


def binary(op, function, ints=True):
    """Of floats and of int32, broadcast."""
    return [
        case(op, {"x": X, "y": Y}, function(X, Y)),
        *([case(op, {"x": I, "y": J}, function(I, J))] if ints else []),
    ]


def unary(op, function, x=X, **constants):
    return case(op, {"x": x}, function(x), **constants)


CASES = [
    *binary("add", np.add),
    *binary("sub", np.subtract),
    *binary("mul", np.multiply),
    *binary("maximum", np.maximum),
    *binary("minimum", np.minimum),
    *binary("floor_div", np.floor_divide),
    *binary("mod", np.mod),
    *binary("greater", np.greater),
    *binary("greater_equal", np.greater_equal),
    *binary("less", np.less),
    *binary("less_equal", np.less_equal),
    *binary("equal", np.equal),
    *binary("not_equal", np.not_equal),
    case("equal", {"x": I, "y": I}, I == I),
    *binary("real_div", np.true_divide, ints=False),
    case("real_div", {"x": I, "y": J}, np.trunc(I / J).astype(np.int32)),  # as coremltools folds it
    case("pow", {"x": POSITIVE, "y": Y}, POSITIVE**Y),
    case("logical_and", {"x": A, "y": B}, A & B),
    case("logical_or", {"x": A, "y": B}, A | B),
    case("logical_xor", {"x": A, "y": B}, A ^ B),
    unary("logical_not", np.logical_not, A),
    unary("identity", np.copy),
    unary("abs", np.abs),
    unary("sign", np.sign),
    unary("square", np.square),
    unary("sqrt", np.sqrt, POSITIVE),
    unary("erf", np.vectorize(math.erf)),
    unary("exp", np.exp),
    unary("exp2", np.exp2),
    unary("floor", np.floor),
    unary("ceil", np.ceil),
    unary("round", np.round, np.float32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.4, 2.6])),  # halves to the even
    unary("sin", np.sin),
    unary("cos", np.cos),
    unary("tan", np.tan),
    unary("asin", np.arcsin, UNIT),
    unary("acos", np.arccos, UNIT),
    unary("atan", np.arctan),
    unary("sinh", np.sinh),
    unary("cosh", np.cosh),
    unary("atanh", np.arctanh, UNIT * np.float32(0.9)),
    unary("log", lambda x: np.log(x + 0.5), POSITIVE, epsilon=0.5),
    unary("rsqrt", lambda x: 1 / np.sqrt(x + 0.5), POSITIVE, epsilon=0.5),
    unary("inverse", lambda x: 1 / (x + 0.5), POSITIVE, epsilon=0.5),
    unary("clip", lambda x: np.clip(x, -0.5, 0.25), alpha=-0.5, beta=0.25),
    unary("threshold", lambda x: np.maximum(x, 0.3), alpha=0.3),
    case("select", {"cond": A, "a": numbers(3, 4), "b": numbers(3, 4, salt=1)}, np.where(A, numbers(3, 4), numbers(3, 4, salt=1))),
    unary("cast", lambda x: x.astype(np.int32), X * 3, dtype="int32"),
    unary("cast", lambda x: x.astype(np.float32), I, dtype="fp32"),
    unary("cast", lambda x: x != 0, I, dtype="bool"),
    unary("cast", lambda x: x.astype(np.float16).astype(np.float32), np.float32([0.5, -3, 1024]), dtype="fp16"),
    case("cast", {"x": np.float32([3.7, -3.7, 127])}, np.int8([3, -3, 127]), since=17, dtype="int8"),
    case("cast", {"x": np.float32([3.7, 0, 255])}, np.uint8([3, 0, 255]), since=17, dtype="uint8"),
]
