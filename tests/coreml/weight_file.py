"""weight.bin of an .mlpackage, read by its layout alone.

Little endian. The head is 64 bytes: u32 count of blobs, u32 version (2), zeros. Each blob begins at a multiple of 64 with a record
of 64 bytes: u32 0xDEADBEEF, u32 code of its type, u64 bytes of data, u64 offset of the data (just behind the record), u64 unused
bits of the last byte, zeros. Programs name the offset of the record. Numbers of less than a byte are packed without gaps, the first
in the lowest bits.
"""

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

ALIGNMENT = 64
SENTINEL = 0xDEADBEEF
VERSION = 2


class Code(NamedTuple):
    """A type's name in MIL, its bits, and NumPy's type for its elements (None: packed, or a type that NumPy lacks)."""

    name: str
    bits: int
    dtype: str | None


CODES = {
    1: Code("FLOAT16", 16, "<f2"),
    2: Code("FLOAT32", 32, "<f4"),
    3: Code("UINT8", 8, "u1"),
    4: Code("INT8", 8, "i1"),
    5: Code("BFLOAT16", 16, None),
    6: Code("INT16", 16, "<i2"),
    7: Code("UINT16", 16, "<u2"),
    8: Code("INT4", 4, None),
    9: Code("UINT1", 1, None),
    10: Code("UINT2", 2, None),
    11: Code("UINT4", 4, None),
    12: Code("UINT3", 3, None),
    13: Code("UINT6", 6, None),
    14: Code("INT32", 32, "<i4"),
    15: Code("UINT32", 32, "<u4"),
}


class Blob(NamedTuple):
    """One record. `offset` is what programs name."""

    offset: int
    code: int
    data_offset: int
    size_bytes: int
    unused_bits: int

    @property
    def type(self):
        return CODES[self.code]

    @property
    def elements(self):
        return (self.size_bytes * 8 - self.unused_bits) // self.type.bits


class WeightFileError(Exception):
    pass


class WeightFile:
    """The blobs of a file, in its order, and `problems`: what is wrong with it, in sentences. Data are read when asked for."""

    def __init__(self, path):
        self.path, self.blobs, self.problems = Path(path), {}, []
        self.size_bytes = self.path.stat().st_size
        with self.path.open("rb") as file:
            self.read_records(file)

    def read_records(self, file):
        head = file.read(ALIGNMENT)
        if len(head) < ALIGNMENT:
            self.problems.append(f"its head is cut off: {len(head)} bytes")
            return
        count, version = struct.unpack_from("<II", head)
        if version != VERSION:
            self.problems.append(f"version {version}, {VERSION} is known")
        if any(head[8:]):
            self.problems.append("the rest of its head is not zeros")
        at = ALIGNMENT
        for _ in range(count):
            blob = self.read_record(file, at)
            if blob is None:
                return
            self.blobs[at] = blob
            at = (blob.data_offset + blob.size_bytes + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        if self.size_bytes > at:
            self.problems.append(f"{self.size_bytes - at} bytes follow the last of {count} blobs")

    def read_record(self, file, at):
        """None where the records end here."""
        file.seek(at)
        record = file.read(ALIGNMENT)
        if len(record) < ALIGNMENT:
            self.problems.append(f"the record at {at} is cut off")
            return None
        sentinel, code, size_bytes, data_offset, unused_bits = struct.unpack_from("<IIQQQ", record)
        if sentinel != SENTINEL:
            self.problems.append(f"there is no record at {at}")
            return None
        if data_offset != at + ALIGNMENT or data_offset + size_bytes > self.size_bytes:
            self.problems.append(f"the record at {at} places {size_bytes} bytes at {data_offset}, of {self.size_bytes}")
            return None
        blob = Blob(at, code, data_offset, size_bytes, unused_bits)
        if code not in CODES:
            self.problems.append(f"the record at {at} has the unknown type {code}")
        elif unused_bits > 7 or (size_bytes * 8 - unused_bits) % blob.type.bits:
            self.problems.append(f"the record at {at}: {size_bytes} bytes less {unused_bits} bits are no whole {blob.type.name}")
        return blob

    def read(self, offset):
        """The elements of the blob whose record is at `offset`, in one dimension; packed ones come as int8 or uint8.

        @raises WeightFileError if there is none, or one of a type that NumPy lacks.
        """
        blob = self.blobs.get(offset)
        if blob is None or blob.code not in CODES:
            raise WeightFileError(f"{self.path}: no blob at {offset}")
        with self.path.open("rb") as file:
            file.seek(blob.data_offset)
            data = file.read(blob.size_bytes)
        if blob.type.dtype is not None:
            return np.frombuffer(data, blob.type.dtype)
        if blob.type.bits > 8:
            raise WeightFileError(f"{self.path}: NumPy has no {blob.type.name}")
        values = unpacked(data, blob.type.bits, blob.elements)
        if blob.type.name == "INT4":
            values = values.astype(np.int8)
            values[values > 7] -= 16
        return values


def unpacked(data, bits, count):
    """The first `count` numbers of `bits` bits each, the first of them in the lowest bits."""
    flat = np.unpackbits(np.frombuffer(data, np.uint8), count=count * bits, bitorder="little").reshape(count, bits)
    return np.packbits(flat, axis=1, bitorder="little")[:, 0]
