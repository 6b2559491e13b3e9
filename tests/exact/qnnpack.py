"""
Judge (b): a quantized graph run by PyTorch's own quantized operators under its qnnpack engine.

PyTorch warns that this engine will go one day, so nothing but tests may import this module.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch

from sqz2c.ir.arithmetic import INT32_MAX, bias_scales, integer_bias
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, MaxPool, PixelTable
from sqz2c.ir.tensor import Quantization


@contextmanager
def engine() -> Iterator[None]:
    """
    Run quantized operators by qnnpack inside, by what was there before outside.
    """
    before = torch.backends.quantized.engine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.backends.quantized.engine = "qnnpack"
        try:
            yield
        finally:
            torch.backends.quantized.engine = before


class Qnnpack:
    """
    GRAPH on PyTorch's operators. Calling it with an image, uint8 [height, width, channels], gives
    what every layer computes, in the same form as verify.Reference.

    FUSED: ReLU inside of the convolution, or as an operator of its own; the bits are the same.
    """

    def __init__(self, graph: Graph, fused: bool = True) -> None:
        self.graph = graph
        self.fused = fused
        with engine():
            self._packed = {conv.name: _packed(conv, graph) for conv in graph.convs}

    @torch.inference_mode()
    def __call__(self, image: np.ndarray) -> dict[str, np.ndarray]:
        with engine():
            return self._run(image)

    def _run(self, image: np.ndarray) -> dict[str, np.ndarray]:
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).unsqueeze(0)
        values = {self.graph.image.name: self._quantized(pixels, self.graph.image.name)}
        parts: dict[str, list[torch.Tensor]] = {}
        seen: dict[str, np.ndarray] = {}
        for layer in self.graph.layers:
            x = values[layer.input]
            if isinstance(layer, GlobalAverage):
                seen[layer.name] = self._average(layer, x)
            elif isinstance(layer, PixelTable):
                table = torch.from_numpy(layer.table)
                q = x.int_repr()[0]
                looked_up = torch.stack([table[c][q[c].long()] for c in range(len(q))])
                values[layer.output] = self._quantized(looked_up.unsqueeze(0), layer.output)
                seen[layer.name] = _map(values[layer.output])
            elif isinstance(layer, MaxPool):
                values[layer.output] = self._pool(layer, x)
                seen[layer.name] = _map(values[layer.output])
            elif isinstance(layer, Add):
                values[layer.output] = self._add(layer, x, values[layer.other])
                seen[layer.name] = _map(values[layer.output])
            else:
                y = self._conv(layer, x)
                parts.setdefault(layer.output, []).append(y)
                values[layer.output] = self._concatenated(parts[layer.output], layer.output)
                whole = _map(values[layer.output])
                seen[layer.name] = whole[:, :, layer.first_channel :]

        return seen

    def _quantized(self, integers: torch.Tensor, tensor: str) -> torch.Tensor:
        quantization = self.graph.tensor(tensor).quantization
        assert quantization is not None
        return torch._make_per_tensor_quantized_tensor(
            integers.contiguous(), quantization.scale, quantization.zero_point
        )

    def _conv(self, conv: Conv, x: torch.Tensor) -> torch.Tensor:
        own = conv.quantization or self.graph.tensor(conv.output).quantization
        assert own is not None
        name = "conv2d_relu" if conv.relu and self.fused else "conv2d"
        y = getattr(torch.ops.quantized, name)(
            x, self._packed[conv.name], own.scale, own.zero_point
        )

        return torch.relu(y) if conv.relu and not self.fused else y

    def _add(self, layer: Add, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        target = self.graph.tensor(layer.output).quantization
        assert target is not None
        name = "add_relu" if layer.relu and self.fused else "add"
        y = getattr(torch.ops.quantized, name)(a, b, target.scale, target.zero_point)

        return torch.relu(y) if layer.relu and not self.fused else y

    def _concatenated(self, parts: list[torch.Tensor], tensor: str) -> torch.Tensor:
        target = self.graph.tensor(tensor).quantization
        assert target is not None
        if all(_quantization(part) == target for part in parts):
            integers = torch.cat([part.int_repr() for part in parts], dim=1)
            return self._quantized(integers, tensor)
        if target.zero_point == 0 and all(part.q_zero_point() == 0 for part in parts):
            return torch.ops.quantized.cat(parts, 1, target.scale, target.zero_point)
        # PyTorch's result depends on the CPU here, so it judges nothing: the definition instead.
        return concatenated(parts, target.scale, target.zero_point)

    def _pool(self, pool: MaxPool, x: torch.Tensor) -> torch.Tensor:
        shape = self.graph.tensor(pool.output)
        y = torch.nn.functional.max_pool2d(
            x, pool.kernel, pool.stride, pool.padding, ceil_mode=True
        )

        return y[:, :, : shape.height, : shape.width].contiguous()

    def _average(self, head: GlobalAverage, x: torch.Tensor) -> np.ndarray:
        if head.output_quantization is None:
            return x.int_repr().sum(dim=(0, 2, 3), dtype=torch.int32).numpy()
        y = torch.nn.functional.adaptive_avg_pool2d(x, (1, 1))
        assert _quantization(y) == head.output_quantization

        return y.int_repr().reshape(-1).to(torch.int32).numpy()


def _packed(conv: Conv, graph: Graph) -> torch.ScriptObject:
    """CONV's weights as PyTorch's operator wants them."""
    scales = conv.weight_scales
    assert scales is not None
    integers = torch.from_numpy(conv.weights)
    if len(scales) == 1:
        weights = torch._make_per_tensor_quantized_tensor(integers, float(scales[0]), 0)
    else:
        zero_points = torch.zeros(len(scales), dtype=torch.int64)
        weights = torch._make_per_channel_quantized_tensor(
            integers, torch.from_numpy(scales).to(torch.float64), zero_points, 0
        )
    window = ([conv.stride] * 2, [conv.padding] * 2, [1, 1], 1)

    return torch.ops.quantized.conv2d_prepack(weights, _convertible_bias(conv, graph), *window)


def _convertible_bias(conv: Conv, graph: Graph) -> torch.Tensor:
    """
    CONV's bias, a little smaller where it would saturate at 2^31 - 1.

    PyTorch saturates, then converts the integer to float and back (pack.h: `b ? b[i] : 0.0f`),
    which is undefined for 2^31: Arm processors give 2^31 - 1, x86 gives -2^31 for some kernels.
    So this judge must not see it. The next float32 below differs by 128 units of the bias scale.
    """
    source = graph.tensor(conv.input).quantization
    assert source is not None
    bias = conv.bias.copy()
    while np.any(saturated := integer_bias(replace(conv, bias=bias), source) == INT32_MAX):
        largest = bias_scales(conv, source) * np.float32(2**31 - 128)
        bias = np.where(saturated, np.minimum(largest, np.nextafter(bias, np.float32(0))), bias)

    return torch.from_numpy(bias.astype(np.float32))


def _quantization(x: torch.Tensor) -> Quantization:
    return Quantization(x.q_scale(), x.q_zero_point())


def concatenated(
    parts: Sequence[torch.Tensor], scale: float, zero_point: int
) -> torch.Tensor:
    """
    Channels side by side in a common scale, by the definition (SPEC.md section 2.4).
    """
    integers = []
    for part in parts:
        real = (part.int_repr().to(torch.int32) - part.q_zero_point()).to(torch.float32)
        real = real * torch.tensor(part.q_scale(), dtype=torch.float32)
        scaled = torch.round(real * (1.0 / torch.tensor(scale, dtype=torch.float32)))
        integers.append((scaled.to(torch.int32) + zero_point).clamp(0, 255).to(torch.uint8))

    return torch._make_per_tensor_quantized_tensor(torch.cat(integers, 1), scale, zero_point)


def _map(x: torch.Tensor) -> np.ndarray:
    return x.int_repr()[0].permute(1, 2, 0).contiguous().numpy()
