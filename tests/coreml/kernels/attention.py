"""Attention as one operation."""

import math

import torch


def scaled_dot_product_attention(query, key, value, attn_mask=None):
    """Written out: PyTorch has it from 2.0. A mask of bools keeps where it is true, one of numbers is added."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    return torch.softmax(scores, dim=-1) @ value


KERNELS = {"scaled_dot_product_attention": scaled_dot_product_attention}
