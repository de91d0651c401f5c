import numpy as np

from .case import case, numbers

CASES = [
    case("linear", {"x": numbers(3, 5)}, numbers(3, 5) @ numbers(7, 5).T + numbers(7), weight=numbers(7, 5), bias=numbers(7)),
    case("linear", {"x": numbers(2, 3, 5)}, numbers(2, 3, 5) @ numbers(7, 5).T, weight=numbers(7, 5)),
    case("matmul", {"x": numbers(2, 3, 4), "y": numbers(2, 4, 5)}, numbers(2, 3, 4) @ numbers(2, 4, 5)),
    case(
        "matmul",
        {"x": numbers(2, 4, 3), "y": numbers(5, 4)},
        numbers(2, 4, 3).transpose(0, 2, 1) @ numbers(5, 4).T,
        transpose_x=True,
        transpose_y=True,
    ),
    case("matmul", {"x": numbers(2, 1, 3, 4), "y": numbers(3, 4, 2)}, numbers(2, 1, 3, 4) @ numbers(3, 4, 2)),
    case(
        "einsum",
        {"values": [numbers(1, 3, 4, 5), numbers(1, 5, 4, 2)]},
        np.einsum("nchw,nwhu->nchu", numbers(1, 3, 4, 5), numbers(1, 5, 4, 2)),
        equation="nchw,nwhu->nchu",
    ),
]
