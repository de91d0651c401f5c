import numpy as np
import torch
import torch.nn.functional as F

from .case import case, numbers

X = numbers(1, 2, 5, 7)


def by_torch(height, width, mode, align_corners=None):
    return F.interpolate(torch.from_numpy(X), (height, width), mode=mode, align_corners=align_corners).numpy()


def interpolated(x, axis, at):
    """NumPy's own interpolation along one axis."""
    return np.apply_along_axis(lambda row: np.interp(at, np.arange(len(row)), row), axis, x)


def spread(height, width):
    """sampling_mode DEFAULT: the samples are n_in / n_out apart at both ends."""
    rows = np.linspace(0, 5 - 5 / height, height) if height > 1 else [0]
    columns = np.linspace(0, 7 - 7 / width, width) if width > 1 else [0]
    return interpolated(interpolated(X, 2, rows), 3, columns)


def offset(height, width):
    """OFFSET_CORNERS: middles of equal parts of the distance between the first and the last."""
    rows, columns = (np.arange(height) + 0.5) * 4 / height, (np.arange(width) + 0.5) * 6 / width
    return interpolated(interpolated(X, 2, rows), 3, columns)


def bilinear(mode, height, width, expected, since=15):
    return case("resize_bilinear", {"x": X}, expected, since=since, target_size_height=height, target_size_width=width, sampling_mode=mode)


def any_way(mode, shape, expected, interpolation="LINEAR"):
    return case("resize", {"x": X}, expected, since=17, shape=shape, resized_dims=np.uint32(2), interpolation_mode=interpolation,
                sampling_mode=mode)


CASES = [
    case("upsample_nearest_neighbor", {"x": X}, by_torch(10, 21, "nearest"), scale_factor_height=2, scale_factor_width=3),
    case("resize_nearest_neighbor", {"x": X}, by_torch(8, 4, "nearest"), target_size_height=8, target_size_width=4),
    case("upsample_bilinear", {"x": X}, by_torch(10, 21, "bilinear", True), scale_factor_height=2, scale_factor_width=3, align_corners=True),
    case("upsample_bilinear", {"x": X}, by_torch(10, 14, "bilinear", False), scale_factor_height=2, scale_factor_width=2, align_corners=False),
    case("upsample_bilinear", {"x": X}, spread(10, 14), since=16, scale_factor_height=2, scale_factor_width=2, align_corners=False,
         half_pixel_centers=False),
    bilinear("STRICT_ALIGN_CORNERS", 9, 4, by_torch(9, 4, "bilinear", True)),
    bilinear("ALIGN_CORNERS", 9, 4, by_torch(9, 4, "bilinear", True)),
    bilinear("ALIGN_CORNERS", 1, 7, X[:, :, 2:3]),
    bilinear("UNALIGN_CORNERS", 9, 4, by_torch(9, 4, "bilinear", False), since=16),
    bilinear("DEFAULT", 9, 4, spread(9, 4)),
    bilinear("OFFSET_CORNERS", 9, 4, offset(9, 4)),
    any_way("UNALIGN_CORNERS", [9, 4], by_torch(9, 4, "bilinear", False)),
    any_way("STRICT_ALIGN_CORNERS", [10, 0], by_torch(10, 7, "bilinear", True)),
    any_way("DEFAULT", [10, 14], by_torch(10, 14, "nearest"), "NEAREST_NEIGHBOR"),
]
