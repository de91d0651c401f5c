"""Parts of a tensor, read and written."""

import torch

from ..values import ints


def index_of(rank, begin, end, stride, begin_mask, end_mask, squeeze_mask):
    """NumPy's index of the part that slice_by_index and slice_update name."""
    begin, end = ints(begin), ints(end)
    stride = ints(stride) or [1] * rank
    begin_mask, end_mask, squeeze_mask = ((ints(m) or [0] * rank) for m in (begin_mask, end_mask, squeeze_mask))
    index = []
    for d in range(rank):
        if squeeze_mask[d]:
            index.append(begin[d])
        else:
            index.append(slice(None if begin_mask[d] else begin[d], None if end_mask[d] else end[d], stride[d]))
    return tuple(index)


def slice_by_index(x, begin, end, stride=None, begin_mask=None, end_mask=None, squeeze_mask=None):
    index = index_of(x.ndim, begin, end, stride, begin_mask, end_mask, squeeze_mask)
    return torch.from_numpy(x.numpy()[index].copy())  # PyTorch has no negative strides


def slice_by_size(x, begin, size):
    for d, (start, n) in enumerate(zip(ints(begin), ints(size))):
        start = start % x.shape[d] if start < 0 else start
        x = x.narrow(d, start, x.shape[d] - start if n == -1 else n)
    return x


def slice_update(x, update, begin, end, stride=None, begin_mask=None, end_mask=None, squeeze_mask=None):
    y = x.numpy().copy()
    y[index_of(x.ndim, begin, end, stride, begin_mask, end_mask, squeeze_mask)] = update.numpy()
    return torch.from_numpy(y)


KERNELS = {"slice_by_index": slice_by_index, "slice_by_size": slice_by_size, "slice_update": slice_update}
