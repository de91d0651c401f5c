import numpy as np
import torch
import torch.nn.functional as F

from .case import case, integers, numbers

X = numbers(2, 3, 4)
MAP = numbers(1, 8, 2, 3)
FLAG = integers(0, 2, 2, 3, 4).astype(bool)


def by_tensorflow(x, b):
    """depth_to_space: channel (row in the block, column in the block, channel)."""
    n, c, h, w = x.shape
    y = np.zeros((n, c // b // b, h * b, w * b), x.dtype)
    for i in range(b):
        for j in range(b):
            y[:, :, i::b, j::b] = x[:, (i * b + j) * (c // b // b) : (i * b + j + 1) * (c // b // b)]
    return y


def to_depth(x, b):
    return np.concatenate([x[:, :, i::b, j::b] for i in range(b) for j in range(b)], 1)


CASES = [
    case("reshape", {"x": X}, X.reshape(4, 6), shape=[4, 6]),
    case("reshape", {"x": X}, X.reshape(2, -1), shape=[2, -1]),
    case("transpose", {"x": X}, X.transpose(2, 0, 1), perm=[2, 0, 1]),
    case("transpose", {"x": FLAG}, FLAG.transpose(0, 2, 1), perm=[0, -1, -2]),
    case("expand_dims", {"x": X}, X[:, None, :, :, None], axes=[1, 4]),
    case("squeeze", {"x": numbers(1, 3, 1, 2)}, numbers(1, 3, 1, 2).reshape(3, 1, 2), axes=[0]),
    case("squeeze", {"x": numbers(1, 3, 1, 2)}, numbers(1, 3, 1, 2).reshape(3, 2), axes=[-2, 0]),
    case("flatten2d", {"x": X}, X.reshape(6, 4), axis=2),
    case("concat", {"values": [X, numbers(2, 1, 4)]}, np.concatenate([X, numbers(2, 1, 4)], 1), axis=1),
    case("concat", {"values": [X, numbers(2, 3, 2)]}, np.concatenate([X, numbers(2, 3, 2)], 2), axis=-1),
    # coremltools 9.0 folds it as if the values were not interleaved
    case("concat", {"values": [X, X + 1]}, np.stack([X, X + 1], 2).reshape(2, 6, 4), axis=1, interleave=True, folded=False),
    case("stack", {"values": [X, X + 1]}, np.stack([X, X + 1], 1), axis=1),
    case("stack", {"values": [X, X + 1]}, np.stack([X, X + 1], -1), axis=-1),
    case("split", {"x": X}, (X[..., :2], X[..., 2:]), num_splits=2, axis=-1),
    case("split", {"x": X}, (X[:, :1], X[:, 1:]), split_sizes=[1, 2], axis=1),
    case("pad", {"x": X}, np.pad(X, ((0, 0), (1, 0), (2, 3)), constant_values=0.5), pad=[1, 0, 2, 3], mode="constant", constant_val=0.5),
    case("pad", {"x": X}, np.pad(X, ((0, 0), (0, 0), (2, 3)), "reflect"), pad=[2, 3], mode="reflect"),
    case("pad", {"x": X}, np.pad(X, ((0, 0), (1, 2), (0, 3)), "edge"), pad=[1, 2, 0, 3], mode="replicate"),
    case("crop", {"x": MAP}, MAP[:, :, 1:, 1:2], crop_height=[1, 0], crop_width=[1, 1]),
    case("tile", {"x": X}, np.tile(X, (2, 1, 3)), reps=[2, 1, 3]),
    case("reverse", {"x": X}, X[::-1, :, ::-1], axes=[0, -1]),
    case("band_part", {"x": X}, np.triu(X), lower=0, upper=-1),
    case("band_part", {"x": X}, np.tril(np.triu(X, -1), 1), lower=1, upper=1),
    case("pixel_shuffle", {"x": MAP}, F.pixel_shuffle(torch.from_numpy(MAP), 2).numpy(), upscale_factor=2),
    case("depth_to_space", {"x": MAP}, by_tensorflow(MAP, 2), block_size=2),
    case("space_to_depth", {"x": numbers(1, 2, 4, 6)}, to_depth(numbers(1, 2, 4, 6), 2), block_size=2),
]
