"""
What each layer's errors really do to the answers, against what gradients foretold.
"""

from dataclasses import replace
from statistics import median

from sqz2c.compress.network import Walk, divergence
from sqz2c.compress.passes import Result, Sample, Tell
from sqz2c.ir.layer import Conv

PICTURES = 32  # of the sample
LEAST, MOST = 0.1, 10.0  # of what is believed


def corrected(sample: Sample, result: Result, tell: Tell = lambda _: None) -> Sample:
    """
    Give SAMPLE with each layer's importance corrected by the divergence that it causes when it
    alone is as in RESULT. Gradients take errors at different places for independent, which they
    are to a degree that depends on the layer.
    """
    ratios = _ratios(sample, result, tell)
    middle = median(ratios.values()) if ratios else 0.0
    if middle <= 0:
        return sample
    sensitivity = {
        name: replace(
            known,
            importance=known.importance * min(max(ratios.get(name, 0.0) / middle, LEAST), MOST),
        )
        for name, known in sample.sensitivity.items()
    }

    return replace(sample, sensitivity=sensitivity)


def _ratios(sample: Sample, result: Result, tell: Tell) -> dict[str, float]:
    """Divergence over what was foretold, by layer."""
    spacing = max(len(sample.pictures) // PICTURES, 1)
    exact = Walk(sample.graph, sample.pictures[::spacing])
    expected = sample.logits[::spacing]
    ratios = {}
    for layer in sample.graph.layers:
        if isinstance(layer, Conv):
            changed = result.layers[layer.name]
            if changed.distortion > 0:
                alone = exact.fork()
                alone.take(changed.conv)
                loss = divergence(expected, alone.finish())
                ratios[layer.name] = max(loss, 0.0) / changed.distortion
            tell(layer.name)
        exact.take(layer)

    return ratios
