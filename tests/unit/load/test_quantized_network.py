"""
Eagerly quantized state_dicts: every number as PyTorch has it, and refusals by key.
"""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.ao.nn.quantized import Conv2d

from sqz2c.errors import LoadError
from sqz2c.ir.graph import PIXELS, Graph
from sqz2c.ir.layer import PixelTable
from sqz2c.ir.tensor import Quantization
from sqz2c.load import LoadOptions, load_model
from tests.unit.load.family import BYPASSED, SIDE, TINY, quantized, saved

OPTIONS = LoadOptions(input_height=SIDE, input_width=SIDE)


@pytest.fixture(scope="module")
def state() -> dict:
    """The state_dict of a fused network with one scale a tensor."""
    return dict(quantized().state_dict())


def load(state: dict, tmp_path, options: LoadOptions = OPTIONS) -> Graph:
    return load_model(saved(state, tmp_path / "model.pt"), options)


def quantization_of(module) -> Quantization:
    return Quantization(float(np.float32(module.scale)), int(module.zero_point))


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("per_channel", [True, False])
def test_every_number_is_the_modules(fuse, per_channel, tmp_path):
    """Integers, scales, biases, zero points and the scales before a concatenation are kept."""
    net = quantized(fuse=fuse, per_channel=per_channel)
    graph = load(net.state_dict(), tmp_path)
    convs = [m for m in net.modules() if isinstance(m, Conv2d)]
    assert len(convs) == len(graph.convs)
    for module, conv in zip(convs, graph.convs, strict=True):
        assert module.weight().int_repr().tolist() == conv.weights.tolist()
        assert module.bias().tolist() == conv.bias.tolist()
        scales = (
            module.weight().q_per_channel_scales()
            if per_channel
            else [module.weight().q_scale()]
        )
        assert np.float32(list(scales)).tolist() == conv.weight_scales.tolist()
        own = conv.quantization or graph.tensor(conv.output).quantization
        assert quantization_of(module) == own
    for number, name in ((3, "fire2"), (4, "fire3"), (6, "fire4")):
        cat = net.features[number].cat
        assert quantization_of(cat) == graph.tensor(name).quantization
    assert quantization_of(net.classifier[1]) == graph.head.output_quantization
    assert fuse == (graph.tensor("conv1").quantization.zero_point == 0)


@pytest.mark.parametrize("bypass", ["simple", "complex"])
def test_sums_have_the_modules_scales(bypass, tmp_path):
    """A quantized module says itself what is added; its scales and zero points are kept."""
    net = quantized(replace(BYPASSED, bypass=bypass))
    graph = load(net.state_dict(), tmp_path)
    modules = {"fire2": net.features[3], "fire3": net.features[4], "fire4": net.features[6]}
    expected = {
        f"{name}/add": quantization_of(fire.add)
        for name, fire in modules.items()
        if fire.is_bypassed
    }
    assert expected == {add.name: graph.tensor(add.output).quantization for add in graph.adds}
    around = {c.name: c for c in graph.convs if c.name.endswith("/bypass")}
    assert (bypass == "complex") == ({"fire2/bypass", "fire4/bypass"} == set(around))
    for name, conv in around.items():
        module = modules[name.partition("/")[0]].bypass
        assert module.weight().int_repr().tolist() == conv.weights.tolist()
        assert quantization_of(module) == graph.tensor(name).quantization
        assert not conv.relu


def test_expands_with_scales_of_their_own_keep_them(state, tmp_path):
    """Where an expand's scale is not the concatenation's it stays with the convolution."""
    graph = load(state, tmp_path)
    expands = [conv for conv in graph.convs if "expand" in conv.name]
    scales = [
        state[f"features.{n}.{part}.scale"]
        for n in (3, 4, 6)
        for part in ("expand1x1", "expand3x3")
    ]
    cats = [state[f"features.{n}.cat.scale"] for n in (3, 4, 6) for _ in range(2)]
    for conv, scale, cat in zip(expands, scales, cats, strict=True):
        assert (scale != cat) == (conv.quantization is not None)


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_the_table_is_what_the_module_quantizes(order, tmp_path):
    """Each pixel value of each channel becomes what the quant stub makes of it."""
    net = quantized()
    options = replace(OPTIONS, preset="caffe", order=order)
    graph = load(net.state_dict(), tmp_path, options)
    table = graph.layers[0]
    assert isinstance(table, PixelTable)
    assert (PIXELS, "input") == (table.input, table.output)
    mean = torch.tensor([104.0, 117.0, 123.0]).reshape(1, 3, 1)
    trained = net.quant((torch.arange(256.0).expand(1, 3, 256) - mean).contiguous())
    expected = trained.int_repr()[0]
    expected = expected if order == "BGR" else expected.flip(0)
    assert expected.tolist() == table.table.tolist()


def test_the_cameras_order_reorders_the_first_filters(state, tmp_path):
    """BGR pixels meet the filters of B first."""
    graph = load(state, tmp_path, replace(OPTIONS, order="BGR"))
    expected = state["features.0.weight"].int_repr().flip(1)
    assert expected.tolist() == graph.convs[0].weights.tolist()


def integers(graph: Graph, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Pixels and the first convolution, computed exactly (SPEC.md section 2)."""
    table = torch.from_numpy(graph.layers[0].table)
    x = torch.stack([table[c][images[..., c].long()] for c in range(3)], dim=1)
    source, target = (graph.tensor(name).quantization for name in ("input", "conv1"))
    conv = graph.convs[0]
    bs = conv.weight_scales[0] * np.float32(source.scale)
    bias = np.rint(conv.bias * (np.float32(1) / bs))
    acc = F.conv2d(
        x.double() - source.zero_point,
        torch.from_numpy(conv.weights).double(),
        torch.from_numpy(bias).double(),
        conv.stride,
    )
    scaled = acc.float() * float(bs * (np.float32(1) / np.float32(target.scale)))
    y = torch.clamp(torch.round(scaled) + target.zero_point, target.zero_point, 255)
    return {"input": x, "conv1": y.to(torch.uint8)}


@pytest.mark.parametrize("fuse", [True, False])
def test_the_first_layers_are_bit_exact(fuse, tmp_path):
    """Table and first convolution give the bytes that PyTorch's module gives."""
    net = quantized(fuse=fuse)
    graph = load(net.state_dict(), tmp_path, replace(OPTIONS, preset="unit"))
    images = torch.randint(0, 256, (2, SIDE, SIDE, 3), dtype=torch.uint8)
    inputs = net.quant((images.float() / 255).permute(0, 3, 1, 2).contiguous())
    torch.backends.quantized.engine = "qnnpack"
    outputs = net.features[1](net.features[0](inputs))
    mine = integers(graph, images)
    assert inputs.int_repr().tolist() == mine["input"].tolist()
    assert outputs.int_repr().tolist() == mine["conv1"].tolist()


def test_a_missing_bias_is_zero(state, tmp_path):
    """PyTorch saves None for a convolution without bias."""
    graph = load(state | {"features.0.bias": None}, tmp_path)
    assert [0.0] * 4 == graph.convs[0].bias.tolist()


def test_the_lowest_weight_is_kept(state, tmp_path):
    """-128, which PyTorch's observer yields, survives."""
    weight = state["features.0.weight"]
    lowest = weight.int_repr().clone()
    lowest[0, 0, 0, 0] = -128
    values = torch._make_per_tensor_quantized_tensor(lowest, weight.q_scale(), 0)
    graph = load(state | {"features.0.weight": values}, tmp_path)
    assert -128 == graph.convs[0].weights[0, 0, 0, 0]


def make(scale=0.1, zero_point=0, dtype=torch.qint8):
    return torch.quantize_per_tensor(torch.zeros(4, 3, 3, 3), scale, zero_point, dtype)


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    SIDEWAYS = torch.quantize_per_channel(
        torch.zeros(4, 3, 3, 3),
        torch.ones(3),
        torch.zeros(3, dtype=torch.int64),
        1,
        torch.qint8,
    )
WRONG = {
    "float layer": (
        {"features.0.weight": torch.zeros(4, 3, 3, 3)},
        "features.0.weight is torch.f",
    ),
    "uint8 weights": ({"features.0.weight": make(dtype=torch.quint8)}, "expected qint8"),
    "asymmetric": ({"features.0.weight": make(zero_point=3)}, "zero point other than 0"),
    "other axis": ({"features.0.weight": SIDEWAYS}, "along an axis other than its filters"),
    "bias nan": (
        {"features.0.bias": torch.full((4,), float("nan"))},
        "features.0.bias holds inf",
    ),
    "no scale": ({"features.0.scale": None}, "features.0.scale is not a dense tensor"),
    "two scales": ({"features.0.scale": torch.ones(2)}, "must be one number each"),
    "float zero point": (
        {"features.0.zero_point": torch.tensor(0.5)},
        "must be one number each",
    ),
    "scale nan": ({"features.0.scale": torch.tensor(float("nan"))}, "conv1: the scale nan"),
    "scale below 0": ({"features.3.cat.scale": torch.tensor(-1.0)}, "fire2: the scale -1.0"),
    "zero point": ({"quant.zero_point": torch.tensor([300])}, "input: the zero point 300"),
    "m of 1 and more": (
        {"features.0.scale": torch.tensor(1e-9)},
        "conv1: its multiplier .* not be",
    ),
    "image scale nan": ({"quant.scale": torch.tensor([float("nan")])}, "input: the scale nan"),
    "image scale 0": ({"quant.scale": torch.tensor([0.0])}, "input: the scale 0.0"),
    "unknown key": ({"features.1.scale": torch.ones(1)}, "the key features.1.scale belongs"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_exact_is_refused_by_name(case, state, tmp_path):
    """Each wrong value ends in a sentence that names the file and the key or layer."""
    change, message = WRONG[case]
    with pytest.raises(LoadError, match=message) as error:
        load(state | change, tmp_path)
    assert str(error.value).startswith(str(tmp_path / "model.pt"))


@pytest.mark.parametrize(
    "key", ["quant.scale", "features.3.cat.zero_point", "classifier.1.scale"]
)
def test_a_missing_key_is_named(key, state, tmp_path):
    """The file of a module without quant stub or with another concatenation is refused."""
    with pytest.raises(LoadError, match=f"the key {key} is missing"):
        load({k: v for k, v in state.items() if k != key}, tmp_path)


def test_gray_networks_have_one_table(tmp_path):
    """One channel takes one table of 256 values."""
    state = quantized(replace(TINY, in_channels=1)).state_dict()
    graph = load(state, tmp_path)
    assert ("GRAY", (1, 256)) == (graph.order, graph.layers[0].table.shape)
