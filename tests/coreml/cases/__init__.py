"""What every kernel is compared with, by family."""

from . import (
    activation,
    attention,
    conv,
    detection,
    elementwise,
    linear,
    making,
    norm,
    pool,
    quant,
    reduction,
    resize,
    rows,
    shaping,
    slices,
)

FAMILIES = {
    "activation": activation.CASES,
    "attention": attention.CASES,
    "conv": conv.CASES,
    "detection": detection.CASES,
    "elementwise": elementwise.CASES,
    "linear": linear.CASES,
    "making": making.CASES,
    "norm": norm.CASES,
    "pool": pool.CASES,
    "quant": quant.CASES,
    "reduction": reduction.CASES,
    "resize": resize.CASES,
    "rows": rows.CASES,
    "shaping": shaping.CASES,
    "slices": slices.CASES,
}
