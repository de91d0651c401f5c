#!/usr/bin/env python3
"""`detect` with DETR finds what transformers finds, from the picture file on.

    detr_equals_transformers.py [--program PATH]

ResNet-50 and drawn weights (encoder_models.drawn), so confidences are low: what scores above 0.03 is compared, query by
query in order. Pictures of the demo, at a shorter side of 160 pixels and at most 266 (1333 of 800). Boxes within 0.05 pixels of the
picture, confidences within 1e-4. Exit status 1 otherwise.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import common
import encoders_equal_transformers
import numpy as np
import torch
from PIL import Image

os.environ["HF_HUB_OFFLINE"] = "1"
CONFIDENCE, SHORTEST, LONGEST = 0.03, 160, 266


def expected(case, picture):
    """What transformers makes of a picture: (x1, y1, x2, y2, confidence, class), best first."""
    from preprocessing_equals_pil import IMAGENET, detr_size

    size = detr_size(picture.width, picture.height, SHORTEST, LONGEST)
    pixels = np.asarray(picture.resize(size, Image.Resampling.BILINEAR), np.float32) / 255
    pixels = (pixels - np.float32(IMAGENET["image_mean"])) / np.float32(IMAGENET["image_std"])
    with torch.no_grad():
        outputs = case.model(torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32)))
    confidence, classes = outputs.logits.softmax(-1)[0, :, :-1].max(-1)
    x, y, width, height = outputs.pred_boxes[0].unbind(-1)
    boxes = torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1).clamp(0, 1)
    boxes *= torch.tensor([picture.width, picture.height] * 2)
    rows = torch.cat([boxes, confidence[:, None], classes[:, None].float()], 1).numpy()
    rows = rows[rows[:, 4] > CONFIDENCE]
    return rows[np.argsort(-rows[:, 4], kind="stable")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    arguments = parser.parse_args()
    case = encoders_equal_transformers.detr_case()
    well = True
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        portrait = Image.open(common.demo_file("astronaut.png")).convert("RGB")
        pictures = {"square": portrait, "wide": portrait.crop((0, 100, 512, 280)), "high": portrait.crop((150, 0, 300, 512))}
        for name, picture in pictures.items():
            picture.save(scratch / f"{name}.png")
        home = ["--home", scratch / "home", "--quiet", "--json"]
        common.run_json([arguments.program, "convert", case.folder, "--name", "detr", "--size", SHORTEST, *home])
        found = common.run_json(
            [arguments.program, "detect", *(scratch / f"{name}.png" for name in pictures), "--model", "detr", "--confidence", CONFIDENCE, "--precision", "f32", *home]
        )["images"]
        for (name, picture), answer in zip(pictures.items(), found, strict=True):
            rows = expected(case, picture)
            ours = np.array([[d["box"][k] for k in ("x1", "y1", "x2", "y2")] + [d["confidence"], d["class_id"]] for d in answer["detections"]])
            same = ours.shape == rows.shape and len(rows) > 0
            distance = np.abs(ours[:, :4] - rows[:, :4]).max() if same else np.inf
            surety = np.abs(ours[:, 4] - rows[:, 4]).max() if same else np.inf
            right = same and distance < 0.05 and surety < 1e-4 and np.array_equal(ours[:, 5], rows[:, 5])
            print(f"{name} {picture.width}x{picture.height}: {len(rows)} things, boxes within {distance:.4f} px, confidences within {surety:.1e}: {'same' if right else 'NOT THE SAME'}")
            well &= right
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
