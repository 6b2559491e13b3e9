"""
About how many bytes a layer's weights take once coded, before the compiler codes them.
"""

import torch

OVERHEAD = 1.04  # of a Huffman code over the entropy


def coded_bytes(weight: torch.Tensor) -> int:
    """
    Estimate the smaller of the codings dense and block (SPEC.md section 3) by their entropies,
    plus the code's own tables: a byte a symbol and 32 B of counts a code.
    """
    ohwi = weight.detach().permute(0, 2, 3, 1).flatten()
    nonzero = ohwi[ohwi != 0]
    flags = torch.nn.functional.pad(ohwi != 0, (0, -ohwi.numel() % 8)).view(-1, 8)
    blocks = (flags * 2 ** torch.arange(8)).sum(1)
    dense = _bits(ohwi) * OVERHEAD / 8 + 32 + ohwi.unique().numel()
    block = (_bits(blocks) + _bits(nonzero)) * OVERHEAD / 8 + 64
    block += blocks.unique().numel() + nonzero.unique().numel()

    return round(min(dense, block))


def _bits(symbols: torch.Tensor) -> float:
    counts = symbols.unique(return_counts=True)[1].double()

    return float((counts * (counts.sum() / counts).log2()).sum())
