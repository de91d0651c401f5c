#!/usr/bin/env python3
"""Pictures are scaled, cut and normalised as PIL and the libraries on top of it do.

    preprocessing_equals_pil.py [--pixels PATH] [--timm]

Resizing is compared with PIL's Image.resize for every filter, whole preprocessors with the rules of transformers 4.57.1
(slow image processors), timm 1.0.31 and open_clip 3.3.0, written down here in PIL and NumPy. `--timm`: the configurations of timm
with timm's own transform, which needs PyTorch. On pictures made here and the photos of $LLAMA_PAJAMAS_FIXTURES. No value may be further than 1/255 from PIL's before normalising, and not one in 10,000
may differ at all. Exit status 1 otherwise.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageOps

import common

FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
SIDES = ((1, 1), (1, 37), (41, 1), (2, 3), (7, 5), (223, 225), (224, 224), (255, 257), (33, 700), (701, 31), (300, 200))
TARGETS = ((224, 224), (1, 1), (17, 390), (224, 61), (500, 3))
MOST_DIFFERENT = 1e-4

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
HALF = [0.5, 0.5, 0.5]

HUGGING_FACE = {
    "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}},
    "vit, old": {"feature_extractor_type": "ViTFeatureExtractor", "size": 384, "resample": 2, "image_mean": HALF},
    "vit, oblong": {"image_processor_type": "ViTImageProcessor", "size": {"height": 130, "width": 333}, "resample": 4},
    "dinov2": {
        "image_processor_type": "BitImageProcessor",
        "size": {"shortest_edge": 256},
        "crop_size": {"height": 224, "width": 224},
        "resample": 3,
        "do_convert_rgb": True,
        **IMAGENET,
    },
    "clip": {"image_processor_type": "CLIPImageProcessor"},
    "clip, old": {"feature_extractor_type": "CLIPFeatureExtractor", "size": 336, "crop_size": 336, "resample": 3},
    "clip, padded": {"image_processor_type": "CLIPImageProcessor", "size": 150, "crop_size": 225},
    "clip, odd": {"image_processor_type": "CLIPImageProcessor", "size": 151, "crop_size": [90, 200], "resample": 1},
    "deit": {"image_processor_type": "DeiTImageProcessor", **IMAGENET},
    "convnext": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}, "crop_pct": 0.95},
    "convnext, large": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}},
    "detr": {"image_processor_type": "DetrImageProcessor", "size": {"shortest_edge": 80, "longest_edge": 133}, "do_pad": True, **IMAGENET},
    "detr, old": {"feature_extractor_type": "DetrFeatureExtractor", "size": 81, "max_size": 100, "resample": 2, **IMAGENET},
    "crop only": {"image_processor_type": "BitImageProcessor", "do_resize": False, "crop_size": 100, **IMAGENET},
    "no rescale": {"image_processor_type": "ViTImageProcessor", "do_rescale": False, "resample": 5},
    "no normalize": {"image_processor_type": "ViTImageProcessor", "do_normalize": False, "resample": 0},
    "bytes": {"image_processor_type": "ViTImageProcessor", "do_normalize": False, "do_rescale": False},
}
TIMM = {
    "vit": {"input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.9, "mean": HALF, "std": HALF},
    "defaults": {},
    "oblong": {"input_size": [3, 192, 256], "interpolation": "bilinear", "crop_pct": 0.95},
    "odd": {"input_size": [3, 97, 97], "interpolation": "lanczos", "crop_pct": 0.77},
    "squash": {"input_size": [3, 225, 224], "crop_pct": 0.87, "crop_mode": "squash"},
    "border": {"input_size": [3, 224, 224], "crop_pct": 1.0, "crop_mode": "border"},
    "border, cut": {"input_size": [3, 101, 224], "crop_pct": 0.8, "crop_mode": "border", "mean": [0.1, 0.2, 0.9]},
}
OPEN_CLIP = {
    "shortest": {"size": 224, "interpolation": "bicubic", "resize_mode": "shortest"},
    "shortest, oblong": {"size": [150, 224], "interpolation": "bilinear"},
    "longest": {"size": 225, "interpolation": "bicubic", "resize_mode": "longest", "fill_color": 127},
    "squash": {"size": [224, 100], "interpolation": "bilinear", "resize_mode": "squash", "mean": HALF, "std": HALF},
}


def at_least_one(width, height):
    """Where a side vanishes the libraries fail and we keep a pixel."""
    return max(width, 1), max(height, 1)


def scale_short(image, side, code):
    """transformers' get_resize_output_image_size and torchvision's Resize of one number."""
    width, height = image.size
    longer = int(side * max(width, height) / min(width, height))
    return image.resize((side, longer) if width <= height else (longer, side), code)


def scale_keeping_ratio(image, size, longest, code):
    """ResizeKeepRatio of timm and open_clip; size is (height, width)."""
    width, height = image.size
    ratio = (max if longest else min)(height / size[0], width / size[1])
    return image.resize(at_least_one(round(width / ratio), round(height / ratio)), code)


def crop_transformers(pixels, height, width):
    """transformers' center_crop: the middle of a black field that holds both."""
    rows, columns = pixels.shape[:2]
    field = np.zeros((max(rows, height), max(columns, width), 3), pixels.dtype)
    above, left = math.ceil((field.shape[0] - rows) / 2), math.ceil((field.shape[1] - columns) / 2)
    field[above : above + rows, left : left + columns] = pixels
    top, start = (rows - height) // 2 + above, (columns - width) // 2 + left
    return field[top : top + height, start : start + width]


def crop_torchvision(pixels, height, width, fill):
    """torchvision's center_crop and timm's center_crop_or_pad: first the padding, then the cut."""
    rows, columns = pixels.shape[:2]
    more_rows, more_columns = max(height - rows, 0), max(width - columns, 0)
    field = np.empty((rows + more_rows, columns + more_columns, 3), pixels.dtype)
    field[:] = fill
    above, left = more_rows // 2, more_columns // 2
    field[above : above + rows, left : left + columns] = pixels
    top, start = round((field.shape[0] - height) / 2), round((field.shape[1] - width) / 2)
    return field[top : top + height, start : start + width]


def detr_size(width, height, shortest, longest):
    """Source: transformers 4.57.1, models/detr/image_processing_detr.py, get_size_with_aspect_ratio."""
    exact = shortest
    if max(width, height) / min(width, height) * shortest > longest:
        exact = longest * min(width, height) / max(width, height)
    side = round(exact)
    if min(width, height) == side:
        return width, height
    return (side, int(exact * height / width)) if width < height else (int(exact * width / height), side)


def hugging_face(image, config):
    """The bytes that are normalised, and factor, mean and std."""
    kind = config.get("image_processor_type", config.get("feature_extractor_type"))
    kind = kind.replace("ImageProcessor", "").replace("FeatureExtractor", "")
    size = config.get("size", {"ViT": 224, "DeiT": 256, "ConvNext": 384}.get(kind, 224))
    if not isinstance(size, dict):
        square = kind in ("ViT", "DeiT")
        size = {"height": size, "width": size} if square else {"shortest_edge": size}
    code = config.get("resample", 2 if kind in ("ViT", "ConvNext", "Detr") else 3)
    crop = config.get("crop_size", 224) if kind in ("CLIP", "Bit", "DeiT") else None
    if config.get("do_resize", True):
        if kind == "ConvNext" and size["shortest_edge"] < 384:
            image = scale_short(image, int(size["shortest_edge"] / config.get("crop_pct", 224 / 256)), code)
            crop = size["shortest_edge"]
        elif kind == "ConvNext":
            image = image.resize((size["shortest_edge"], size["shortest_edge"]), code)
        elif kind == "Detr":
            longest = config.get("max_size", size.get("longest_edge"))
            image = image.resize(detr_size(image.width, image.height, size["shortest_edge"], longest), code)
        elif "shortest_edge" in size:
            image = scale_short(image, size["shortest_edge"], code)
        else:
            image = image.resize((size["width"], size["height"]), code)
    pixels = np.asarray(image)
    if crop is not None:
        height, width = (crop["height"], crop["width"]) if isinstance(crop, dict) else np.broadcast_to(crop, 2)
        pixels = crop_transformers(pixels, height, width)
    clip = kind in ("CLIP", "Bit")
    normalize = config.get("do_normalize", True)
    mean = config.get("image_mean", CLIP_MEAN if clip else HALF) if normalize else [0, 0, 0]
    std = config.get("image_std", CLIP_STD if clip else HALF) if normalize else [1, 1, 1]
    return pixels, 1 / 255 if config.get("do_rescale", True) else 1, mean, std


def timm(image, config):
    height, width = config.get("input_size", [3, 224, 224])[1:]
    mean, std = config.get("mean", IMAGENET["image_mean"]), config.get("std", IMAGENET["image_std"])
    part = config.get("crop_pct") or 0.875
    size = math.floor(height / part), math.floor(width / part)
    code = FILTERS[config.get("interpolation", "bicubic")]
    mode, fill = config.get("crop_mode", "center"), 0
    if mode == "squash":
        image = image.resize((size[1], size[0]), code)
    elif mode == "border":
        image, fill = scale_keeping_ratio(image, size, True, code), [round(255 * value) for value in mean]
    elif size[0] == size[1]:
        image = scale_short(image, size[0], code)
    else:
        image = scale_keeping_ratio(image, size, False, code)
    return crop_torchvision(np.asarray(image), height, width, fill), 1 / 255, mean, std


def normalized_by_timm(image, config):
    """What timm's transform for evaluation makes of a picture; None where it has a side vanish and fails."""
    from timm.data import create_transform, resolve_data_config

    settings = resolve_data_config({}, pretrained_cfg={"crop_mode": "center", **config})  # an empty one is refused
    try:
        return create_transform(**settings, is_training=False)(image).numpy()
    except ValueError as error:
        if "height and width must be > 0" not in str(error):
            raise
        return None


def open_clip(image, config):
    height, width = (int(side) for side in np.broadcast_to(config["size"], 2))
    code = FILTERS[config.get("interpolation", "bicubic")]
    mode, fill = config.get("resize_mode", "shortest"), 0
    if mode == "squash":
        image = image.resize((width, height), code)
    elif mode == "longest":
        image, fill = scale_keeping_ratio(image, (height, width), True, code), config.get("fill_color", 0)
    elif height == width:
        image = scale_short(image, height, code)
    else:
        image = scale_keeping_ratio(image, (height, width), False, FILTERS["bicubic"])
    pixels = crop_torchvision(np.asarray(image), height, width, fill)
    return pixels, 1 / 255, config.get("mean", CLIP_MEAN), config.get("std", CLIP_STD)


def made_pictures():
    """Noise, steps and a ramp of awkward sizes, and each colour mode."""
    random = np.random.default_rng(20240517)
    for width, height in SIDES:
        noise = random.integers(0, 256, (height, width, 3), np.uint8)
        yield f"noise {width}x{height}", Image.fromarray(noise)
        yield f"steps {width}x{height}", Image.fromarray((noise > 127).astype(np.uint8) * 255)
    ramp = np.linspace(0, 255, 310 * 207).reshape(207, 310)
    layers = [ramp, 255 - ramp, np.sin(ramp) * 127 + 128, ramp.T.reshape(207, 310)]
    layers = np.stack(layers, -1).astype(np.uint8)
    yield "ramp", Image.fromarray(layers[..., :3])
    yield "gray", Image.fromarray(layers[..., 2])
    yield "gray with alpha", Image.fromarray(layers[..., 2:])
    yield "alpha", Image.fromarray(layers)
    yield "palette", Image.fromarray(layers[..., :3]).quantize(60)


class Comparison:
    """Runs lp-pixels on all pictures and counts what differs."""

    def __init__(self, program, folder, pictures, made):
        """`made`: of the pictures, how many stand first and are enough for what is not compared with PIL."""
        self.program, self.folder, self.made = program, folder, made
        self.names = [name for name, _ in pictures]
        self.images = [image.convert("RGB") for _, image in pictures]
        self.paths = []
        for i, (_, image) in enumerate(pictures):
            self.paths.append(folder / f"{i}.png")
            image.save(self.paths[-1], compress_level=0)
        self.failures = 0

    def ours(self, *options, count=None):
        paths = self.paths[:count]
        command = [str(self.program), *map(str, paths), *options, "--output", str(self.folder / "{}.npy")]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(options)}: exit {done.returncode}: {done.stderr.strip()}")
        return [np.load(self.folder / f"{i}.npy") for i in range(len(paths))]

    def compare(self, label, found, expected, to_unit):
        """`to_unit`: from the numbers to 0..1."""
        values = different = 0
        worst = 0.0
        for name, ours, theirs in zip(self.names, found, expected):
            values += theirs.size
            if ours.shape != theirs.shape:
                self.complain(f"{label}: {name}: shape {ours.shape}, wanted {theirs.shape}")
                continue
            different += int((ours != theirs).sum())
            worst = max(worst, float(np.abs(to_unit(ours.astype(np.float64)) - to_unit(theirs)).max()))
        print(f"{label:32} {values:10} values, {different} differ, largest difference {worst * 255:.5f}/255")
        if worst > (1 + 1e-4) / 255 or different > MOST_DIFFERENT * values:
            self.complain(f"{label}: too different")

    def complain(self, text):
        self.failures += 1
        print(f"FAILED {text}")

    def resizes(self):
        for name, code in FILTERS.items():
            found, expected = [], []
            for width, height in TARGETS:
                found += self.ours("--resize", str(width), str(height), name)
                expected += [np.asarray(image.resize((width, height), code)) for image in self.images]
            values = sum(each.size for each in expected)
            pixels = sum(int((a != b).any(-1).sum()) for a, b in zip(found, expected) if a.shape == b.shape)
            worst = max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(found, expected))
            print(f"resize {name:25} {values // 3:10} pixels, {pixels} differ, largest difference {worst}/255")
            if worst > 1 or pixels > MOST_DIFFERENT * values:
                self.complain(f"resize {name}: too different")

    def original(self, name, config):
        """Compares with timm itself."""
        path = self.folder / "config.json"
        path.write_text(json.dumps({"pretrained_cfg": config}))
        found = self.ours("--config", str(path), "--kind", "timm")
        expected = [normalized_by_timm(image, config) for image in self.images]
        pairs = [(ours, theirs) for ours, theirs in zip(found, expected) if theirs is not None]
        if len(pairs) < len(found) - 3:
            self.complain(f"timm itself: {name}: {len(pairs)} of {len(found)} pictures taken")
        mean, std = (np.reshape(config.get(key, IMAGENET["image_" + key]), (3, 1, 1)) for key in ("mean", "std"))
        self.compare(f"timm itself: {name}", *zip(*pairs), lambda x: x * std + mean)

    def preprocessor(self, kind, name, config, rules, container=None):
        path = self.folder / "config.json"
        path.write_text(json.dumps({container: config} if container else config))
        options = ("--config", str(path), "--kind", kind)
        found = self.ours(*options)
        expected = []
        for image in self.images:
            pixels, factor, mean, std = rules(image, config)
            mean, std = np.array(mean, np.float32), np.array(std, np.float32)
            unit = (pixels.astype(np.float64) * factor).astype(np.float32)
            expected.append(((unit - mean) / std).transpose(2, 0, 1))
        mean, std = (np.reshape(each, (3, 1, 1)).astype(np.float64) for each in (mean, std))
        self.compare(f"{kind}: {name}", found, expected, lambda x: (x * std + mean) / (factor * 255))

        for ours, other in zip(found, self.ours(*options, "--interleaved", count=self.made)):
            if not np.array_equal(ours, other.transpose(2, 0, 1)):
                self.complain(f"{kind}: {name}: the layouts differ")
        own = self.folder / "own.json"
        own.write_text(subprocess.run([str(self.program), *options], check=True, capture_output=True, text=True).stdout)
        for ours, other in zip(found, self.ours("--config", str(own), "--kind", "own", count=self.made)):
            if not np.array_equal(ours, other):
                self.complain(f"{kind}: {name}: differs when written as our JSON and read back")


def photos():
    """Fixture photos as PIL decodes them, upright. Decoders are compared elsewhere."""
    for path in common.fixture_photos():
        yield path.name, ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pixels", type=Path, default=common.ROOT / "build/release/bin/lp-pixels")
    parser.add_argument("--timm", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = list(made_pictures())
        pictures = [*made, *photos()]
        print(f"{len(pictures)} pictures, Pillow {PIL.__version__}, NumPy {np.__version__}")
        comparison = Comparison(arguments.pixels, Path(folder), pictures, len(made))
        if arguments.timm:
            for name, config in TIMM.items():
                comparison.original(name, config)
            print(f"{len(TIMM)} preprocessors compared with timm itself: {comparison.failures} failures")
            sys.exit(1 if comparison.failures else 0)
        comparison.resizes()
        for name, config in HUGGING_FACE.items():
            comparison.preprocessor("hugging_face", name, config, hugging_face)
        for name, config in TIMM.items():
            comparison.preprocessor("timm", name, config, timm, "pretrained_cfg")
        for name, config in OPEN_CLIP.items():
            comparison.preprocessor("open_clip", name, config, open_clip, "preprocess_cfg")
    configs = len(HUGGING_FACE) + len(TIMM) + len(OPEN_CLIP)
    print(f"{len(FILTERS)} filters and {configs} preprocessors compared: {comparison.failures} failures")
    sys.exit(1 if comparison.failures else 0)


if __name__ == "__main__":
    main()
