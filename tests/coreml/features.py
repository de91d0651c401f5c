"""Inputs as an application gives them to Core ML: pictures, and shapes of which several are allowed."""

import numpy as np

from .values import MilError

BGR = 30


def inputs_of(spec, function):
    """The described inputs of one function, by name."""
    for described in spec.description.functions:
        if described.name == function:
            return {feature.name: feature for feature in described.input}
    return {feature.name: feature for feature in spec.description.input}


def tensor_of(feature, array):
    """What the program sees of an input: of uint8 pictures, RGB [h, w, 3] or grey [h, w], values 0 to 255 as [1, c, h, w] in the
    feature's order of colours. All else is as given.

    @raises MilError where the description does not allow the shape.
    """
    array = np.asarray(array)
    kind = feature.type.WhichOneof("Type")
    if kind == "imageType":
        image = feature.type.imageType
        if array.dtype == np.uint8:
            array = picture(array, image.colorSpace)
        check_size(feature.name, image, array.shape)
    elif kind == "multiArrayType":
        check_shape(feature.name, feature.type.multiArrayType, array.shape)
    return array


def picture(pixels, color_space):
    if pixels.ndim == 2:
        return pixels[None, None].astype(np.float32)
    if color_space == BGR:
        pixels = pixels[:, :, ::-1]
    return pixels.transpose(2, 0, 1)[None].astype(np.float32)


def check_size(name, image, shape):
    height, width = shape[-2:]
    flexible = image.WhichOneof("SizeFlexibility")
    if flexible == "enumeratedSizes":
        allowed = [(size.height, size.width) for size in image.enumeratedSizes.sizes]
        if (height, width) not in allowed:
            raise MilError(f"image {name!r} is {height}x{width}, which is none of the sizes {allowed}")
    elif flexible == "imageSizeRange":
        limits = image.imageSizeRange
        if not (within(height, limits.heightRange) and within(width, limits.widthRange)):
            raise MilError(f"image {name!r}: {height}x{width} is out of the described range")
    elif (height, width) != (image.height, image.width):
        raise MilError(f"image {name!r} is {height}x{width}, the description says {image.height}x{image.width}")


def check_shape(name, array, shape):
    flexible = array.WhichOneof("ShapeFlexibility")
    shape = list(shape)
    if flexible == "enumeratedShapes":
        allowed = [list(one.shape) for one in array.enumeratedShapes.shapes]
        if shape not in allowed:
            raise MilError(f"input {name!r} has shape {shape}, which is none of {allowed}")
    elif flexible == "shapeRange":
        limits = array.shapeRange.sizeRanges
        if len(limits) != len(shape) or not all(within(n, limit) for n, limit in zip(shape, limits)):
            raise MilError(f"input {name!r}: shape {shape} is out of the described range")


def within(size, limit):
    return size >= limit.lowerBound and (limit.upperBound < 0 or size <= limit.upperBound)
