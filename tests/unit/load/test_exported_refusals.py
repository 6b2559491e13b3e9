"""
What is not a SqueezeNet is refused in one sentence that names the operation and a way out.
"""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.ao.quantization.fx._decomposed
import torch.nn.functional as F
from torch import Tensor, nn

from tests.authors import Beside, export
from tests.unit.load.refusal import message_of

SHAPE = (3, 12, 12)


class Does(nn.Module):
    """FUNCTION of its input and, in turn, of LAYERS."""

    def __init__(self, function: Callable[..., Any], *layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Any:
        return self.function(x, *self.layers)


def network(*middle: nn.Module, channels: int = 4) -> nn.Module:
    """A stem, MIDDLE, a head of CHANNELS and the average."""
    head = (nn.Conv2d(channels, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), *middle, *head).eval()


def headed(*head: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), *head).eval()


def conv(size: int = 1) -> nn.Conv2d:
    return nn.Conv2d(4, 4, size, padding=size // 2)


def batch_statistics() -> nn.Module:
    return network(conv(), nn.BatchNorm2d(4, track_running_stats=False))


def unequal(x: Tensor, first: nn.Module, second: nn.Module) -> Tensor:
    return torch.cat([first(x), second(first(x))], 1)


def dense(x: Tensor, layer: nn.Module) -> Tensor:
    return torch.cat([x, layer(x)], 1)


def stale(x: Tensor, layer: nn.Module) -> Tensor:
    y = layer(x)
    same = y.view(y.shape)
    F.relu_(y)
    return same


NO_RELU = "is no ReLU, the only activation that is supported: replace it and train again"
REFUSED = {
    "grouped": (
        network(nn.Conv2d(4, 4, 1, groups=2)),
        r"aten.conv2d \(conv2d_1 in 2\) has groups 2, but only 1",
    ),
    "dilated": (
        network(nn.Conv2d(4, 4, 3, dilation=2)),
        "in 2.* has dilation .*only 1 is supp",
    ),
    "stride": (network(nn.Conv2d(4, 4, 1, (1, 2))), "has stride 1x2, but only equal ones"),
    "padding": (network(nn.Conv2d(4, 4, 3, 1, (1, 0))), "has padding 1x0, but only equal ones"),
    "same": (
        network(nn.Conv2d(4, 4, 2, padding="same")),
        'has padding "same" for filters of 2x2',
    ),
    "transposed": (
        network(nn.ConvTranspose2d(4, 4, 2)),
        "aten.conv_transpose2d .*is not an oper",
    ),
    "sigmoid": (network(nn.Sigmoid()), rf"aten.sigmoid \(sigmoid in 2\) {NO_RELU}"),
    "leaky": (
        network(conv(), nn.LeakyReLU()),
        rf"aten.leaky_relu \(leaky_relu in 3\) {NO_RELU}",
    ),
    "relu6": (network(conv(), nn.ReLU6()), NO_RELU),
    "prelu": (network(conv(), nn.PReLU()), NO_RELU),
    "hardtanh": (network(conv(), nn.Hardtanh(0, 1)), NO_RELU),
    "clamp": (network(conv(), Does(lambda x: x.clamp(0, 6))), "has max 6, which is no ReLU"),
    "clamp at 1": (network(conv(), Does(lambda x: x.clamp(min=1))), NO_RELU),
    "bypass around a pool": (
        network(Does(lambda x, f: f(x) + x, nn.MaxPool2d(3, 1, 1))),
        r"aten.add \(add in 2\) is no bypass around convolutions of stride 1",
    ),
    "bypass of other sides": (
        network(Does(lambda x, f: x.add_(f(x)), nn.Conv2d(4, 1, 1))),
        r"aten.add_ \(add_ in 2\) adds maps of different shapes",
    ),
    "bypass from the image": (
        nn.Sequential(Does(lambda x, f: x + f(x), nn.Conv2d(3, 3, 1)), *headed().children(),
                      nn.AdaptiveAvgPool2d(1)),
        "is no bypass around convolutions",
    ),
    "two branches": (
        network(Does(lambda x, f, g: f(x) + g(x), conv(3), conv(3))),
        "aten.add .*is no bypass around convolutions",
    ),
    "weighed": (
        network(Does(lambda x, f: torch.add(x, f(x), alpha=2), conv())),
        "aten.add .*alpha 2",
    ),
    "normalised sum": (
        network(Does(lambda x, f, g: g(x + f(x)), conv(), nn.BatchNorm2d(4))),
        "does not follow a convolution directly",
    ),
    "joined sums": (
        network(Does(lambda x, f: torch.cat([f(x), x + f(x)], 1), conv()), channels=8),
        "aten.cat .*does not come from conv",
    ),
    "attention": (
        network(Does(lambda x, f: x * f(x), conv())),
        "aten.mul .* joint of two maps",
    ),
    "scaled": (network(Does(lambda x: x * 0.5)), "is not supported between layers"),
    "dense": (network(Does(dense, conv()), channels=8), "aten.cat .*does not come from conv"),
    "inception": (
        network(Does(unequal, conv(), conv(3)), channels=8),
        "aten.cat .*one and the",
    ),
    "joined rows": (
        network(Does(lambda x, f: torch.cat([f(x), f(x)], 2), conv())),
        "aten.cat .*does not join channels",
    ),
    "branches of pools": (
        network(
            Beside([nn.Sequential(conv(), nn.MaxPool2d(3, 1)), nn.Conv2d(4, 4, 3)]), channels=8
        ),
        "joins branches of different strides or pools",
    ),
    "branches of the image": (
        nn.Sequential(Beside([nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 1)]), network()[2:][0]),
        "joins convolutions of the image",
    ),
    "normed late": (
        network(conv(), nn.ReLU(), nn.BatchNorm2d(4)),
        "put BatchNorm between conv",
    ),
    "normed pool": (
        network(conv(), nn.MaxPool2d(2), nn.BatchNorm2d(4)),
        "does not follow a conv",
    ),
    "normed image": (
        nn.Sequential(nn.BatchNorm2d(3), network()).eval(),
        "does not follow a conv",
    ),
    "batch statistics": (batch_statistics(), "measures each batch: use track"),
    "instance norm": (
        network(nn.InstanceNorm2d(4)),
        "aten.instance_norm .*is not an operation",
    ),
    "average pool": (network(nn.AvgPool2d(2)), "averages 2x2 of a 10x10 map, but only"),
    "adaptive pool": (network(nn.AdaptiveAvgPool2d(2)), "makes 2x2 maps"),
    "adaptive max": (network(nn.AdaptiveMaxPool2d(1)), "aten.adaptive_max_pool2d"),
    "pool": (network(nn.MaxPool2d((2, 1))), "has kernel_size 2x1"),
    "dilated pool": (network(nn.MaxPool2d(2, dilation=2)), "has dilation .*only 1 is"),
    "pooled image": (
        nn.Sequential(nn.MaxPool2d(2), network()).eval(),
        "aten.max_pool2d .*the ima",
    ),
    "relu of the image": (nn.Sequential(nn.ReLU(), network()).eval(), "aten.relu .*the image"),
    "upsampled": (
        network(nn.Upsample(scale_factor=2)),
        "aten.upsample_nearest2d.*is not an oper",
    ),
    "ones around": (
        network(nn.ConstantPad2d(1, 1.0), conv()),
        "pads with something else than zer",
    ),
    "mirrored": (network(nn.ReflectionPad2d(1), conv()), r"pads with .*\(mode reflect\)"),
    "one side": (
        network(nn.ZeroPad2d((0, 1, 0, 1)), conv()),
        "only the same on all four sides",
    ),
    "padded pool": (
        network(nn.ZeroPad2d(1), nn.MaxPool2d(2)),
        "aten.max_pool2d .* a padded map",
    ),
    "reordered": (
        network(Does(lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2))),
        r"aten.permute .*reorders the dimensions",
    ),
    "transposed map": (network(Does(lambda x: x.transpose(2, 3))), "aten.transpose"),
    "preprocessing": (
        nn.Sequential(Does(lambda x: (x - 0.5) / 0.25), network()).eval(),
        r"aten.sub \(sub in 0\) is preprocessing .*give --mean and --std",
    ),
    "softmax": (network(nn.Softmax(1)), r"aten.softmax .*export the network without it"),
    "relu behind": (
        headed(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)
        ),
        r"aten.relu \(relu_1 in 5\) follows the average",
    ),
    "average of rows": (headed(Does(lambda x: x.mean(3).mean(2))), "aten.mean .*averages"),
    "average of all": (headed(Does(lambda x: x.mean((1, 2, 3)))), "aten.mean .*averages"),
    "window behind": (
        headed(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 5, 3, padding=1)),
        "follows the average, where only 1x1 filters",
    ),
    "stride behind": (
        headed(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 5, 1, stride=2)),
        "follows the average, where only 1x1 filters of stride 1",
    ),
    "no head": (headed(nn.Conv2d(4, 5, 1)), "ends in a map of 10x10"),
    "pool before the average": (
        headed(nn.Conv2d(4, 5, 1), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)),
        "ends in the average of a pool",
    ),
    "concatenation before the average": (
        headed(Beside([conv(), conv(3)]), nn.AdaptiveAvgPool2d(1)),
        "ends in the average of a pool, of a sum or of a concatenation",
    ),
    "channels": (nn.Sequential(nn.Conv2d(2, 3, 1), network()).eval(), "takes 2 channels, but"),
    "two results": (
        network(Does(lambda x: x))[:2].append(Does(lambda x: (x, x))),
        "2 results,",
    ),
    "computed weights": (
        network(Does(lambda x, f: F.conv2d(x, f.weight.exp()), conv())),
        r"aten.exp \(exp in 2\) is not an operation of a SqueezeNet",
    ),
    "overwritten": (
        network(Does(stale, conv())),
        r"aten.conv2d .*reads view, which relu_.? changed in place",
    ),
}


def image_shape(case: str) -> tuple[int, int, int]:
    return (2 if case == "channels" else 3, *SHAPE[1:])


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_of_the_family_is_refused_by_name(case, tmp_path):
    """Operation, node and module are named, and what to do."""
    module, message = REFUSED[case]
    refused = message_of(export(module, image_shape(case)), tmp_path)
    assert re.search(message, refused), refused


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(4), nn.Dropout(), nn.Dropout2d()], ids=repr)
def test_training_mode_is_refused_with_the_way_out(layer, tmp_path):
    """BatchNorm and dropout that were not switched to eval mode end in the call that does it."""
    refused = message_of(export(network(conv(), layer).train(), SHAPE, batch=2), tmp_path)
    assert re.search("in 3.* runs in training mode: call model.eval", refused), refused


def test_a_decomposed_program_in_training_mode_is_refused(tmp_path):
    """Its statistics are further results; the way out is the same."""
    module = network(conv(), nn.BatchNorm2d(4)).train()
    refused = message_of(export(module, SHAPE, batch=2, decomposed=True), tmp_path)
    assert "call model.eval() and export a model that returns its logits alone" in refused


class Two(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


def export_sized(module: nn.Module, *inputs: Tensor, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(module, inputs, **options), buffer)
    return buffer.getvalue()


def test_other_inputs_than_a_batch_of_images_are_refused(tmp_path):
    """Two tensors, rows instead of images, and images of any size."""
    x = torch.zeros(1, *SHAPE)
    assert "takes 2 inputs, expected one" in message_of(export_sized(Two(), x, x), tmp_path)
    rows = export_sized(nn.Linear(4, 2), torch.zeros(1, 4))
    assert "takes an input of 2 dimensions" in message_of(rows, tmp_path)
    sizes = ({2: torch.export.Dim("height", min=8)},)
    any_size = export_sized(network(), x, dynamic_shapes=sizes)
    assert "export it with a fixed height and width" in message_of(any_size, tmp_path)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e39])
def test_weights_that_are_no_numbers_are_refused_by_name(value, tmp_path):
    """The author's module is named, not the layer it would have become."""
    module = network(conv()).double()
    module[2].bias.data[1] = value
    data = export_sized(module, torch.zeros(1, *SHAPE, dtype=torch.float64))
    refused = message_of(data, tmp_path)
    assert re.search(r"aten.conv2d \(conv2d_1 in 2\) has weights or statistics that are", refused)


def test_a_quantized_program_is_refused(tmp_path):
    """Operations of PyTorch's quantized programs end in the way to a float one."""
    quantize = torch.ops.quantized_decomposed.quantize_per_tensor.default
    module = network()[:2].append(Does(lambda x: quantize(x, 0.1, 0, 0, 255, torch.uint8)))
    refused = message_of(export(module, SHAPE), tmp_path)
    assert re.search("quantize_per_tensor .* is of a quantized program: export the fl", refused)
