import numpy as np

from .case import case, numbers


def attention(query, key, value, added=0.0):
    """With the exponentials written out; `added` to the scores."""
    weights = np.exp(query @ key.swapaxes(-1, -2) / query.shape[-1] ** 0.5 + added)
    return weights / weights.sum(-1, keepdims=True) @ value


Q, K, V = numbers(1, 2, 3, 8), numbers(1, 2, 5, 8), numbers(1, 2, 5, 8, salt=1)
ATTENTION = {"query": Q, "key": K, "value": V}
KEEP = np.array([[1, 0, 1, 1, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0]], bool)
CASES = [
    case("scaled_dot_product_attention", ATTENTION, attention(Q, K, V), since=18),
    case(
        "scaled_dot_product_attention",
        {**ATTENTION, "attn_mask": numbers(1, 1, 3, 5)},
        attention(Q, K, V, numbers(1, 1, 3, 5)),
        since=18,
    ),
    case(
        "scaled_dot_product_attention",
        {**ATTENTION, "attn_mask": KEEP},
        attention(Q, K, V, np.where(KEEP, 0.0, -np.inf)),
        since=18,
    ),
]
