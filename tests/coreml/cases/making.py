import numpy as np

from .case import case, integers, numbers

X = numbers(3, 4)
IDS = integers(0, 5, 2, 3)


def hot(on, off):
    return np.where(IDS[..., None] == np.arange(5), on, off)


# coremltools 9.0 fails to fold an exclusive cumsum.
CASES = [
    case("fill", {"shape": np.int32([2, 3])}, np.full((2, 3), 1.5, np.float32), value=1.5),
    case("fill_like", {"ref_tensor": X}, np.full((3, 4), 2, np.float32), since=16, value=2.0),
    case("range_1d", {"end": np.int32([9]).reshape(()), "start": np.int32(2), "step": np.int32(3)}, np.int32([2, 5, 8])),
    case("range_1d", {"end": np.float32(2), "start": np.float32(0), "step": np.float32(0.5)}, np.float32([0, 0.5, 1, 1.5])),
    case("shape", {"x": X}, np.int32([3, 4])),
    case("one_hot", {"indices": IDS}, hot(1, 0).astype(np.int32), one_hot_vector_size=5),
    case("one_hot", {"indices": IDS}, hot(2.0, -1.0).transpose(0, 2, 1).astype(np.float32), one_hot_vector_size=5, axis=1, on_value=2.0,
         off_value=-1.0),
    case("non_zero", {"x": np.float32([[0, 1, 0], [2, 0, 3]])}, np.int32([[0, 1], [1, 0], [1, 2]])),
    case("cumsum", {"x": X}, X.cumsum(0), axis=0),
    case("cumsum", {"x": X}, X.cumsum(1) - X, axis=1, exclusive=True, folded=False),
    case("cumsum", {"x": X}, X[:, ::-1].cumsum(1)[:, ::-1], axis=-1, reverse=True),
    case("cumsum", {"x": X}, X[::-1].cumsum(0)[::-1] - X, axis=0, reverse=True, exclusive=True, folded=False),
    case("cumsum", {"x": integers(-3, 9, 3, 4)}, integers(-3, 9, 3, 4).cumsum(1).astype(np.int32), axis=1),
]
