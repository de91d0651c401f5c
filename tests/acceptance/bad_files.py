"""Files that no honest program writes, made with nothing but the standard library."""

import io
import struct
import zipfile
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


# PyTorch: a zip file of a pickle and the bytes of its tensors. Opcodes: CPython, Lib/pickletools.py.

PICKLE = b"\x80\x02"


def torch_zip(pickle, storages=None, others=None, compression=zipfile.ZIP_STORED):
    """A file as torch.save writes it; `storages`: {key: bytes}, `others`: {path: bytes}."""
    out = io.BytesIO()
    entries = {"data.pkl": pickle, "byteorder": b"little", "version": b"3\n"}
    entries |= {f"data/{key}": data for key, data in (storages or {}).items()}
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in (entries | (others or {})).items():
            archive.writestr(f"archive/{name}", data)
    return out.getvalue()


def _str(text):
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _long(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def _tuple(*items):
    return b"(" + b"".join(items) + b"t"


def _dict(entries):
    return b"}(" + b"".join(_str(key) + value for key, value in entries.items()) + b"u"


def _global(name):
    module, _, last = name.rpartition(".")
    return f"c{module}\n{last}\n".encode()


def _tensor(sizes, strides, offset=0, key="0", count=16, kind="torch.FloatStorage"):
    storage = _tuple(_str("storage"), _global(kind), _str(key), _str("cpu"), _long(count)) + b"Q"
    longs = [_tuple(*map(_long, values)) for values in (sizes, strides)]
    arguments = _tuple(storage, _long(offset), *longs, b"\x89", _global("collections.OrderedDict") + b")R")
    return _global("torch._utils._rebuild_tensor_v2") + arguments + b"R"


def _module(modules, attributes=None):
    parts = {"_parameters": b"}", "_buffers": b"}", "_modules": modules} | (attributes or {})
    return _global("torch.nn.modules.container.Sequential") + b")\x81" + _dict(parts) + b"b"


def hostile_calls(marker):
    """{name: (bytes, what it wants to call)}: checkpoints that would make the file `marker` if they could."""
    touch = _str(f"touch {marker}")
    opened = f"open({str(marker)!r}, 'w')"
    system = _global("posix.system")
    tensor = _tensor([4, 4], [4, 1])
    run = system + touch + b"\x85R"
    fetch = _global("builtins.getattr") + system + _str("__call__") + b"\x86R" + touch + b"\x85R"
    imported = _global("builtins.__import__") + _str("os") + b"\x85R"
    values = {
        "reduce": (run, "posix.system"),
        "newobj": (_global("subprocess.Popen") + touch + b"\x85\x81", "subprocess.Popen"),
        "newobj-ex": (_global("subprocess.Popen") + touch + b"\x85}\x92", "subprocess.Popen"),
        "inst": (b"(" + touch + b"iposix\nsystem\n", "posix.system"),
        "obj": (b"(" + system + touch + b"o", "posix.system"),
        "stack-global": (_str("posix") + _str("system") + b"\x93" + touch + b"\x85R", "posix.system"),
        "eval": (_global("builtins.eval") + _str(opened) + b"\x85R", "builtins.eval"),
        "exec-py2": (_global("__builtin__.exec") + _str(opened) + b"\x85R", "__builtin__.exec"),
        "getattr": (fetch, "builtins.getattr"),
        "import": (imported, "builtins.__import__"),
        "map": (_global("builtins.map") + system + b"]" + touch + b"a\x86R", "builtins.map"),
        "package-function": (
            _global("ultralytics.utils.downloads.safe_download") + touch + b"\x85R",
            "ultralytics.utils.downloads.safe_download",
        ),
        "torch-load": (
            _global("torch.storage._load_from_bytes") + touch + b"\x85R",
            "torch.storage._load_from_bytes",
        ),
        "beside-weights": (
            _dict({"state_dict": _dict({"w": tensor}), "hooks": b"](" + run + b"e"}),
            "posix.system",
        ),
        "in-a-tensor": (
            _dict({"w": _global("torch._utils._rebuild_parameter") + run + b"\x85R"}),
            "posix.system",
        ),
        "in-a-storage": (_dict({"w": _tuple(_str("storage"), run) + b"Q"}), "posix.system"),
        "in-a-module": (
            _dict({"model": _module(_dict({"0": _module(b"}", {"forward": run})}))}),
            "posix.system",
        ),
        "behind-the-root": (b"}" + run + b"0", "posix.system"),
    }
    return {
        f"call-{name}": (torch_zip(PICKLE + value + b".", {"0": bytes(64)}), wanted)
        for name, (value, wanted) in values.items()
    }


def hostile_torch(marker):
    """{name: bytes} of PyTorch files that lie, bring programs, or say one thing over and over."""

    def file(value, **more):
        return torch_zip(PICKLE + value + b".", {"0": bytes(64)}, **more)

    def one(*arguments, **more):
        return file(_dict({"model.0.conv.weight": _tensor(*arguments, **more)}))

    def doubled(first, each, count):
        """Each value holds the one before it twice: 2^count paths."""
        parts = [first + b"q\x00"]
        for i in range(count):
            got = b"h" + bytes([i])
            parts.append(b"0" + each(got) + b"q" + bytes([i + 1]))
        return b"".join(parts)

    lists = doubled(b"]", lambda got: b"](" + got + got + b"e", 60)
    modules = doubled(
        _module(b"}"), lambda got: _module(b"}(" + _str("a") + got + _str("b") + got + b"u"), 60
    )
    itself = _global("torch.nn.modules.module.Module") + b")\x81q\x01"
    itself += _dict({"_parameters": b"}", "_buffers": b"}", "_modules": _dict({"a": b"h\x01"})}) + b"b"
    honest = one([4, 4], [4, 1])
    end = honest.rindex(b"PK\x05\x06")
    directory = honest.index(b"PK\x01\x02")
    views = {
        f"w{i}": _tensor([2, 500_000 + i], [1, 2], 0, "0", 1 << 20, "torch.ByteStorage") for i in range(2000)
    }
    return {name: data for name, (data, _) in hostile_calls(marker).items()} | {
        "storage-missing": one([4, 4], [4, 1], key="9"),
        "storage-of-another": one([4, 4], [4, 1], key="../../../../etc/passwd"),
        "storage-too-short": one([4, 5], [5, 1], count=20),
        "storage-2-62": one([4, 4], [4, 1], count=1 << 62),
        "storage-negative": one([4, 4], [4, 1], count=-1),
        "beyond": one([4, 4], [5, 1]),
        "offset-beyond": one([4], [1], offset=13),
        "offset-2-63": one([4], [1], offset=(1 << 63) - 1),
        "offset-negative": one([4], [1], offset=-4),
        "sizes-overflow": one([1 << 40, 1 << 40], [0, 0]),
        "sizes-overflow-to-16": one([(1 << 62) + 4, 4], [4, 1]),
        "sizes-huge": one([1 << 30, 4], [0, 1]),
        "sizes-negative": one([-4, -4], [4, 1]),
        "strides-zero": one([1000, 1000], [0, 0]),
        "strides-overlap": one([4, 4], [1, 1]),
        "strides-2-62": one([4, 4], [1 << 62, 1]),
        "strides-negative": one([4, 4], [-4, 1]),
        "axes-100000": one([1] * 100_000, [1] * 100_000),
        "type-unknown": one([4], [1], kind="torch.ComplexFloatStorage"),
        "no-model-of-ours": file(_dict({"some.weight": _tensor([4], [1])})),
        "views": torch_zip(PICKLE + _dict(views) + b".", {"0": bytes(1 << 20)}),
        "memo-bomb": file(_dict({"names": lists, "w": _tensor([4], [1])})),
        "module-bomb": file(modules),
        "module-of-itself": file(itself),
        "memo-2-32": file(b"Nr\xff\xff\xff\xff"),
        "nested-lists": file(b"]" * 900_000 + b"a" * 899_999),
        "nested-tuples": file(b"N" + b"\x85" * 3_000_000),
        "nested-dicts": file((b"}" + _str("model")) * 400_000 + b"}" + b"s" * 400_000),
        "marks": file(b"(" * 2_000_000),
        "empty-lists": file(b"](" + b"]" * 1_000_000 + b"e" + (b"(" + b"]" * 1_000_000 + b"e") * 6),
        "text-2-64": file(b"\x8d" + b"\xff" * 8),
        "text-4g": file(b"X\xff\xff\xff\xffabc"),
        "long-4g": file(b"\x8b\xff\xff\xff\x7f"),
        "unhashable-keys": file(b"}(" + b"]N" * 1000 + b"u"),
        "no-root": file(b""),
        "protocol-0": torch_zip(b"cposix\nsystem\n(S'touch x'\ntR."),
        "protocol-9": torch_zip(b"\x80\x09N."),
        "empty-pickle": torch_zip(b""),
        "no-pickle": _plain_zip({"word/document.xml": b"<a/>"}),
        "two-checkpoints": _plain_zip({"a/data.pkl": PICKLE + b"}.", "b/data.pkl": PICKLE + b"}."}),
        "torchscript": file(b"}", others={"code/__torch__.py": b"", "constants.pkl": PICKLE + b")."}),
        "big-endian": file(b"}", others={"byteorder": b"big"}),
        "compressed": file(_dict({"w": _tensor([4], [1])}), compression=zipfile.ZIP_DEFLATED),
        "zip-bomb": torch_zip(bytes(50 << 20), compression=zipfile.ZIP_DEFLATED),
        "before-1.6": PICKLE + b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + PICKLE + b"M\xe9\x03.",
        "bare-pickle": PICKLE + _global("posix.system") + _str(f"touch {marker}") + b"\x85R.",
        "cut-no-directory": honest[:directory],
        "cut-in-directory": honest[: directory + 60],
        "cut-end": honest[:-1],
        "entries-65535": honest[: end + 8] + b"\xff" * 4 + honest[end + 12 :],
        "directory-4g": honest[: end + 12] + b"\xff" * 8 + honest[end + 20 :],
        "header-beyond": honest[: directory + 42] + struct.pack("<I", 1 << 30) + honest[directory + 46 :],
    }


def _plain_zip(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()
