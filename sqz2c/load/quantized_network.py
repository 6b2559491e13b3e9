"""
The state_dict that the family's module has after PyTorch's eager quantization (qnnpack).
"""

import numpy as np
import torch

from sqz2c.ir.tensor import Quantization
from sqz2c.load.bypass import with_bypasses
from sqz2c.load.float_network import check_shapes
from sqz2c.load.options import Bypass
from sqz2c.load.squeezenet import Filters, Fire, Network
from sqz2c.load.state_dict import ADD, BYPASS, FIRE_PARTS, HEAD, STEM, StateDict, skeleton

AFFINE = (torch.per_tensor_affine, torch.per_channel_affine)


def is_quantized(state: StateDict) -> bool:
    """
    Tell a quantized state_dict from a float one.
    """
    weight = state.values.get(f"{STEM}.weight")

    return state.has("quant.scale") or (
        isinstance(weight, torch.Tensor) and weight.is_quantized
    )


def quantized_network(
    state: StateDict, bypass: Bypass | None = None
) -> tuple[Network, Quantization]:
    """
    Take the integers and scales out of STATE; the second value is the image's quantization. BYPASS
    is what the user says.
    """
    found = skeleton(state)
    image = _quantization(state, "quant")
    stem = _filters(state, STEM)
    fires = tuple(_fire(state, f"features.{number}") for number in found.fires)
    network = Network(stem, fires, _filters(state, HEAD), found.pools)
    state.done()
    check_shapes(state, network, found.fires)

    return with_bypasses(state, network, found.fires, bypass), image


def _fire(state: StateDict, key: str) -> Fire:
    squeeze, left, right = (_filters(state, f"{key}.{part}") for part in FIRE_PARTS)

    has_bypass = state.has(f"{key}.{BYPASS}.weight")
    bypass = _filters(state, f"{key}.{BYPASS}") if has_bypass else None
    is_bypassed = has_bypass or state.has(f"{key}.{ADD}.scale")
    added = _quantization(state, f"{key}.{ADD}") if is_bypassed else None

    return Fire(
        squeeze, left, right, _quantization(state, f"{key}.cat"), is_bypassed, bypass, added
    )


def _filters(state: StateDict, key: str) -> Filters:
    weight = state.take(f"{key}.weight")
    if weight.dtype != torch.qint8 or weight.qscheme() not in AFFINE:
        raise state.error(
            f"{key}.weight is {weight.dtype}, expected qint8: quantize the whole network"
        )
    if weight.qscheme() == torch.per_tensor_affine:
        scales = torch.tensor([weight.q_scale()])
        zero_points = torch.tensor([weight.q_zero_point()])
    else:
        if weight.q_per_channel_axis() != 0:
            raise state.error(f"{key}.weight has scales along an axis other than its filters")
        scales, zero_points = weight.q_per_channel_scales(), weight.q_per_channel_zero_points()
    if zero_points.any():
        raise state.error(f"{key}.weight has a zero point other than 0: use symmetric weights")
    weights = np.array(weight.int_repr().numpy(), order="C", copy=True)
    if state.take_none(f"{key}.bias"):
        bias = np.zeros(weights.shape[0], np.float32)
    else:
        bias = state.floats(f"{key}.bias")

    return Filters(
        weights, bias, scales.to(torch.float32).numpy().copy(), _quantization(state, key)
    )


def _quantization(state: StateDict, key: str) -> Quantization:
    scale, zero_point = state.take(f"{key}.scale"), state.take(f"{key}.zero_point")
    if scale.numel() != 1 or zero_point.numel() != 1 or zero_point.is_floating_point():
        raise state.error(f"{key}.scale and {key}.zero_point must be one number each")

    return Quantization(float(np.float32(scale.item())), int(zero_point.item()))
