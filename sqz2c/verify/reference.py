"""
The definition of right: the integer network as plain PyTorch tensor operations (SPEC.md section 2).

It knows scales, zero points, weights and biases; nothing of codebooks, tiles, plans or fitted
multipliers. Convolutions run in float64, which holds every partial sum exactly (below 2^53).
"""

import numpy as np
import torch
from torch.nn import functional as F

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, MaxPool, PixelTable
from sqz2c.ir.tensor import Quantization

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1


class Reference(torch.nn.Module):
    """
    GRAPH as a module. forward(image uint8 [height, width, channels]) gives what every layer
    computes: {layer name: uint8 [height, width, channels]}, and under the head's name int32
    logits [classes].
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self._filters = {
            conv.name: torch.from_numpy(conv.weights.astype(np.float64)) for conv in graph.convs
        }

    @torch.inference_mode()
    def forward(self, image: np.ndarray) -> dict[str, np.ndarray]:
        # values[name]: float64 integers, [1, channels, height, width]
        pixels = torch.from_numpy(image.astype(np.float64))
        values = {self.graph.image.name: pixels.permute(2, 0, 1).unsqueeze(0)}
        parts: dict[str, dict[int, torch.Tensor]] = {}
        seen: dict[str, np.ndarray] = {}
        for layer in self.graph.layers:
            x = values[layer.input]
            if isinstance(layer, GlobalAverage):
                seen[layer.name] = self._average(layer, x)
                break
            y = (
                self._add(layer, x, values[layer.other])
                if isinstance(layer, Add)
                else self._compute(layer, x)
            )
            seen[layer.name] = y[0].permute(1, 2, 0).to(torch.uint8).numpy()
            first = layer.first_channel if isinstance(layer, Conv) else 0
            parts.setdefault(layer.output, {})[first] = y
            written = parts[layer.output]
            values[layer.output] = torch.cat([written[c] for c in sorted(written)], dim=1)

        return seen

    def _compute(self, layer: PixelTable | Conv | MaxPool, x: torch.Tensor) -> torch.Tensor:
        if isinstance(layer, PixelTable):
            table = torch.from_numpy(layer.table.astype(np.float64))
            return torch.stack([table[c][x[:, c].long()] for c in range(x.shape[1])], dim=1)
        if isinstance(layer, MaxPool):
            # Without ceil mode the same windows are fewer: those that fit wholly.
            shape = self.graph.tensor(layer.output)
            y = F.max_pool2d(x, layer.kernel, layer.stride, layer.padding, ceil_mode=True)
            return y[:, :, : shape.height, : shape.width]
        return self._conv(layer, x)

    def _conv(self, conv: Conv, x: torch.Tensor) -> torch.Tensor:
        source = self.graph.tensor(conv.input).quantization
        target = self.graph.tensor(conv.output).quantization
        own = conv.quantization or target
        assert source is not None and target is not None and own is not None
        assert conv.weight_scales is not None

        sums = F.conv2d(
            x - source.zero_point,
            self._filters[conv.name],
            stride=conv.stride,
            padding=conv.padding,
        )
        bias_scale = torch.from_numpy(conv.weight_scales) * torch.tensor(
            source.scale, dtype=torch.float32
        )
        bias = torch.round(torch.from_numpy(conv.bias) * (1.0 / bias_scale)).to(torch.float64)
        bias = bias.clamp(INT32_MIN, INT32_MAX)
        acc = _wrap_to_int32(sums + bias.view(1, -1, 1, 1))
        m = bias_scale * (1.0 / torch.tensor(own.scale, dtype=torch.float32))
        y = _rescale(acc, m.view(1, -1, 1, 1), own.zero_point, conv.relu)

        return y if own == target else _remap(y, own, target)

    def _add(self, layer: Add, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        tensors = (self.graph.tensor(name) for name in (layer.input, layer.other, layer.output))
        first, second, out = (tensor.quantization for tensor in tensors)
        assert first is not None and second is not None and out is not None
        scales = torch.tensor([first.scale, second.scale], dtype=torch.float32)
        ratios = (scales / torch.tensor(out.scale, dtype=torch.float32)).to(torch.float64)
        shift = 21 - int(torch.floor(torch.log2(ratios.max())))
        factors = torch.round(ratios * 2.0**shift)
        sums = (a - first.zero_point) * factors[0] + (b - second.zero_point) * factors[1]
        halves = torch.floor(sums.abs() / 2.0**shift + 0.5)  # half away from zero
        y = torch.sign(sums) * halves + out.zero_point

        return y.clamp(out.zero_point if layer.relu else 0, 255)

    def _average(self, head: GlobalAverage, x: torch.Tensor) -> np.ndarray:
        sums = x.sum(dim=(2, 3))[0].to(torch.int64)
        out = head.output_quantization
        if out is not None:
            source = self.graph.tensor(head.input).quantization
            assert source is not None
            count = x.shape[2] * x.shape[3]
            scale = torch.tensor(source.scale, dtype=torch.float32)
            m = scale / (torch.tensor(out.scale, dtype=torch.float32) * float(count))
            acc = (sums - count * source.zero_point).to(torch.int32)
            sums = _rescale(acc, m, out.zero_point, relu=False).to(torch.int64)

        return sums.to(torch.int32).numpy()


def _wrap_to_int32(exact: torch.Tensor) -> torch.Tensor:
    """int32 sums wrap around, in PyTorch as in C."""
    return ((exact.to(torch.int64) + 2**31) % 2**32 - 2**31).to(torch.int32)


def _rescale(acc: torch.Tensor, m: torch.Tensor, zero_point: int, relu: bool) -> torch.Tensor:
    rounded = torch.round(acc.to(torch.float32) * m).to(torch.float64)

    return (rounded + zero_point).clamp(zero_point if relu else 0, 255)


def _remap(q: torch.Tensor, source: Quantization, target: Quantization) -> torch.Tensor:
    """A concatenation whose inputs differ in scale (SPEC.md 2.4)."""
    factor = torch.tensor(1.0) / torch.tensor(target.scale, dtype=torch.float32)
    real = (q - source.zero_point).to(torch.float32) * torch.tensor(
        source.scale, dtype=torch.float32
    )

    return (torch.round(real * factor).to(torch.float64) + target.zero_point).clamp(0, 255)
