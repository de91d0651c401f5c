import numpy as np

from .case import case, numbers


def normalised(x, axes, epsilon):
    x = x.astype(np.float64)
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def soft(x, axis):
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


X = numbers(2, 3, 4, 5)
MEAN, VARIANCE, GAMMA, BETA = numbers(3), np.abs(numbers(3, salt=1)) + 0.5, numbers(3, salt=2), numbers(3, salt=3)


def channels(v):
    return v.reshape(3, 1, 1)


CASES = [
    case("softmax", {"x": X}, soft(X, -1)),
    case("softmax", {"x": X}, soft(X, 1), axis=1),
    case(
        "layer_norm",
        {"x": X},
        normalised(X, -1, 1e-3) * numbers(5) + numbers(5, salt=1),
        axes=[-1],
        gamma=numbers(5),
        beta=numbers(5, salt=1),
        epsilon=1e-3,
    ),
    case("layer_norm", {"x": X}, normalised(X, (2, 3), 1e-5), axes=[2, 3], epsilon=1e-5),
    case("layer_norm", {"x": X}, normalised(X, 1, 1e-5) * channels(GAMMA) + channels(BETA), axes=[1], gamma=GAMMA, beta=BETA),
    case(
        "batch_norm",
        {"x": X},
        (X - channels(MEAN)) / np.sqrt(channels(VARIANCE) + 1e-2) * channels(GAMMA) + channels(BETA),
        mean=MEAN,
        variance=VARIANCE,
        gamma=GAMMA,
        beta=BETA,
        epsilon=1e-2,
    ),
    case(
        "instance_norm",
        {"x": X},
        normalised(X, (2, 3), 1e-4) * channels(GAMMA) + channels(BETA),
        gamma=GAMMA,
        beta=BETA,
        epsilon=1e-4,
    ),
    case("l2_norm", {"x": X}, X / np.sqrt((X**2).sum((1, 2, 3), keepdims=True) + 1e-2), epsilon=1e-2),
]
