"""The program: names, the order of definitions, values, and the opset."""

import math
import re

from ..package import proto
from ..weight_file import CODES

MIL = proto.MIL_pb2
WEIGHTS = "@model_path/weights/weight.bin"
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_@]*\Z")
RESERVED = set(
    "any bool program func tensor list dict tuple true false string bf16 fp16 fp32 fp64 int4 int8 int16 int32 int64 "
    "uint1 uint2 uint3 uint4 uint6 uint8 uint16 uint32 uint64 state".split()
)
# A type of MIL: (its code in the weight file, its bits).
STORED = {getattr(MIL, code.name): (number, code.bits) for number, code in CODES.items()}


def problems(spec, weights):
    """`weights`: the WeightFile, or None where there is none."""
    checker = Program(spec, weights)
    for name, function in spec.mlProgram.functions.items():
        yield from checker.function(name, function)
    unused = set(weights.blobs if weights else ()) - checker.used
    if unused:
        yield f"weight.bin: no value refers to {len(unused)} of {len(weights.blobs)} blobs"


class Program:
    def __init__(self, spec, weights):
        self.version, self.blobs, self.used = spec.specificationVersion, weights.blobs if weights else {}, set()

    def function(self, name, function):
        opset = f"CoreML{self.version - 1}"
        if function.opset != opset or opset not in function.block_specializations:
            yield f"{name}: its opset is {function.opset}, specification version {self.version} needs {opset}"
            return
        defined = set()
        for item in function.inputs:
            yield from named(f"{name} input", item.name, defined)
        yield from self.block(name, function.block_specializations[opset], defined, set())

    def block(self, name, block, defined, operations):
        """`defined`: the values that are visible here; `operations`: the names of those before."""
        for item in block.inputs:
            yield from named(f"{name} block", item.name, defined)
        for op in block.operations:
            where = f"{op.type} {op.outputs[0].name if op.outputs else ''}".strip()
            own = op.attributes["name"].immediateValue.tensor.strings.values if "name" in op.attributes else []
            if not own or not own[0] or own[0] in operations:
                yield f"{where}: the operation's name is missing, empty or not unique"
            operations.update(own)
            for operand, argument in op.inputs.items():
                for item in argument.arguments:
                    if item.WhichOneof("binding") == "value":
                        yield from self.value(f"{where} {operand}", item.value)
                    elif item.name not in defined:
                        yield f"{where}: {operand} is {item.name!r}, which no operation before it defines"
            for attribute, value in op.attributes.items():
                yield from self.value(f"{where} {attribute}", value)
            for inner in op.blocks:
                yield from self.block(where, inner, set(defined), operations)
            for item in op.outputs:
                yield from named(where, item.name, defined)
        for output in block.outputs:
            if output not in defined:
                yield f"{name}: nothing defines the output {output!r}"

    def value(self, where, value):
        if value.WhichOneof("value") == "immediateValue":
            yield from immediate(where, value)
        elif value.WhichOneof("value") == "blobFileValue":
            yield from self.stored(where, value)

    def stored(self, where, value):
        tensor, reference = value.type.tensorType, value.blobFileValue
        if reference.fileName != WEIGHTS:
            yield f"{where}: it is in the file {reference.fileName!r}, not in {WEIGHTS!r}"
        blob = self.blobs.get(reference.offset)
        if blob is None:
            yield f"{where}: there is no blob at {reference.offset}"
            return
        self.used.add(reference.offset)
        code, bits = STORED.get(tensor.dataType, (None, 0))
        if code != blob.code:
            yield f"{where}: declared {MIL.DataType.Name(tensor.dataType)}, stored with the code {blob.code}"
            return
        wanted, there = elements_of(tensor) * bits, blob.size_bytes * 8 - blob.unused_bits
        if wanted != there:
            yield f"{where}: declared {wanted} bits, stored {there}"


def named(where, name, defined):
    if not IDENTIFIER.match(name):
        yield f"{where}: {name!r} is no identifier"
    if name in RESERVED:
        yield f"{where}: {name!r} is a reserved word"
    if name in defined:
        yield f"{where}: {name!r} is defined twice"
    defined.add(name)


def immediate(where, value):
    """The number of values in the program itself."""
    tensor, content = value.type.tensorType, value.immediateValue.tensor
    kind = content.WhichOneof("value")
    if value.type.WhichOneof("type") != "tensorType" or kind is None:
        return
    if kind == "bytes":
        wanted = (elements_of(tensor) * STORED.get(tensor.dataType, (None, 8))[1] + 7) // 8
    else:
        wanted = elements_of(tensor)
    there = len(getattr(content, kind).values)
    if wanted != there:
        yield f"{where}: declared {wanted} {kind}, written {there}"


def elements_of(tensor):
    return math.prod(dimension.constant.size for dimension in tensor.dimensions)
