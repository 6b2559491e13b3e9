"""
The module that a user quantized in PyTorch's eager mode: its own outputs, submodule by submodule,
are what the compiled network computes.
"""

import warnings
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.ao import quantization

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv
from sqz2c.load import LoadOptions, load_model
from sqz2c.train.squeezenet import (
    Architecture,
    Fire,
    FireWidths,
    SqueezeNet,
    convs,
    fusion_groups,
)
from sqz2c.verify import Reference
from sqz2c.verify.compare import first_difference
from sqz2c.verify.proof import compare_image
from tests.chain import compiled, host_library
from tests.exact.qnnpack import Qnnpack, concatenated, engine

HEIGHT, WIDTH = 33, 40
MEAN, STD = (120.0, 115.5, 104.25), (58.5, 57.0, 57.5)
ARCHITECTURES = {
    "pools early": Architecture(
        classes=7,
        stem_filters=8,
        stem_kernel=3,
        pools=(0, 1),
        widths=(FireWidths(4, 8, 6), FireWidths(3, 5, 9)),
    ),
    "padded, pools late": Architecture(
        classes=4,
        stem_filters=5,
        stem_kernel=5,
        stem_padding=2,
        pools=(1, 2),
        head_padding=1,
        widths=(FireWidths(1, 1, 4), FireWidths(4, 8, 8), FireWidths(4, 6, 3)),
    ),
}
BYPASSED = Architecture(
    classes=6,
    stem_filters=6,
    stem_kernel=3,
    pools=(0, 2),
    widths=(FireWidths(4, 8, 6), FireWidths(3, 5, 9), FireWidths(4, 6, 4)),
    bypass="complex",
)
CASES = [
    *product(ARCHITECTURES.values(), ("per tensor", "per filter"), (True, False)),
    (BYPASSED, "per filter", True),
    (BYPASSED, "per tensor", False),
    (replace(BYPASSED, bypass="simple"), "per tensor", True),
]
WEIGHTS = {
    "per tensor": quantization.default_weight_observer,
    "per filter": quantization.default_per_channel_weight_observer,
}


def preprocessed(image: np.ndarray) -> torch.Tensor:
    """
    What the user's own script makes of uint8 [height, width, 3]: float32 [1, 3, height, width].
    """
    real = (torch.from_numpy(image).to(torch.float32) - torch.tensor(MEAN)) / torch.tensor(STD)

    return real.permute(2, 0, 1).unsqueeze(0)


def images(count: int, seed: int) -> list[np.ndarray]:
    shape = (HEIGHT, WIDTH, 3)
    rng = np.random.default_rng(seed)
    noise = [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(count)]

    return [np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8), *noise]


def quantized_module(architecture: Architecture, weights: str, fused: bool) -> SqueezeNet:
    """
    A seeded network, pruned by half and with one filter pruned away in each convolution,
    calibrated and converted by PyTorch.
    """
    torch.manual_seed(1)
    network = SqueezeNet(architecture).eval()
    for conv in convs(network).values():
        nn.init.kaiming_uniform_(conv.weight)
        nn.init.normal_(conv.bias, mean=0.2, std=0.2)
        conv.weight.data *= torch.rand_like(conv.weight) < 0.5
        if conv.out_channels > 2:
            conv.weight.data[0] = 0
    with warnings.catch_warnings(), engine():
        warnings.simplefilter("ignore")
        if fused:
            quantization.fuse_modules(network, fusion_groups(network), inplace=True)
        network.qconfig = quantization.QConfig(
            activation=quantization.HistogramObserver.with_args(reduce_range=False),
            weight=WEIGHTS[weights],
        )
        quantization.prepare(network, inplace=True)
        for image in images(3, seed=7):
            network(preprocessed(image))
        quantization.convert(network, inplace=True)

    return network


def module_outputs(network: SqueezeNet, image: np.ndarray) -> dict[str, torch.Tensor]:
    """
    Each submodule's output for IMAGE, by the submodule's name.
    """
    outputs: dict[str, torch.Tensor] = {}
    hooks = [
        module.register_forward_hook(
            lambda _module, _input, output, name=name: outputs.__setitem__(name, output)
        )
        for name, module in network.named_modules()
    ]
    for name, module in network.named_modules():
        if isinstance(module, Fire):
            keep_concatenation(module.cat, f"{name}.cat", outputs)
    with engine(), torch.inference_mode():
        network(preprocessed(image))
    for hook in hooks:
        hook.remove()

    return outputs


def keep_concatenation(cat: nn.Module, name: str, outputs: dict[str, torch.Tensor]) -> None:
    """
    What CAT returns goes to OUTPUTS, too: it is called by its method, which no hook sees.
    """
    plain = cat.cat

    def call(parts: list[torch.Tensor], dim: int) -> torch.Tensor:
        outputs[name] = plain(parts, dim)
        return outputs[name]

    cat.cat = call


def concatenate_as_defined(network: SqueezeNet) -> None:
    """
    Zero points that are not 0 meet in quantized.cat, which then depends on the CPU: give the
    module the definition instead.
    """
    for module in network.modules():
        if isinstance(module, Fire):
            cat = module.cat
            cat.cat = lambda parts, _dim, cat=cat: concatenated(parts, cat.scale, cat.zero_point)


def module_names(network: SqueezeNet) -> dict[str, str]:
    """
    Which submodule computes a layer; both expands are found in their fire module's output.
    """
    names = {"input": "quant", "conv1": "features.1"}
    number = 1
    for index, module in enumerate(network.features):
        if isinstance(module, Fire):
            number += 1
            names[f"fire{number}/squeeze"] = f"features.{index}.squeeze_activation"
            names[f"fire{number}/expand1x1"] = f"features.{index}.cat"
            names[f"fire{number}/expand3x3"] = f"features.{index}.cat"
            names[f"fire{number}/bypass"] = f"features.{index}.bypass"
            names[f"fire{number}/add"] = f"features.{index}"
        elif index > 1:
            names[f"pool{number}"] = f"features.{index}"
    names[f"conv{number + 1}"] = "classifier.2"
    names["average"] = "classifier.3"

    return names


def expected_layers(
    graph: Graph, network: SqueezeNet, image: np.ndarray
) -> dict[str, np.ndarray]:
    """
    What NETWORK computes, under the names of GRAPH's layers: uint8 maps, int32 logits.
    """
    outputs, names = module_outputs(network, image), module_names(network)
    layers = {}
    for layer in graph.layers:
        integers = outputs[names[layer.name]].int_repr()[0].permute(1, 2, 0).numpy()
        if isinstance(layer, Conv):
            end = layer.first_channel + layer.out_channels
            integers = integers[:, :, layer.first_channel : end]
        layers[layer.name] = np.ascontiguousarray(integers)
    layers["average"] = layers["average"].reshape(-1).astype(np.int32)

    return layers


@pytest.mark.parametrize(("architecture", "weights", "fused"), CASES)
def test_eager_module_equals_compiled_network(
    architecture: Architecture, weights: str, fused: bool, tmp_path: Path
) -> None:
    """Every submodule's output equals both judges and the C, whatever the module was made of."""
    network = quantized_module(architecture, weights, fused)
    torch.save(network.state_dict(), tmp_path / "model.pt")
    concatenate_as_defined(network)
    options = LoadOptions(
        input_height=HEIGHT,
        input_width=WIDTH,
        stem_stride=architecture.stem_stride,
        stem_padding=architecture.stem_padding,
        head_padding=architecture.head_padding,
        mean=MEAN,
        std=STD,
    )
    program = compiled(load_model(tmp_path / "model.pt", options))
    graph = program.graph

    judges = (Reference(graph), Qnnpack(graph, fused))
    with host_library(program) as library:
        for number, image in enumerate(images(2, seed=8)):
            expected = expected_layers(graph, network, image)
            for judge in judges:
                seen = judge(image)
                for layer in graph.layers:
                    assert None is first_difference(
                        str(number), layer.name, seen[layer.name], expected[layer.name]
                    )
            assert None is compare_image(graph, str(number), library.run(image), expected)


def test_eager_modules_are_worth_comparing() -> None:
    """The unfused module has zero points, the fused one differing scales before concatenation."""
    architecture = ARCHITECTURES["pools early"]
    fused = quantized_module(architecture, "per filter", fused=True).state_dict()
    unfused = quantized_module(architecture, "per tensor", fused=False).state_dict()

    assert 0 < int(unfused["features.0.zero_point"])
    assert float(fused["features.3.expand1x1.scale"]) != float(fused["features.3.expand3x3.scale"])
    assert -128 == min(int(fused[k].int_repr().min()) for k in fused if k.endswith("weight"))
    scales = fused["features.0.weight"].q_per_channel_scales()
    assert np.float32(scales.min()) == np.finfo(np.float32).eps
