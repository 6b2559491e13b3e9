"""
Float state_dicts in torchvision's naming: the same numbers as PyTorch, and refusals by key.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c.errors import LoadError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import MaxPool
from sqz2c.load import LoadOptions, load_model
from sqz2c.quantize.calibrate import run_float
from sqz2c.train.squeezenet import Architecture, squeezenet1_0, squeezenet1_1
from tests.unit.load.family import BYPASSED, SIDE, TINY, network, saved

SQUARE = LoadOptions(input_height=SIDE, input_width=SIDE)


def load(state: dict, tmp_path: Path, options: LoadOptions = SQUARE) -> Graph:
    return load_model(saved(state, tmp_path / "model.pt"), options)


def logits(graph: Graph, images: torch.Tensor) -> np.ndarray:
    return list(run_float(graph, images))[-1][1].flatten(1).numpy()


def pictures(channels: int = 3, height: int = SIDE, width: int = SIDE) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(
        0, 256, (2, height, width, channels), dtype=torch.uint8, generator=generator
    )


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        (TINY, SQUARE),
        (TINY, replace(SQUARE, input_width=47)),
        (
            replace(TINY, pools=(), stem_stride=1, stem_padding=1),
            replace(SQUARE, stem_stride=1, stem_padding=1),
        ),
        (replace(TINY, pools=(1, 2), head_padding=1), replace(SQUARE, head_padding=1)),
        (replace(TINY, pools=(0, 1, 2), stem_kernel=7), SQUARE),
        (BYPASSED, SQUARE),
        (replace(BYPASSED, bypass="simple"), replace(SQUARE, bypass="simple")),
        (replace(TINY, in_channels=1), replace(SQUARE, mean=(30.0,), std=(70.0,))),
    ],
)
def test_the_graph_computes_what_the_module_does(architecture, options, tmp_path):
    """Pools, paddings, strides and preprocessing are where the module has them."""
    net = network(architecture)
    graph = load(net.state_dict(), tmp_path, options)
    images = pictures(architecture.in_channels, graph.image.height, graph.image.width)
    mean = torch.tensor(graph.preprocessing.mean)
    std = torch.tensor(graph.preprocessing.std)
    with torch.no_grad():
        expected = net(((images - mean) / std).permute(0, 3, 1, 2))
    np.testing.assert_allclose(expected.numpy(), logits(graph, images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("net", "pools"),
    [
        (squeezenet1_0(4), ["pool1", "pool4", "pool8"]),
        (squeezenet1_1(4), ["pool1", "pool3", "pool5"]),
    ],
)
def test_pools_have_the_papers_names(net, pools, tmp_path):
    """Gaps in the numbers of features tell v1.0 from v1.1; the head is conv10."""
    graph = load(net.state_dict(), tmp_path, LoadOptions(input_height=64, input_width=64))
    assert pools == [x.name for x in graph.layers if isinstance(x, MaxPool)]
    names = [x.name for x in graph.layers]
    assert ["conv1", "pool1", "fire2/squeeze", "fire2/expand1x1", "fire2/expand3x3"] == names[
        :5
    ]
    assert ["conv10", "average"] == names[-2:]
    assert ["pixels", "conv1", "pool1", "fire2/squeeze", "fire2"] == [
        t.name for t in graph.tensors[:5]
    ]


@pytest.mark.parametrize("order", ["RGB", "BGR"])
@pytest.mark.parametrize("trained", ["RGB", "BGR"])
def test_the_cameras_order_does_not_change_the_answer(order, trained, tmp_path):
    """First filters and preprocessing follow the caller's channel order."""
    options = replace(SQUARE, order=order, trained_order=trained, mean=(1.0, 2.0, 3.0))
    graph = load(network().state_dict(), tmp_path, options)
    straight = load(network().state_dict(), tmp_path, replace(options, order=trained))
    images = pictures()
    flipped = images if order == trained else images.flip(3)
    assert order == graph.order
    np.testing.assert_allclose(logits(straight, images), logits(graph, flipped), rtol=1e-5)


def test_masks_are_multiplied_out(tmp_path):
    """weight_orig times weight_mask is the weight, as torch.nn.utils.prune leaves them."""
    state = network().state_dict()
    weight = state.pop("features.3.expand3x3.weight")
    mask = (torch.arange(weight.numel()).reshape(weight.shape) % 3 > 0).float()
    state["features.3.expand3x3.weight_orig"] = weight
    state["features.3.expand3x3.weight_mask"] = mask
    graph = load(state, tmp_path)
    assert (weight * mask).numpy().tolist() == graph.convs[3].weights.tolist()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_float32(dtype, tmp_path):
    """Half, bfloat16 and double weights are converted."""
    state = {key: value.to(dtype) for key, value in network().state_dict().items()}
    graph = load(state, tmp_path)
    expected = state["features.0.weight"].to(torch.float32)
    assert np.float32 == graph.convs[0].weights.dtype
    assert expected.numpy().tolist() == graph.convs[0].weights.tolist()


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
def test_training_checkpoints_are_opened(wrapper, tmp_path):
    """A state_dict inside a checkpoint and under data-parallel names is found."""
    state = {f"module.{key}": value for key, value in network().state_dict().items()}
    graph = load({wrapper: state, "epoch": 7, "optimizer": {"lr": 0.1}}, tmp_path)
    assert network().state_dict()["classifier.1.bias"].tolist() == graph.convs[-1].bias.tolist()


def test_npz_files_hold_the_same(tmp_path):
    """Arrays under the same names load from .npz, whatever the file is called."""
    state = network().state_dict()
    with (tmp_path / "model.bin").open("wb") as file:
        np.savez(file, **{key: value.numpy() for key, value in state.items()})
    graph = load_model(tmp_path / "model.bin", SQUARE)
    assert state["features.0.weight"].tolist() == graph.convs[0].weights.tolist()


def test_old_files_of_torch_save_load(tmp_path):
    """Files of torch.save from before its zip format are read as well."""
    path = tmp_path / "model.pt"
    torch.save(network().state_dict(), path, _use_new_zipfile_serialization=False)
    assert 5 == load_model(path, SQUARE).classes


def changed(**changes) -> dict:
    state = dict(network().state_dict())
    for key, value in changes.items():
        key = key.replace("__", ".")
        if value is None:
            del state[key]
        else:
            state[key] = value
    return state


def renumbered(**numbers: int) -> dict:
    def rename(key: str) -> str:
        for old, new in numbers.items():
            key = key.replace(f"features.{old[1:]}.", f"features.{new}.")
        return key

    return {rename(key): value for key, value in network().state_dict().items()}


INF = torch.full((4,), float("inf"))
MASK = torch.ones(4, 3, 3, 3)
WRONG = {
    "batch norm": (
        changed(features__1__running_mean=torch.zeros(4)),
        "the key features.1.running_mean belongs to a layer that is not supported",
    ),
    "two unknown": (
        changed(fc__weight=MASK, fc__bias=INF),
        r"the key fc.weight \(and 1 more\) belongs",
    ),
    "no stem": (
        changed(features__0__weight=None, features__0__bias=None),
        "no features.0.weight",
    ),
    "no fires": (
        {
            k: v
            for k, v in network().state_dict().items()
            if "squeeze" not in k and "exp" not in k
        },
        "there is no fire module",
    ),
    "no head": (changed(classifier__1__weight=None), "the key classifier.1.weight is missing"),
    "no bias": (changed(features__3__squeeze__bias=None), "features.3.squeeze.bias is missing"),
    "no mask": (
        changed(features__0__weight=None, features__0__weight_orig=MASK),
        "the key features.0.weight_mask is missing",
    ),
    "mask and weight": (
        changed(features__0__weight_orig=MASK, features__0__weight_mask=MASK),
        "features.0.weight is there twice",
    ),
    "mask's shape": (
        changed(
            features__0__weight=None,
            features__0__weight_orig=MASK,
            features__0__weight_mask=MASK[:1],
        ),
        "features.0.weight_orig and features.0.weight_mask differ in shape",
    ),
    "infinite": (changed(features__0__bias=INF), "features.0.bias holds infinite values"),
    "not a number": (
        changed(features__0__weight=MASK * float("nan")),
        "features.0.weight holds infinite",
    ),
    "beyond float32": (
        changed(features__0__weight=MASK.double() * 1e300),
        "features.0.weight holds infinite",
    ),
    "integers": (changed(features__0__weight=MASK.int()), "features.0.weight is torch.int32"),
    "no tensor": (changed(features__0__weight="x"), "features.0.weight is not a dense tensor"),
    "sparse": (changed(features__0__bias=INF.to_sparse()), "features.0.bias is not a dense"),
    "stretched": (
        changed(features__0__weight=torch.zeros(1).expand(4, 3, 999, 999)),
        "features.0.weight is larger than what the file holds",
    ),
    "linear head": (
        changed(classifier__1__weight=torch.zeros(5, 8)),
        r"classifier.1.weight has shape \[5, 8\]",
    ),
    "not square": (
        changed(features__0__weight=torch.zeros(4, 3, 3, 5)),
        r"shape \[4, 3, 3, 5\], expected",
    ),
    "five by five expand": (
        changed(features__3__expand3x3__weight=torch.zeros(5, 2, 5, 5)),
        "features.3.expand3x3.weight has 5x5 filters, expected 3x3",
    ),
    "channels": (
        changed(features__3__expand1x1__weight=torch.zeros(3, 7, 1, 1)),
        "features.3.expand1x1.weight takes 7 channels, but the layers before give 2",
    ),
    "head's channels": (
        changed(classifier__1__weight=torch.zeros(5, 9, 1, 1)),
        "classifier.1.weight takes 9 ch",
    ),
    "bias's shape": (
        changed(features__0__bias=torch.zeros(5)),
        r"features.0.bias has shape \[5\], expected \[4\]",
    ),
    "image channels": (
        changed(features__0__weight=torch.zeros(4, 2, 3, 3)),
        "features.0 takes 2 channels",
    ),
    "two pools at once": (
        renumbered(f6=9, f4=7),
        r"features.4 to features.6 have no weights: only one max pool",
    ),
    "fire for a stem": (renumbered(f3=1), "features.1 is where the stem should be"),
    "a list": ([torch.zeros(1)], "holds no state_dict"),
    "nothing": ({}, "holds no state_dict"),
    "a tensor": (torch.zeros(3), "holds no state_dict"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_of_the_family_is_refused_by_key(case, tmp_path):
    """Each wrong state_dict ends in a sentence that names the file and the key."""
    state, message = WRONG[case]
    with pytest.raises(LoadError, match=message) as error:
        load(state, tmp_path)
    assert str(error.value).startswith(str(tmp_path / "model.pt"))


def without(*keys: str) -> dict:
    state = network(BYPASSED).state_dict()
    return {key: value for key, value in state.items() if not key.startswith(keys)}


BYPASS = replace(SQUARE, bypass="simple")
AROUND = "features.4.bypass"
WIDER = {f"{AROUND}.weight": torch.zeros(9, 8, 1, 1), f"{AROUND}.bias": torch.zeros(9)}
BYPASSES = {
    "said otherwise": (without(), BYPASS, "has complex bypass, not simple"),
    "one is missing": (without("features.6.bypass"), SQUARE, "features.6.bypass is missing"),
    "none is there": (
        without("features.3.bypass", "features.6.bypass"), replace(SQUARE, bypass="complex"),
        "features.3.bypass is missing",
    ),
    "no bias": (without("features.3.bypass.bias"), SQUARE, "features.3.bypass.bias is missing"),
    "nothing to add": (
        network(replace(TINY, widths=TINY.widths[:1], pools=(0,))).state_dict(), BYPASS,
        "features.3 and all other fire modules change",
    ),
    "other channels": (without() | WIDER, SQUARE, "features.4.bypass.weight gives 9 channels"),
}  # fmt: skip


@pytest.mark.parametrize("case", BYPASSES)
def test_bypasses_that_do_not_fit_are_refused(case, tmp_path):
    """By the key of the module."""
    state, options, message = BYPASSES[case]
    with pytest.raises(LoadError, match=message):
        load(state, tmp_path, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (LoadOptions(), "does not say how large its images are: give the input size"),
        (
            LoadOptions(input_height=2, input_width=40),
            "conv1: filters of 3x3 do not fit pixels",
        ),
        (
            LoadOptions(input_height=4, input_width=40),
            "pool1: conv1 .* is too small to be pooled",
        ),
        (replace(SQUARE, input_height=0), "Input size and stride must be at least 1"),
        (replace(SQUARE, stem_stride=0), "Input size and stride must be at least 1"),
        (replace(SQUARE, head_padding=-1), "paddings at least 0"),
        (replace(SQUARE, order="GRAY"), "takes RGB images, which cannot be made of GRAY"),
        (replace(SQUARE, order="RGBA"), "order must be RGB, BGR or GRAY"),
        (replace(SQUARE, std=(0.0,)), "std above 0"),
        (replace(SQUARE, mean=(float("nan"),)), "Mean and std must be finite"),
        (replace(SQUARE, labels=("a", "b")), "2 labels do not name 5 classes"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message, tmp_path):
    """Sizes, orders and preprocessings that cannot be are refused."""
    with pytest.raises(LoadError, match=message):
        load(network().state_dict(), tmp_path, options)


def test_a_gray_network_wants_gray_pictures(tmp_path):
    """One input channel means GRAY, and no other order."""
    state = network(Architecture(**vars(TINY) | {"in_channels": 1})).state_dict()
    assert "GRAY" == load(state, tmp_path).order
    with pytest.raises(LoadError, match="takes GRAY images, which cannot be made of RGB"):
        load(state, tmp_path, replace(SQUARE, order="RGB"))
