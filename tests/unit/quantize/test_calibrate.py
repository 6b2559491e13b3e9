"""
Calibration: what is measured, on which tensor, and what is refused.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sqz2c.errors import QuantizeError
from sqz2c.quantize.calibrate import BATCH, BINS, calibrate, run_float, scale_owners
from tests.unit.quantize.float_graphs import pictures, tiny, with_conv

GRAPH = tiny()
IMAGES = pictures(2 * 8)


def tensors(images=IMAGES, graph=GRAPH) -> dict[str, np.ndarray]:
    """Every tensor over all images, in the batches in which calibration runs them."""
    batches = [images[at : at + BATCH] for at in range(0, len(images), BATCH)]
    runs = [dict(run_float(graph, torch.from_numpy(np.stack(batch)))) for batch in batches]
    return {name: np.concatenate([run[name].numpy() for run in runs]) for name in runs[0]}


def test_the_float_network_is_pytorchs():
    """Preprocessing, convolutions, pool, concatenation and average, written out once."""
    x = torch.from_numpy(np.stack(IMAGES)).float()
    x = ((x - torch.tensor([120.0, 110, 100])) / torch.tensor([60.0, 50, 40])).permute(
        0, 3, 1, 2
    )
    stem, squeeze, left, right, head = (
        (torch.from_numpy(c.weights), torch.from_numpy(c.bias)) for c in GRAPH.convs
    )
    x = F.max_pool2d(F.relu(F.conv2d(x, *stem, stride=2)), 3, 2, ceil_mode=True)
    x = F.relu(F.conv2d(x, *squeeze))
    x = torch.cat([F.relu(F.conv2d(x, *left)), F.relu(F.conv2d(x, *right, padding=1))], dim=1)
    x = F.relu(F.conv2d(x, *head)).mean(dim=(2, 3), keepdim=True)
    np.testing.assert_allclose(x.numpy(), tensors()["average"], rtol=1e-5, atol=1e-6)


def test_expands_may_be_written_in_any_order():
    """Channels are placed by their first channel, not by who runs first."""
    layers = list(GRAPH.layers)
    layers[3], layers[4] = layers[4], layers[3]
    swapped = tensors(graph=GRAPH.with_layers(tuple(layers)))
    assert tensors()["fire2"].tolist() == swapped["fire2"].tolist()


def test_a_pool_is_measured_in_place_of_its_input():
    """What a pool drops needs no range."""
    owners = {
        "pool1": "conv1",
        "fire2/squeeze": "fire2/squeeze",
        "fire2": "fire2",
        "conv3": "conv3",
    }
    assert owners == scale_owners(GRAPH)
    ranges = calibrate(GRAPH, IMAGES)
    assert set(owners.values()) == set(ranges.histograms)
    pooled = tensors()["pool1"]
    assert np.count_nonzero(pooled) == ranges.histograms["conv1"].counts.sum()


@pytest.mark.parametrize("name", ["fire2/squeeze", "fire2", "conv3"])
def test_histograms_count_every_positive_value(name):
    """Equal bins over [0, top), top a power of two, largest value exact."""
    values = tensors()[name]
    histogram = calibrate(GRAPH, IMAGES).histograms[name]
    assert values.max() == histogram.largest
    assert histogram.largest < histogram.top <= 2 * histogram.largest
    assert 0.5 == np.frexp(histogram.top)[0]
    expected, _ = np.histogram(values[values > 0], BINS, (0, histogram.top))
    assert expected.tolist() == histogram.counts.tolist()


def test_means_are_per_channel():
    """Every tensor's channel means, preprocessed pixels included, over all images."""
    ranges = calibrate(GRAPH, IMAGES)
    assert len(IMAGES) == ranges.images
    for name, values in tensors().items():
        np.testing.assert_allclose(values.mean(axis=(0, 2, 3)), ranges.means[name], atol=1e-5)


def test_the_order_of_images_does_not_matter_to_ranges():
    """Histograms grow by doubling, so bins merge the same way in any order."""
    forward, backward = calibrate(GRAPH, IMAGES), calibrate(GRAPH, IMAGES[::-1])
    for name, histogram in forward.histograms.items():
        other = backward.histograms[name]
        assert histogram.counts.tolist() == other.counts.tolist()
        assert (histogram.top, histogram.largest) == (other.top, other.largest)


def test_an_iterator_is_enough():
    """Images are asked for once, one after the other."""
    ranges = calibrate(GRAPH, iter(IMAGES))
    assert (
        calibrate(GRAPH, IMAGES).histograms["fire2"].largest
        == ranges.histograms["fire2"].largest
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "needs at least one image"),
        ([IMAGES[0][:5]], r"image is uint8 \[5, 13, 3\], expected uint8 \[13, 13, 3\]"),
        ([IMAGES[0].astype(np.float32)], "image is float32"),
    ],
)
def test_images_that_do_not_fit_are_refused(images, message):
    """No image, another shape and another type each end in a sentence."""
    with pytest.raises(QuantizeError, match=message):
        calibrate(GRAPH, images)


def test_overflow_is_refused_by_name():
    """Activations beyond float32 name their tensor."""
    graph = with_conv(GRAPH, "conv1", weights=np.full((6, 3, 3, 3), 3e38, np.float32))
    with pytest.raises(QuantizeError, match="activations overflow float32"):
        calibrate(graph, IMAGES)
