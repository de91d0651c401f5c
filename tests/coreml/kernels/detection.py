"""Non-maximum suppression."""

import torch

from ..values import scalar


def non_maximum_suppression(boxes, scores, iou_threshold, max_boxes, score_threshold=None, per_class_suppression=False):
    """Boxes are centre and size. iOS 15: boxes [n, boxes, 4], scores [n, boxes, classes]. From iOS 17 the boxes are the last
    dimension, and the score threshold and the fourth output are gone."""
    newer = score_threshold is None
    if newer:
        boxes, scores = boxes.transpose(1, 2), scores.transpose(1, 2)
    limit, count, per_class = scalar(iou_threshold), scalar(max_boxes), scalar(per_class_suppression)
    least = None if newer else scalar(score_threshold)
    n, _, classes = scores.shape
    out_boxes, out_scores = torch.zeros(n, count, 4), torch.zeros(n, count, classes)
    out_index = torch.full((n, count), -1, dtype=torch.int32)
    out_count = torch.zeros(n, dtype=torch.int32)
    for b in range(n):
        kept = kept_boxes(boxes[b], scores[b], limit, count, least, per_class)
        out_boxes[b, : len(kept)], out_scores[b, : len(kept)] = boxes[b, kept], scores[b, kept]
        out_index[b, : len(kept)] = torch.tensor(kept, dtype=torch.int32)
        out_count[b] = len(kept)
    if newer:
        return out_boxes.transpose(1, 2), out_scores.transpose(1, 2), out_index
    return out_boxes, out_scores, out_index, out_count


def kept_boxes(boxes, scores, iou_limit, count, least_score, per_class):
    """Indices, the best first."""
    best, label = scores.max(dim=1)
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    area = (high - low).clamp(min=0).prod(dim=1)
    kept = []
    for i in best.sort(descending=True, stable=True)[1].tolist():
        if least_score is not None and best[i] < least_score and kept:
            break
        if kept:
            at = torch.tensor(kept)
            shared = (torch.minimum(high[i], high[at]) - torch.maximum(low[i], low[at])).clamp(min=0).prod(dim=1)
            iou = shared / (area[i] + area[at] - shared).clamp(min=1e-12)
            if per_class:
                iou = iou * (label[at] == label[i])
            if (iou > iou_limit).any():
                continue
        kept.append(i)
        if len(kept) == count:
            break
    return kept


KERNELS = {"non_maximum_suppression": non_maximum_suppression}
