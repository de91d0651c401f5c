"""Files that no honest program writes, made with nothing but the standard library."""

import struct
import zlib

# Pictures.


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def black_png(width, height):
    """An RGB PNG of zeros; its deflate stream repeats one block, so gigabytes cost nothing to write."""
    size = (1 + 3 * width) * height
    block = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    whole = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = packer.compress(bytes(size % block)) + packer.flush()
    adler = (size % 65521) << 16 | 1  # of zeros: the second sum counts them
    stream = b"\x78\xda" + whole * (size // block) + rest + struct.pack(">I", adler)
    return png(width, height, stream)


def png(width, height, stream, before=b""):
    """An RGB PNG that claims a size, whatever its deflate stream holds; `before`: chunks before it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = _chunk(b"IDAT", stream) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + before + pixels


def text_png(count):
    """A PNG of one black pixel with `count` text chunks of 7 MB each, once unpacked."""
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 7_000_000, 9))
    return png(1, 1, zlib.compress(bytes(4)), text * count)


def _segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def grey_jpeg(width, height, progressive=False):
    """A 4:2:0 JPEG of one grey; its Huffman tables have one code, `0`: no difference, or end of block."""
    quantization = _segment(0xDB, b"\x00" + b"\x01" * 64)
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes([1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0])
    table = bytes([1]) + bytes(15) + b"\x00"
    tables = _segment(0xC4, b"\x00" + table) + _segment(0xC4, b"\x10" + table)
    last = 0 if progressive else 63
    scan = _segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, last, 0]))
    blocks = -(-width // 16) * -(-height // 16) * 6
    bits = blocks if progressive else 2 * blocks
    return (
        b"\xff\xd8"
        + quantization
        + _segment(0xC2 if progressive else 0xC0, frame)
        + tables
        + scan
        + bytes(-(-bits // 8))
        + b"\xff\xd9"
    )


# ONNX: protocol buffers by hand. Field numbers: onnx.proto3 (ONNX 1.17).

GRAPH, NODE, INITIALIZER, ATTRIBUTE, SUBGRAPH = (
    7,
    1,
    5,
    5,
    6,
)  # Model.graph, Graph.node, .initializer, Node.attribute, Attribute.g
DIMS, DATA_TYPE, NAME, RAW_DATA, EXTERNAL_DATA, DATA_LOCATION = 1, 2, 8, 9, 13, 14  # of a TensorProto


def varint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, data, length=None):
    """A field with bytes; `length` tells a lie about them."""
    return varint(field << 3 | 2) + varint(len(data) if length is None else length) + data


def fields(data):
    """(number, wire type, value) of each field of a message."""
    at = 0

    def take():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = take()
        wire = key & 7
        if wire == 0:
            yield key >> 3, wire, take()
            continue
        size = {1: 8, 5: 4}.get(wire) or take()
        yield key >> 3, wire, data[at : at + size]
        at += size


def encoded(field, wire, value):
    return (
        number(field, value)
        if wire == 0
        else message(field, value)
        if wire == 2
        else varint(field << 3 | wire) + value
    )


def tensor(name, dims, raw, extra=b""):
    return (
        b"".join(number(DIMS, d) for d in dims)
        + number(DATA_TYPE, 1)
        + message(NAME, name.encode())
        + message(RAW_DATA, raw)
        + extra
    )


def onnx(*initializers):
    return (
        number(1, 8)
        + message(GRAPH, b"".join(message(INITIALIZER, t) for t in initializers))
        + message(8, number(2, 17))
    )


def with_initializers(model, change):
    """An ONNX file whose initializers went through `change(name, bytes)`, which gives a list of them."""
    out = []
    for field, wire, value in fields(model):
        if field != GRAPH:
            out.append(encoded(field, wire, value))
            continue
        graph = []
        for inner, inner_wire, data in fields(value):
            if inner == INITIALIZER:
                name = next(v for f, _, v in fields(data) if f == NAME).decode()
                graph += [message(INITIALIZER, changed) for changed in change(name, data)]
            else:
                graph.append(encoded(inner, inner_wire, data))
        out.append(message(GRAPH, b"".join(graph)))
    return b"".join(out)


def with_dims(data, dims):
    """A TensorProto with other dimensions."""
    return b"".join(number(DIMS, d) for d in dims) + b"".join(
        encoded(*f) for f in fields(data) if f[0] != DIMS
    )


def nested_subgraphs(depth):
    """A model whose node's attribute is a graph, whose node's attribute is a graph, ..."""
    parts, size = [], 0
    for _ in range(depth):
        for field in (SUBGRAPH, ATTRIBUTE, NODE):
            parts.append(varint(field << 3 | 2) + varint(size))
            size += len(parts[-1])
    parts.append(varint(GRAPH << 3 | 2) + varint(size))
    return number(1, 8) + b"".join(reversed(parts))


def shared_by_identities(count):
    """4 MB in a typed field that `count` Identity nodes pass on, each under a name of its own."""
    elements = number(DIMS, 1 << 20) + number(DATA_TYPE, 1) + message(4, bytes(4 << 20))  # 4: float_data
    nodes = [
        message(NODE, message(1, b"w") + message(2, b"w%d" % i) + message(4, b"Identity"))
        for i in range(count)
    ]
    graph = b"".join(nodes) + message(INITIALIZER, elements + message(NAME, b"w"))
    return number(1, 8) + message(GRAPH, graph)


def hostile_onnx():
    """{name: bytes} of ONNX files that lie."""
    weight = "model.0.conv.weight"
    external = message(
        EXTERNAL_DATA, message(1, b"location") + message(2, b"../../../../../../etc/passwd")
    ) + number(DATA_LOCATION, 1)
    return {
        "length-2-63": number(1, 8) + message(GRAPH, b"abc", (1 << 63) - 1),
        "length-2-64": number(1, 8) + message(GRAPH, b"abc", (1 << 64) - 1),
        "length-4g": number(1, 8) + message(GRAPH, message(INITIALIZER, b"abc", 0xFFFFFFFF)),
        "endless-varint": number(1, 8) + b"\x3a" + b"\xff" * 64,
        "open-groups": b"\x0b" * 200_000,
        "nested-subgraphs": nested_subgraphs(50_000),
        "dims-overflow": onnx(tensor(weight, [1 << 40, 1 << 40], bytes(64))),
        "dims-overflow-to-16": onnx(tensor(weight, [(1 << 62) + 4, 4], bytes(64))),
        "dims-negative": onnx(tensor(weight, [-16, -3, 3, 3], bytes(1728))),
        "dims-too-large": onnx(tensor(weight, [1_000_000_000, 64], bytes(64))),
        "dims-zero": onnx(tensor(weight, [0, 3, 3, 3], b"")),
        "dims-100000": onnx(tensor(weight, [1] * 100_000, bytes(4))),
        "initializers-200000": onnx(*[tensor(weight, [1], bytes(4))] * 200_000),
        "external-data": onnx(tensor(weight, [16, 3, 3, 3], b"", external)),
        "identities": shared_by_identities(2000),
        "no-model-of-ours": onnx(tensor("some.weight", [4], bytes(16))),
    }


# GGUF and safetensors.


def _text(value):
    return struct.pack("<Q", len(value)) + value


def hostile_gguf():
    """{name: bytes}. Layout (ggml docs/gguf.md, version 3): magic, version, tensors, keys; keys; tensors."""

    def file(tensors, keys, rest=b""):
        return b"GGUF" + struct.pack("<IQQ", 3, tensors, keys) + rest

    def text_key(name, value):
        return _text(name) + struct.pack("<I", 8) + _text(value)

    config = b'{"width":' + b"[" * 300_000 + b"]" * 300_000 + b"}"
    ours = (
        text_key(b"lp.family", b"yolov8")
        + _text(b"lp.image_size")
        + struct.pack("<II", 4, 320)
        + text_key(b"lp.config", config)
    )
    arrays = b"".join(struct.pack("<IQ", 9, 1) for _ in range(100_000))
    return {
        "tensors-2-60": file(1 << 60, 0),
        "keys-2-63": file(0, (1 << 63) - 1),
        "key-length-2-62": file(0, 1, struct.pack("<Q", 1 << 62) + b"abc"),
        "array-2-61": file(0, 1, _text(b"general.name") + struct.pack("<IIQ", 9, 4, 1 << 61)),
        "nested-arrays": file(0, 1, _text(b"general.name") + struct.pack("<I", 9) + arrays),
        "dims-overflow": file(
            1, 0, _text(b"w") + struct.pack("<IQQIQ", 2, 1 << 40, 1 << 40, 0, 0) + bytes(64)
        ),
        "dims-400": file(
            1,
            0,
            _text(b"w")
            + struct.pack("<I", 400)
            + struct.pack("<Q", 1) * 400
            + struct.pack("<IQ", 0, 0)
            + bytes(64),
        ),
        "offset-beyond": file(1, 0, _text(b"w") + struct.pack("<IQIQ", 1, 4, 0, 1 << 50) + bytes(64)),
        "version-99": b"GGUF" + struct.pack("<IQQ", 99, 0, 0),
        "nested-config": file(0, 3, ours),
        "alignment-0": file(0, 1, _text(b"general.alignment") + struct.pack("<II", 4, 0)),
        "cut": file(1, 0, _text(b"w")[:4]),
    }


def hostile_safetensors():
    """{name: bytes}. Layout: u64 length, JSON header, data."""

    def file(header, data=b"", size=None):
        return struct.pack("<Q", len(header) if size is None else size) + header + data

    return {
        "header-2-63": file(b"{}", size=(1 << 63) - 1),
        "header-too-long": file(b"{}", size=1000),
        "offsets-beyond": file(
            b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,1099511627776]}}', bytes(16)
        ),
        "offsets-backwards": file(b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}', bytes(16)),
        "shape-overflow": file(
            b'{"w":{"dtype":"F32","shape":[4611686018427387904,16],"data_offsets":[0,16]}}', bytes(16)
        ),
        "nested-json": file(b"[" * 200_000),
        "nested-objects": file(b'{"w":' * 200_000 + b"1" + b"}" * 200_000),
        "not-json": file(b"abc"),
    }
