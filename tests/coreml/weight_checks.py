"""weight.bin: our reader against coremltools', blob by blob."""

import numpy as np

from . import examples
from .package import model_path, proto, types
from .weight_file import CODES, WeightFile

from coremltools.libmilstoragepython import _BlobStorageReader as Reader  # isort: skip
from coremltools.libmilstoragepython import _BlobStorageWriter as Writer  # isort: skip

CALLS = {
    "FLOAT16": ("fp16", np.float16), "FLOAT32": ("float", np.float32), "UINT8": ("uint8", np.uint8), "INT8": ("int8", np.int8),
    "INT16": ("int16", np.int16), "UINT16": ("uint16", np.uint16), "INT4": ("int4", np.int8), "UINT1": ("uint1", np.uint8),
    "UINT2": ("uint2", np.uint8), "UINT4": ("uint4", np.uint8), "UINT3": ("uint3", np.uint8), "UINT6": ("uint6", np.uint8),
    "INT32": ("int32", np.int32), "UINT32": ("uint32", np.uint32),
}  # fmt: skip


def by_coremltools(reader, code, offset):
    name, dtype = CALLS[CODES[code].name]
    found = np.asarray(getattr(reader, f"read_{name}_data")(offset))
    return found.view(np.float16) if name == "fp16" else found.astype(dtype)


def compare(path):
    """(how many blobs of a file were compared, what is wrong)."""
    ours, theirs = WeightFile(path), Reader(str(path))
    wrong = list(ours.problems)
    for offset, blob in ours.blobs.items():
        expected = by_coremltools(theirs, blob.code, offset)
        found = ours.read(offset)
        if blob.elements != expected.size:
            wrong.append(f"the {blob.type.name} at {offset} has {blob.elements} elements, {expected.size} by coremltools")
        if found.dtype != expected.dtype or found.tobytes() != expected.tobytes():
            wrong.append(f"the {blob.type.name} at {offset} is {found[:4]}..., coremltools has {expected[:4]}...")
    return len(ours.blobs), "; ".join(wrong)


def offsets_of(package):
    """Where the program says that its values are."""
    spec = proto.Model_pb2.Model.FromString(model_path(package).read_bytes())
    found = set()
    for function in spec.mlProgram.functions.values():
        for op in function.block_specializations[function.opset].operations:
            values = [*op.attributes.values(), *(item.value for argument in op.inputs.values() for item in argument.arguments)]
            found |= {value.blobFileValue.offset for value in values if value.WhichOneof("value") == "blobFileValue"}
    return found


def write_all_types(path):
    """By coremltools' writer: each type, once in full bytes and once not. {offset: the values written}"""
    writer, written = Writer(str(path)), {}
    generator = np.random.default_rng(0)
    for name, (call, dtype) in CALLS.items():
        for count in (64, 13):
            if dtype in (np.float16, np.float32):
                values = generator.standard_normal(count).astype(dtype)
            else:
                bits = next(code.bits for code in CODES.values() if code.name == name)
                low = -(2 ** (bits - 1)) if name.startswith("INT") else 0
                values = generator.integers(low, low + 2**bits, count).astype(dtype)
            stored = values.view(np.uint16) if name == "FLOAT16" else packable(values, call)
            written[getattr(writer, f"write_{call}_data")(stored)] = values
    return written


def packable(values, call):
    """Numbers of less than a byte in the type that says so."""
    return values.astype(getattr(types, f"np_{call}_dtype")) if hasattr(types, f"np_{call}_dtype") else values


def check(report, folder):
    path = folder / "all_types.bin"
    written = write_all_types(path)
    ours = WeightFile(path)
    report("blobs of all types", "" if set(ours.blobs) == set(written) else f"at {sorted(ours.blobs)}, not {sorted(written)}")
    for offset in set(written) & set(ours.blobs):
        what = f"{written[offset].size} of {ours.blobs[offset].type.name}"
        report(what, "" if np.array_equal(ours.read(offset), written[offset]) else "what is read is not what was written")
    report("the same by coremltools' reader", compare(path)[1])
    examples.whole(folder / "weights.mlpackage")
    compared = 0
    for package in sorted(folder.glob("*.mlpackage")):
        weights = model_path(package).parent / "weights/weight.bin"
        if not weights.exists():
            continue
        count, wrong = compare(weights)
        compared += count
        report(f"weights of {package.name}", wrong)
        there, named = set(WeightFile(weights).blobs), offsets_of(package)
        report(f"offsets in {package.name}", "" if there == named else f"blobs at {sorted(there)}, the program names {sorted(named)}")
    report("weights of packages", "" if compared else "no blob was compared")
