import numpy as np

from ..package import types
from .case import case, integers, numbers

X = numbers(4, 6)
SCALES, ZEROS = np.float32([0.1, 0.02, 0.5, 1.0]), np.int8([0, 3, -5, 100])
STORED = integers(-128, 128, 4, 6).astype(np.int8)
BYTES = integers(0, 256, 4, 6).astype(np.uint8)
NIBBLES = integers(0, 16, 4, 6).astype(np.uint8)
MASK = integers(0, 2, 4, 6).astype(np.uint8)
TABLE = numbers(2, 1, 8, 1)  # two tables of 8, for two rows each
PAIRS = numbers(1, 1, 4, 2)  # a table of 4 vectors of 2


def column(v):
    return v.reshape(4, 1)


def packed(values, bits):
    return np.packbits((values.reshape(-1, 1) >> np.arange(bits)) & 1, bitorder="little")


def weight(op, expected, since=16, until=18, **operands):
    """A weight of 4x6 that is stored packed."""
    return case(op, {}, expected.astype(np.float32), since=since, until=until, folded=False, **operands)


U4, I4, U3, U2, U1 = types.np_uint4_dtype, types.np_int4_dtype, types.np_uint3_dtype, types.np_uint2_dtype, types.np_uint1_dtype
BLOCKS = np.repeat(numbers(4, 2), 3, axis=1)  # of 3 columns each
OFFSETS = integers(0, 16, 4, 2).astype(np.uint8)
PICK = integers(0, 8, 4, 6).astype(np.uint8)
VECTOR = integers(0, 4, 4, 3).astype(np.uint8)
SPARSE = np.where(MASK, X, 0)
# Packed operands are constants: coremltools has no value of theirs to compare with, and makes its own for the shape alone.
CASES = [
    case("quantize", {"input": X}, np.clip(np.round(X / np.float32(0.05)) + 7, 0, 255).astype(np.uint8), since=17, scale=np.float32(0.05),
         zero_point=np.uint8(7), output_dtype="uint8"),
    case("quantize", {"input": X}, np.clip(np.round(X / column(SCALES)) + column(ZEROS), -128, 127).astype(np.int8), since=17, scale=SCALES,
         zero_point=ZEROS, axis=0, output_dtype="int8"),
    case("quantize", {"input": X}, np.clip(np.round(X / np.float32(0.01)), -128, 127).astype(np.int8), since=17, scale=np.float32(0.01),
         output_dtype="int8"),
    case("dequantize", {"input": STORED}, (STORED.astype(np.float32) - column(ZEROS)) * column(SCALES), since=17, scale=SCALES,
         zero_point=ZEROS, axis=0),
    case("dequantize", {"input": BYTES}, BYTES * np.float32(0.05), since=17, scale=np.float32(0.05)),
    weight("constexpr_affine_dequantize", (STORED.astype(np.float32) - column(ZEROS)) * column(SCALES), until=17, quantized_data=STORED,
           zero_point=ZEROS, scale=SCALES, axis=0),
    weight("constexpr_lut_to_dense", numbers(16)[NIBBLES], until=17, indices=packed(NIBBLES, 4), lut=numbers(16), shape=np.uint32([4, 6])),
    weight("constexpr_lut_to_dense", numbers(4)[PICK % 4], until=17, indices=packed(PICK % 4, 2), lut=numbers(4), shape=np.uint32([4, 6])),
    weight("constexpr_sparse_to_dense", SPARSE, until=17, nonzero_data=X[MASK > 0], mask=packed(MASK, 1), shape=np.uint32([4, 6])),
    weight("constexpr_cast", X.astype(np.float16), until=17, source_val=X.astype(np.float16), output_dtype="fp32"),
    weight("constexpr_blockwise_shift_scale", STORED * column(SCALES), since=18, data=STORED, scale=column(SCALES)),
    weight("constexpr_blockwise_shift_scale", (NIBBLES - np.repeat(OFFSETS, 3, 1).astype(np.float32)) * BLOCKS, since=18,
           data=NIBBLES.astype(U4), scale=numbers(4, 2), offset=OFFSETS.astype(U4)),
    weight("constexpr_blockwise_shift_scale", (NIBBLES.astype(np.int8) - 8) * BLOCKS, since=18, data=(NIBBLES.astype(np.int8) - 8).astype(I4),
           scale=numbers(4, 2)),
    weight("constexpr_lut_to_dense", TABLE[np.arange(4)[:, None] // 2, 0, PICK, 0], since=18, indices=PICK.astype(U3), lut=TABLE),
    weight("constexpr_lut_to_dense", PAIRS[0, 0, VECTOR].reshape(4, 6), since=18, indices=VECTOR.astype(U2), lut=PAIRS, vector_axis=1),
    weight("constexpr_sparse_blockwise_shift_scale", np.where(MASK, STORED.astype(np.float32) - 3, 0) * column(SCALES), since=18,
           data_mask=MASK.astype(U1), nonzero_data=STORED[MASK > 0], scale=column(SCALES), offset=np.full((4, 1), 3, np.int8)),
    weight("constexpr_lut_to_sparse", np.where(MASK, TABLE[np.arange(4)[:, None] // 2, 0, PICK, 0], 0), since=18,
           indices_mask=MASK.astype(U1), indices_nonzero_data=PICK[MASK > 0].astype(U3), lut=TABLE),
    weight("constexpr_sparse_to_dense", SPARSE, since=18, nonzero_data=X[MASK > 0], mask=MASK.astype(U1)),
]
