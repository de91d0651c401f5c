import numpy as np

from .case import case, integers, numbers

X = numbers(4, 3, 5)
ROWS = np.int32([[2, 0], [1, 3]])
ALONG = integers(0, 3, 4, 2, 5)
DATA, INDEX, UPDATES = numbers(5, 4), np.int32([[0, 2, 1, 0], [3, 2, 4, 0]]), numbers(2, 4)
TWICE = np.int32([3, 0, 3])  # an index that comes twice


def scattered(function):
    """Updates one after the other."""
    y = DATA.copy()
    for (i, column), row in np.ndenumerate(INDEX):
        y[row, column] = function(y[row, column], UPDATES[i, column])
    return y


def added(rows, updates):
    y = DATA.copy()
    for row, update in zip(rows, updates):
        y[row] += update
    return y


def along_1(function):
    """The second row of indices' worth of updates on the columns of DATA."""
    y = DATA.copy()
    for row in range(5):
        for column in range(2):
            at = (row, [3, 1][column])
            y[at] = function(y[at], float(row - column))
    return y


COLUMNS = np.tile(np.int32([3, 1]), (5, 1))
BY_COLUMN = np.float32([[row - column for column in range(2)] for row in range(5)])

# coremltools 9.0 folds scatter_along_axis as an update whatever the mode.
CASES = [
    case("gather", {"x": X, "indices": ROWS}, X[ROWS], axis=0),
    case("gather", {"x": X, "indices": np.int32([2, 2, 0])}, X[:, [2, 2, 0]], axis=1),
    case("gather", {"x": X, "indices": np.int32([4, 1])}, X[..., [4, 1]], axis=-1),
    case("gather", {"x": integers(0, 99, 7), "indices": np.int32(3)}, integers(0, 99, 7)[3], axis=0),
    case("gather", {"x": X, "indices": integers(0, 3, 4, 2)}, np.stack([a[i] for a, i in zip(X, integers(0, 3, 4, 2))]), since=17, axis=1,
         batch_dims=1),
    case("gather_along_axis", {"x": X, "indices": ALONG}, np.take_along_axis(X, ALONG, 1), axis=1),
    case("gather_nd", {"x": X, "indices": np.int32([[3, 1], [0, 2]])}, np.stack([X[3, 1], X[0, 2]])),
    case("gather_nd", {"x": X, "indices": integers(0, 3, 4, 1)}, np.stack([a[i[0]] for a, i in zip(X, integers(0, 3, 4, 1))]), since=17,
         batch_dims=1),
    case("scatter", {"data": DATA, "indices": TWICE, "updates": numbers(3, 4)}, added(TWICE, numbers(3, 4)), axis=0, mode="add"),
    case("scatter", {"data": DATA, "indices": np.int32([3, 1]), "updates": BY_COLUMN}, along_1(lambda old, new: new), axis=1, mode="update"),
    case("scatter", {"data": DATA, "indices": np.int32([3, 1]), "updates": BY_COLUMN}, along_1(lambda old, new: old - new), axis=1, mode="sub"),
    *[
        case("scatter_along_axis", {"data": DATA, "indices": INDEX, "updates": UPDATES}, scattered(function), axis=0, mode=mode, folded=False)
        for mode, function in {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "max": np.maximum, "min": np.minimum}.items()
    ],
    case("scatter_along_axis", {"data": DATA, "indices": COLUMNS, "updates": BY_COLUMN}, along_1(lambda old, new: new), axis=1, mode="update"),
    case("scatter_nd", {"data": DATA, "indices": TWICE.reshape(3, 1), "updates": numbers(3, 4)}, added(TWICE, numbers(3, 4)), mode="add"),
    case("scatter_nd", {"data": DATA, "indices": np.int32([[4, 0]]), "updates": np.float32([7])},
         np.where(np.arange(20).reshape(5, 4) == 16, 7, DATA), mode="update"),
]
