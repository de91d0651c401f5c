"""Ultralytics' way from a photo to boxes around the network, in OpenCV and numpy: the checks' own reference.

Semantics (facts, not code) from Ultralytics 8.4.190: data/augment.py LetterBox, utils/nms.py, utils/ops.py
scale_boxes.
"""

import cv2
import numpy as np

GREY = 114
# Boxes are moved by this many pixels a class, so that one pass suppresses within classes only.
CLASS_OFFSET = 7680


def read_rgb(path):
    """Photo as [h, w, 3] bytes, turned as its EXIF data say."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path}: OpenCV cannot read it")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def letterbox(image, size):
    """[1, 3, size, size] f32 in 0..1: scaled to fit, bilinear, centred on grey."""
    height, width = image.shape[:2]
    scale = min(size / height, size / width)
    new_width, new_height = max(round(width * scale), 1), max(round(height * scale), 1)
    if (new_width, new_height) != (width, height):
        image = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    spare_x, spare_y = (size - new_width) / 2, (size - new_height) / 2
    top, bottom = round(spare_y - 0.1), round(spare_y + 0.1)
    left, right = round(spare_x - 0.1), round(spare_x + 0.1)
    image = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(GREY, GREY, GREY))
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def overlaps(box, boxes):
    """Intersection over union of one box with many, corners."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    inside = np.maximum(width, 0) * np.maximum(height, 0)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    union = areas + (box[2] - box[0]) * (box[3] - box[1]) - inside
    return inside / np.maximum(union, np.float32(1e-9))


def suppress(output, confidence, iou=0.7, limit=300):
    """`output` [4+classes, anchors] -> rows (x1, y1, x2, y2, confidence, class), letterboxed, best first."""
    scores, classes = output[4:].max(0), output[4:].argmax(0)
    kept = scores > confidence
    centre, half = output[:2, kept].T, output[2:4, kept].T / 2
    boxes, scores, classes = np.hstack([centre - half, centre + half]), scores[kept], classes[kept]
    order = np.argsort(-scores, kind="stable")[:30000]
    boxes, scores, classes = boxes[order], scores[order], classes[order]
    apart = (boxes + classes[:, None] * CLASS_OFFSET).astype(np.float32)
    alive, chosen = np.ones(len(boxes), bool), []
    for i in range(len(boxes)):
        if not alive[i]:
            continue
        chosen.append(i)
        alive[i + 1 :] &= overlaps(apart[i], apart[i + 1 :]) <= iou
        if len(chosen) == limit:
            break
    return np.hstack([boxes[chosen], scores[chosen, None], classes[chosen, None]])


def to_photo(rows, size, height, width, one_gain=False):
    """Boxes from letterboxed pixels to those of the photo, cut off at its edges.

    Each axis has the gain that the rounded picture really had; `one_gain`: the same for both, as in
    Ultralytics before 8.4.
    """
    scale = min(size / height, size / width)
    rows = rows.copy()
    for first, side in ((0, width), (1, height)):
        scaled = max(round(side * scale), 1)
        gain = scale if one_gain else scaled / side
        before = round((size - scaled) / 2 - 0.1)
        rows[:, [first, first + 2]] = ((rows[:, [first, first + 2]] - before) / gain).clip(0, side)
    return rows


def detect(run, path, size, confidence, one_gain=False):
    """Rows for one photo; `run` takes the letterboxed image and gives [1, 4+classes, anchors]."""
    image = read_rgb(path)
    rows = suppress(run(letterbox(image, size))[0], confidence)
    return to_photo(rows, size, *image.shape[:2], one_gain)
