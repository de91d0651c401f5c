"""What computes each operation: its operands by name, as tensors, strings and lists of tensors, to a tensor or several."""

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

KERNELS = {
    **activation.KERNELS,
    **attention.KERNELS,
    **conv.KERNELS,
    **detection.KERNELS,
    **elementwise.KERNELS,
    **linear.KERNELS,
    **making.KERNELS,
    **norm.KERNELS,
    **pool.KERNELS,
    **quant.KERNELS,
    **reduction.KERNELS,
    **resize.KERNELS,
    **rows.KERNELS,
    **shaping.KERNELS,
    **slices.KERNELS,
}
