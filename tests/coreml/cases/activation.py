import math

import numpy as np

from .case import case, numbers

X, MAP = numbers(2, 3, 5) * 3, numbers(1, 3, 2, 4)
ERF = np.vectorize(math.erf)
ALPHA, BETA = np.float32([0.1, 0.7, 1.5]), np.float32([1.0, 0.5, 2.0])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def one(op, expected, **constants):
    return case(op, {"x": X}, expected, **constants)


CASES = [
    one("relu", np.where(X > 0, X, 0)),
    one("relu6", np.minimum(np.maximum(X, 0), 6)),
    one("silu", X * sigmoid(X)),
    one("sigmoid", sigmoid(X)),
    one("tanh", np.tanh(X)),
    one("softplus", np.log1p(np.exp(X))),
    one("softsign", X / (1 + np.abs(X))),
    one("elu", np.where(X > 0, X, 0.7 * np.expm1(X)), alpha=0.7),
    one("linear_activation", 0.3 * X + 2, alpha=0.3, beta=2.0),
    one("scaled_tanh", 1.7 * np.tanh(0.6 * X), alpha=1.7, beta=0.6),
    one("sigmoid_hard", np.clip(0.2 * X + 0.5, 0, 1), alpha=0.2, beta=0.5),
    one("thresholded_relu", np.where(X >= 0.4, X, 0), alpha=0.4),
    one("gelu", X * 0.5 * (1 + ERF(X / math.sqrt(2))), mode="EXACT"),
    one("gelu", X * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))), mode="TANH_APPROXIMATION"),
    one("gelu", X * sigmoid(1.702 * X), mode="SIGMOID_APPROXIMATION"),
    one("leaky_relu", np.where(X > 0, X, 0.1 * X), alpha=0.1),
    case("prelu", {"x": MAP}, np.where(MAP > 0, MAP, ALPHA.reshape(3, 1, 1) * MAP), alpha=ALPHA),
    one("clamped_relu", np.minimum(np.where(X > 0, X, 0.3 * X), 1.5), alpha=0.3, beta=1.5),
    case("softplus_parametric", {"x": MAP}, ALPHA.reshape(3, 1, 1) * np.log1p(np.exp(BETA.reshape(3, 1, 1) * MAP)), alpha=ALPHA, beta=BETA),
]
