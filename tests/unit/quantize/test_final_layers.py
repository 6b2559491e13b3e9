"""
A float network has the layers of its integers before anybody calibrates it: enough for a plan.
"""

import pytest

from sqz2c.ir.layer import PixelTable
from sqz2c.plan import curve
from sqz2c.quantize import quantize, with_final_layers
from tests.unit.quantize.float_graphs import pictures, tiny


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("mode", ["image", "arena", "rows"])
def test_a_float_network_is_planned_as_its_integers(padding: int, mode: str) -> None:
    """Folded preprocessing adds no layer; where pixels need a table, the plan has it."""
    graph = tiny(padding=padding)
    early = with_final_layers(graph)
    late = quantize(graph, pictures())
    assert bool(padding) == isinstance(early.layers[0], PixelTable)
    assert [layer.name for layer in late.layers] == [layer.name for layer in early.layers]
    plans = [curve(each, mode) for each in (early, late)]  # type: ignore[arg-type]
    assert [p.ram_bytes for p in plans[0]] == [p.ram_bytes for p in plans[1]]
    assert [[s.buffers for s in p.segments] for p in plans[0]] == [
        [s.buffers for s in p.segments] for p in plans[1]
    ]


def test_integers_stay_as_they_are() -> None:
    """A quantized network has its layers already."""
    graph = quantize(tiny(padding=1), pictures())
    assert graph is with_final_layers(graph)
