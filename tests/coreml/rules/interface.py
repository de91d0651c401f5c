"""The description, which applications see, against the program."""

from ..package import proto

MIL, FEATURES = proto.MIL_pb2, proto.FeatureTypes_pb2
ARRAYS = {
    FEATURES.ArrayFeatureType.FLOAT32: MIL.FLOAT32,
    FEATURES.ArrayFeatureType.FLOAT16: MIL.FLOAT16,
    FEATURES.ArrayFeatureType.INT32: MIL.INT32,
    FEATURES.ArrayFeatureType.INT8: MIL.INT8,
}
# The oldest specification version that has these arrays.
NEWER_ARRAYS = {FEATURES.ArrayFeatureType.FLOAT16: 7, FEATURES.ArrayFeatureType.INT8: 10}
STATES_SINCE = 9
IMAGES = FEATURES.ImageFeatureType


def problems(spec):
    described = {description.name: description for description in spec.description.functions} or {"main": spec.description}
    if spec.description.functions:
        if spec.description.input or spec.description.output or spec.description.state:
            yield "the description has features of its own beside those of its functions"
        if spec.description.defaultFunctionName not in described:
            yield f"the default function {spec.description.defaultFunctionName!r} is none of {sorted(described)}"
    if sorted(described) != sorted(spec.mlProgram.functions):
        yield f"the description has functions {sorted(described)}, the program {sorted(spec.mlProgram.functions)}"
    for name, description in described.items():
        function = spec.mlProgram.functions.get(name)
        if function is not None and function.opset in function.block_specializations:
            for problem in of_function(description, function, spec.specificationVersion):
                yield problem if name == "main" else f"{name}: {problem}"


def of_function(description, function, version):
    block = function.block_specializations[function.opset]
    inputs = {item.name: item.type for item in function.inputs}
    computed = {item.name: item.type for op in block.operations for item in op.outputs}
    names = [feature.name for feature in (*description.input, *description.state)]
    if sorted(names) != sorted(inputs):
        yield f"described inputs and states are {sorted(names)}, the program's {sorted(inputs)}"
    names = [feature.name for feature in description.output]
    if names != list(block.outputs):
        yield f"described outputs are {names}, the program's {list(block.outputs)}"
    for feature in description.input:
        if feature.name in inputs:
            yield from of_feature(feature, inputs[feature.name].tensorType, version, True)
    for feature in description.output:
        if feature.name in computed:
            yield from of_feature(feature, computed[feature.name].tensorType, version, False)
    for feature in description.state:
        if feature.name in inputs:
            yield from of_state(feature, inputs[feature.name], version)


def of_state(feature, declared, version):
    if version < STATES_SINCE:
        yield f"state {feature.name!r} needs specification version {STATES_SINCE}"
    if declared.WhichOneof("type") != "stateType":
        yield f"state {feature.name!r} is no state of the program"
        return
    tensor = declared.stateType.wrappedType.tensorType
    if tensor.dataType != MIL.FLOAT16:
        yield f"state {feature.name!r} is {MIL.DataType.Name(tensor.dataType)}, not FLOAT16"
    yield from of_array(feature.name, feature.type.stateType.arrayType, tensor, version, True)


def of_feature(feature, tensor, version, is_input):
    kind = feature.type.WhichOneof("Type")
    if kind == "multiArrayType":
        yield from of_array(feature.name, feature.type.multiArrayType, tensor, version, is_input)
    elif kind == "imageType":
        yield from of_image(feature.name, feature.type.imageType, tensor)
    else:
        yield f"feature {feature.name!r}: a {kind} is not what a program takes or gives"


def of_image(name, image, tensor):
    sizes = sizes_of(tensor)
    channels = 3 if image.colorSpace in (IMAGES.RGB, IMAGES.BGR) else 1
    if len(sizes) != 4 or sizes[0] != 1 or sizes[1] != channels:
        yield f"image {name!r}: the program's tensor is {sizes}, not 1x{channels}xHxW"
    elif image.WhichOneof("SizeFlexibility") is None and sizes[2:] != [image.height, image.width]:
        yield f"image {name!r} is {image.height}x{image.width}, the program's tensor {sizes[2:]}"
    wanted = MIL.FLOAT16 if image.colorSpace == IMAGES.GRAYSCALE_FLOAT16 else MIL.FLOAT32
    if tensor.dataType != wanted:
        yield f"image {name!r}: the tensor is {MIL.DataType.Name(tensor.dataType)}, not {MIL.DataType.Name(wanted)}"


def of_array(name, array, tensor, version, is_input):
    sizes, shape = sizes_of(tensor), list(array.shape)
    if ARRAYS.get(array.dataType) != tensor.dataType:
        yield f"feature {name!r}: described with type {array.dataType}, the program has {MIL.DataType.Name(tensor.dataType)}"
    if version < NEWER_ARRAYS.get(array.dataType, 0):
        yield f"feature {name!r}: its type needs specification version {NEWER_ARRAYS[array.dataType]}"
    if is_input and not shape:
        yield f"feature {name!r} has no shape"
    if shape and not (sizes == [] and shape == [1]):  # scalars are described with one dimension
        if len(shape) != len(sizes) or any(size not in (-1, n) for size, n in zip(sizes, shape)):
            yield f"feature {name!r}: described with shape {shape}, the program has {sizes}"
    flexible = array.WhichOneof("ShapeFlexibility")
    if is_input and (-1 in sizes) != (flexible is not None):
        yield f"feature {name!r}: described as {flexible or 'of one shape'}, the program has {sizes}"
    if flexible == "enumeratedShapes":
        allowed = [list(one.shape) for one in array.enumeratedShapes.shapes]
        if shape not in allowed:
            yield f"feature {name!r}: the default {shape} is none of the shapes {allowed}"
    elif flexible == "shapeRange":
        yield from of_range(name, shape, array.shapeRange.sizeRanges)


def of_range(name, shape, ranges):
    if len(ranges) != len(shape):
        yield f"feature {name!r} has {len(ranges)} ranges for {len(shape)} dimensions"
    for d, (size, limit) in enumerate(zip(shape, ranges)):
        if limit.upperBound < 0:
            yield f"feature {name!r}: dimension {d} has no upper limit, which ML Programs need"
        elif not limit.lowerBound <= size <= limit.upperBound:
            yield f"feature {name!r}: the default {size} of dimension {d} is out of its range"


def sizes_of(tensor):
    """-1: unknown before the program runs."""
    return [d.constant.size if d.WhichOneof("dimension") == "constant" else -1 for d in tensor.dimensions]
