import numpy as np

from .case import case, integers, numbers

X, POSITIVE, I = numbers(2, 3, 4), np.abs(numbers(2, 3, 4)) + 0.1, integers(-9, 9, 2, 3, 4)
TIES = np.float32([[3, 1, 3, 2, 1, 3], [0, 0, 5, 5, -1, 0]])  # of equal ones the first comes first


def reduction(op, function, x=X, ints=True):
    found = [
        case(op, {"x": x}, function(x, (1, 2)), axes=[1, -1]),
        case(op, {"x": x}, np.expand_dims(function(x, (0,)), 0), axes=[0], keep_dims=True),
    ]
    return found + ([case(op, {"x": I}, function(I, (2,)).astype(np.int32), axes=[2])] if ints else [])


def stable(x, descending):
    return np.argsort(-x if descending else x, axis=-1, kind="stable").astype(np.int32)


CASES = [
    *reduction("reduce_sum", np.sum),
    *reduction("reduce_mean", np.mean, ints=False),
    *reduction("reduce_max", np.max),
    *reduction("reduce_min", np.min),
    *reduction("reduce_prod", np.prod),
    *reduction("reduce_l1_norm", lambda x, a: np.abs(x).sum(a)),
    *reduction("reduce_l2_norm", lambda x, a: np.sqrt((x**2).sum(a)), ints=False),
    *reduction("reduce_sum_square", lambda x, a: (x**2).sum(a)),
    *reduction("reduce_log_sum", lambda x, a: np.log(x.sum(a)), POSITIVE, ints=False),
    *reduction("reduce_log_sum_exp", lambda x, a: np.log(np.exp(x).sum(a)), ints=False),
    case("reduce_argmax", {"x": X}, X.argmax(1).astype(np.int32), axis=1),
    case("reduce_argmax", {"x": TIES}, TIES.argmax(-1)[:, None].astype(np.int32), axis=-1, keep_dims=True),
    case("reduce_argmin", {"x": X}, X.argmin(-1).astype(np.int32), axis=-1),
    case("argsort", {"x": X}, stable(X, True), axis=-1),
    case("argsort", {"x": X}, stable(X, False), axis=-1, ascending=True),
    case("topk", {"x": X}, (-np.sort(-X, -1)[..., :2], stable(X, True)[..., :2]), k=2, axis=-1),
    case("topk", {"x": X}, (np.sort(X, -1)[..., :3], stable(X, False)[..., :3]), k=3, axis=-1, ascending=True),
    case("topk", {"x": TIES}, (-np.sort(-TIES, -1)[:, :4], stable(TIES, True)[:, :4]), k=4, axis=1, folded=False),  # ties: not stable there
    case("topk", {"x": X}, -np.sort(-X, 1)[:, :1], since=16, k=1, axis=1, return_indices=False),
]
