import numpy as np
import torch
from torchvision.ops import batched_nms, box_convert, nms

from .case import case, numbers

N, LIMIT = 30, 0.4
CENTRES = np.abs(numbers(N, 4)) * 3 + 0.5
SCORES = 1 / (1 + np.exp(-numbers(N, 3)))


def expected(count, least=0.0, per_class=False):
    """torchvision's boxes, at most `count`, filled up to these."""
    corners, best = box_convert(torch.from_numpy(CENTRES), "cxcywh", "xyxy"), torch.from_numpy(SCORES.max(1))
    kept = batched_nms(corners, best, torch.from_numpy(SCORES.argmax(1)), LIMIT) if per_class else nms(corners, best, LIMIT)
    kept = [i for i in kept.tolist() if best[i] >= least][:count]
    boxes, scores = np.zeros((1, count, 4), np.float32), np.zeros((1, count, 3), np.float32)
    index = np.full((1, count), -1, np.int32)
    boxes[0, : len(kept)], scores[0, : len(kept)], index[0, : len(kept)] = CENTRES[kept], SCORES[kept], kept
    return boxes, scores, index, np.int32([len(kept)])


def older(count, least, per_class):
    return case("non_maximum_suppression", {"boxes": CENTRES[None], "scores": SCORES[None]}, expected(count, least, per_class), until=16,
                iou_threshold=LIMIT, score_threshold=least, max_boxes=count, per_class_suppression=per_class)


def newer(count, per_class):
    boxes, scores, index, _ = expected(count, per_class=per_class)
    return case("non_maximum_suppression", {"boxes": CENTRES.T[None].copy(), "scores": SCORES.T[None].copy()},
                (boxes.swapaxes(1, 2), scores.swapaxes(1, 2), index), since=17, iou_threshold=LIMIT, max_boxes=count,
                per_class_suppression=per_class)


CASES = [older(8, 0.6, False), older(25, 0.7, True), newer(8, False), newer(25, True)]
