import numpy as np

from .case import case, integers, numbers

X = numbers(3, 5, 6)


def updated(index, values):
    y = X.copy()
    y[index] = values
    return y


CASES = [
    case("slice_by_index", {"x": X}, X[1:3, 0:4, 2:6], begin=[1, 0, 2], end=[3, 4, 6]),
    case("slice_by_index", {"x": X}, X[:, 1::2, -3:-1], begin=[0, 1, -3], end=[0, 0, -1], stride=[1, 2, 1], begin_mask=[True, False, False],
         end_mask=[True, True, False]),
    case("slice_by_index", {"x": X}, X[:, ::-1, 5:1:-2], begin=[0, 0, 5], end=[0, 0, 1], stride=[1, -1, -2],
         begin_mask=[True, True, False], end_mask=[True, True, False]),
    case("slice_by_index", {"x": X}, X[2, :, -1], begin=[2, 0, -1], end=[0, 0, 0], begin_mask=[False, True, False],
         end_mask=[False, True, False], squeeze_mask=[True, False, True]),
    case("slice_by_index", {"x": X, "begin": np.int32([1, 0, 2]), "end": np.int32([3, 4, 6])}, X[1:3, 0:4, 2:6]),
    case("slice_by_index", {"x": integers(0, 9, 4, 4)}, integers(0, 9, 4, 4)[1:, :2], begin=[1, 0], end=[4, 2]),
    case("slice_by_size", {"x": X}, X[1:3, :, 2:5], begin=[1, 0, 2], size=[2, 5, 3]),
    case("slice_by_size", {"x": X}, X[1:, 2:, :], begin=[1, 2, 0], size=[-1, -1, 6]),
    case("slice_update", {"x": X, "update": numbers(1, 5, 2)}, updated(np.s_[1:2, :, 2:4], numbers(1, 5, 2)), since=18,
         begin=[1, 0, 2], end=[2, 5, 4]),
    case("slice_update", {"x": X, "update": numbers(3, 2), "begin": np.int32([0, 0, 4]), "end": np.int32([0, 4, 5])},
         updated(np.s_[:, 0:4:2, 4], numbers(3, 2)), since=18, stride=[1, 2, 1], begin_mask=[True, False, False],
         end_mask=[True, False, False], squeeze_mask=[False, False, True]),
]
