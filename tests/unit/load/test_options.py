"""
Preprocessing: presets, explicit values, and the order in which a network was trained.
"""

import pytest

from sqz2c.errors import LoadError
from sqz2c.load.options import PRESETS, LoadOptions, preprocessing_of


def test_presets_are_in_their_own_order():
    """Caffe's means are those of B, G and R; torchvision's those of R, G and B, times 255."""
    caffe, order = preprocessing_of(LoadOptions(preset="caffe"), 3, "torchvision")
    assert ("BGR", (104.0, 117.0, 123.0), (1.0, 1.0, 1.0)) == (order, caffe.mean, caffe.std)
    vision, order = preprocessing_of(LoadOptions(), 3, "torchvision")
    assert ("RGB", 255 * 0.485, 255 * 0.225) == (order, vision.mean[0], vision.std[2])


def test_a_trained_order_turns_a_preset_around():
    """A preset's values follow the channels when the network was trained in the other order."""
    options = LoadOptions(preset="caffe", trained_order="RGB", std=(1.0, 2.0, 3.0))
    given, order = preprocessing_of(options, 3, "torchvision")
    assert ("RGB", (123.0, 117.0, 104.0)) == (order, given.mean)
    assert (1.0, 2.0, 3.0) == given.std


def test_one_value_stands_for_all_channels():
    """A single mean or std is repeated."""
    given, _ = preprocessing_of(LoadOptions(mean=(127.5,), std=(127.5,)), 3, "torchvision")
    assert ((127.5,) * 3, (127.5,) * 3) == (given.mean, given.std)


def test_a_gray_network_takes_unit_by_default():
    """One channel has no trained order; its pixels are divided by 255."""
    given, order = preprocessing_of(LoadOptions(), 1, "torchvision")
    assert ("GRAY", (0.0,), (255.0,)) == (order, given.mean, given.std)


def test_a_mean_of_zero_is_a_mean():
    """(0, 0, 0) given is not the same as nothing given."""
    given, _ = preprocessing_of(LoadOptions(mean=(0.0, 0.0, 0.0)), 3, "torchvision")
    assert (0.0, 0.0, 0.0) == given.mean


@pytest.mark.parametrize(
    ("options", "channels", "message"),
    [
        (
            LoadOptions(preset="imagenet"),
            3,
            "no preprocessing named 'imagenet': choose caffe, ",
        ),
        (LoadOptions(mean=(1.0, 2.0)), 3, "mean has 2 values, .* images of 3 channels"),
        (LoadOptions(std=(1.0, 2.0, 3.0)), 1, "std has 3 values, .* images of 1 channels"),
        (LoadOptions(preset="torchvision"), 1, "mean has 3 values, .* images of 1 channels"),
        (LoadOptions(mean=()), 3, "mean has 0 values"),
        (LoadOptions(std=(0.0,)), 3, "Mean and std must be finite, and std above 0"),
        (LoadOptions(std=(float("inf"),)), 3, "Mean and std must be finite"),
        (LoadOptions(mean=(float("nan"),)), 1, "Mean and std must be finite"),
    ],
)
def test_what_does_not_fit_is_refused(options, channels, message):
    """Unknown presets and wrong numbers of values are refused."""
    with pytest.raises(LoadError, match=message):
        preprocessing_of(options, channels, "torchvision")


def test_every_preset_has_three_channels():
    """Presets are for colour networks."""
    assert {3} == {len(p.mean) for p in PRESETS.values()} | {
        len(p.std) for p in PRESETS.values()
    }
