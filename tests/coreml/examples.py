"""Packages with what the cases of kernels lack: states, pictures, flexible shapes, several functions, packed weights."""

import numpy as np

from .cases.case import integers, numbers
from .making_packages import ct, function_of, get_new_symbol, mb, program_of, save
from .package import quietly, types

PICTURE, LONGEST, ROWS = 8, 16, numbers(10, 6)
KERNEL, BIAS = numbers(4, 3, 3, 3).astype(np.float16), numbers(4).astype(np.float16)
NIBBLES, SCALE = integers(0, 16, 8, 16).astype(np.uint8), np.full((8, 2), 0.125, np.float16)


def whole(path):
    """A picture is filtered and added to a memory; tokens, any number of them, are looked up. Specification version 9."""

    def body(picture, tokens, memory):
        filtered = mb.conv(x=mb.cast(x=picture, dtype="fp16"), weight=KERNEL, bias=BIAS, strides=[2, 2], pad_type="custom",
                           pad=[1, 1, 1, 1], name="filtered")
        packed = mb.constexpr_blockwise_shift_scale(data=NIBBLES.astype(types.np_uint4_dtype), scale=SCALE)
        mixed = mb.linear(x=mb.reshape(x=filtered, shape=[1, 4, 16]), weight=packed, name="mixed")
        kept = mb.coreml_update_state(state=memory, value=mb.add(x=mb.read_state(input=memory), y=mixed))
        scores = mb.cast(x=mb.softmax(x=kept, axis=-1, name="shares"), dtype="fp32", name="scores")
        return scores, mb.gather(x=ROWS, indices=tokens, axis=0, batch_dims=0, validate_indices=False, name="rows")

    some = mb.TensorSpec((1, get_new_symbol()), dtype=types.int32)
    inputs = {
        "picture": mb.TensorSpec((1, 3, PICTURE, PICTURE)),
        "tokens": some,
        "memory": mb.StateTensorSpec((1, 4, 8), dtype=types.fp16),
    }
    described = [
        ct.ImageType("picture", shape=(1, 3, PICTURE, PICTURE), color_layout=ct.colorlayout.RGB),
        ct.TensorType("tokens", shape=(1, ct.RangeDim(1, LONGEST, 4)), dtype=np.int32),
    ]
    return save(program_of(main=function_of(body, inputs, 18)), path, 18, inputs=described)


def older(path):
    """A BGR picture, a grey one of several sizes, and vectors of lengths that are listed. Specification version 7."""

    def body(colours, grey, vectors):
        return (
            mb.mul(x=colours, y=np.float32(0.5), name="darker"),
            mb.add(x=grey, y=np.float32(1), name="lighter"),
            mb.linear(x=vectors, weight=numbers(3, 5), bias=numbers(3), name="products"),
        )

    inputs = {
        "colours": mb.TensorSpec((1, 3, 2, 4)),
        "grey": mb.TensorSpec((1, 1, get_new_symbol(), get_new_symbol())),
        "vectors": mb.TensorSpec((get_new_symbol(), 5)),
    }
    described = [
        ct.ImageType("colours", shape=(1, 3, 2, 4), color_layout=ct.colorlayout.BGR),
        ct.ImageType("grey", shape=(1, 1, ct.RangeDim(2, 6, 2), ct.RangeDim(2, 6, 3)), color_layout=ct.colorlayout.GRAYSCALE),
        ct.TensorType("vectors", shape=ct.EnumeratedShapes([(2, 5), (7, 5)])),
    ]
    return save(program_of(main=function_of(body, inputs, 16)), path, 16, inputs=described)


def two_functions(path, folder):
    """`double` and `halve`, the default, of one input."""
    both = ct.utils.MultiFunctionDescriptor()
    for name, factor in (("double", 2.0), ("halve", 0.5)):

        def body(x, factor=factor):
            return mb.mul(x=x, y=np.full(12, factor, np.float32), name="y")

        function = function_of(body, {"x": mb.TensorSpec((12,))}, 18)
        part = save(program_of(main=function), folder / f"{name}.mlpackage", 18)
        both.add_function(str(part), src_function_name="main", target_function_name=name)
    both.default_function_name = "halve"
    with quietly():
        ct.utils.save_multifunction(both, str(path))
    return path


def half(path):
    """x * 1001 in float16: float16 has no 1001 * 1.5, and rounds it."""

    def body(x):
        return mb.mul(x=x, y=np.float16(1001), name="y")

    return save(program_of(main=function_of(body, {"x": mb.TensorSpec((3,), dtype=types.fp16)}, 16)), path, 16)
