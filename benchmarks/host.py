"""
The generated C on this machine against PyTorch's own qnnpack operators, one thread each.

    python -m benchmarks.host [--runs N] [--portable]

SqueezeNet v1.1 at 224 with random int8 weights: the same quantized network, the same picture. The
two take turns; the line has the median of each and their ratio, in processor time, which other
programs hardly disturb. C is compiled with -O3 for any processor of this kind; PyTorch takes what
it finds.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage, MaxPool
from sqz2c.verify import HostLibrary
from tests.chain import NAME, compiled, emitted, written
from tests.exact.qnnpack import Qnnpack, engine
from tests.reference_networks import unpruned


class Operators(Qnnpack):
    """
    The network as a user of PyTorch would run it: nothing is handed out but the logits.
    """

    @torch.inference_mode()
    def logits(self, image: np.ndarray) -> np.ndarray:
        """
        Int32 sums over all pixels, [classes].
        """
        pixels = torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0)
        values = {self.graph.image.name: self._quantized(pixels, self.graph.image.name)}
        for layer in self.graph.layers:
            x = values[layer.input]
            if isinstance(layer, Conv):
                y = self._conv(layer, x)
                if layer.first_channel > 0:
                    quantization = self.graph.tensor(layer.output).quantization
                    assert quantization is not None
                    y = torch.ops.quantized.cat(
                        [values[layer.output], y], 1, quantization.scale, quantization.zero_point
                    )
                values[layer.output] = y
            elif isinstance(layer, MaxPool):
                values[layer.output] = torch.nn.functional.max_pool2d(
                    x, layer.kernel, layer.stride, layer.padding, ceil_mode=True
                )
            else:
                assert isinstance(layer, GlobalAverage)
                return x.int_repr().sum(dim=(0, 2, 3), dtype=torch.int32).numpy()
        raise AssertionError("a network ends in its average")


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()

    return time.process_time() - begin


def compare(graph: Graph, runs: int, flags: tuple[str, ...] = ()) -> str:
    """
    One line: medians of RUNS turns and their ratio; FLAGS are more of the C compiler's.
    """
    program = compiled(graph, "image", None)
    shape = (graph.image.height, graph.image.width, graph.image.channels)
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder, engine(), HostLibrary(
        written(Path(folder), emitted(program)), NAME, program.graph, traced=False,
        flags=("-O3", *flags),
    ) as library:
        operators = Operators(program.graph)
        assert library.run(image).logits.tolist() == operators.logits(image).tolist()
        turns = [
            (seconds(lambda: library.run(image)), seconds(lambda: operators.logits(image)))
            for _ in range(runs)
        ]
    ours, theirs = (statistics.median(times) for times in zip(*turns, strict=True))

    return (
        f"{shape[0]}x{shape[1]}, one thread, median of {runs}: "
        f"C {' '.join(('-O3', *flags))} {ours * 1000:.1f} ms, "
        f"PyTorch's qnnpack {theirs * 1000:.1f} ms, ratio {ours / theirs:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="turns to take the median of")
    parser.add_argument("--portable", action="store_true", help="the kernels in plain C")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    flags = ("-DSQZ_PORTABLE",) if arguments.portable else ()
    print("SqueezeNet v1.1,", compare(unpruned(), arguments.runs, flags))


if __name__ == "__main__":
    main()
