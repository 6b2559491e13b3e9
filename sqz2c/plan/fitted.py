"""
Costs of each class of cores, as `python -m benchmarks.cost --fit` prints them.

Not fitted: `add`, on cores other than a Cortex-M4, and what never occurs there, which is 0.
"""

from sqz2c.ir.core import CoreClass
from sqz2c.plan.costs import Costs

DSP = Costs(
    core="dsp", at_once=4, lanes=4, has_pairs=True, has_lists=True,
    block_pixels=16, sums_kept=(4, 6, 7, 8),
    open=2160, filter=127, weight=9.38, nonzero=6.67,
    window=32.4, window_row=64.5, value=1.71, gathered=1.75, block=70, quad=22.3,
    run=0, run_pixel=36.4, sums=46.3, begin=11.8, finish=32.4,
    add=18, pool=10.7, pool_rest=20, pool_pixel=32.6, average=8.59,
    transform=3.93, pair=147, pair_value=14.2, pairs=265, pairs_quad=95.1, pairs_last=308,
    pairs_last_quad=84.6,
    entries=97.1, skipped=7.71, listed=15.4, column_8=34.8, row_8=2.88, moved_8=2.29,
    list_8=93.9, entry=2.67, pair_8=2.57, output_8=0.0142,
    list=141, chain=8.25, place=21.9, head=26.8, column=35.2, row=2.07, moved=1.57,
    position=2.28, sum=1.3, run_of_equals=14.4, products=21.1, output=14.4,
)  # fmt: skip
PLAIN = Costs(
    core="plain", at_once=4, lanes=1, has_pairs=False, has_lists=True,
    block_pixels=8, sums_kept=(2, 4),
    open=1910, filter=123, weight=8.12, nonzero=5.18,
    window=37.8, window_row=37.2, value=3.01, gathered=1, block=123, quad=55.9,
    run=0, run_pixel=42.5, sums=135, begin=5.65, finish=28,
    add=18, pool=33.4, pool_rest=20, pool_pixel=32.3, average=8.63,
    transform=0, pair=0, pair_value=0, pairs=0, pairs_quad=0, pairs_last=0, pairs_last_quad=0,
    entries=84.3, skipped=8.59, listed=11.2, column_8=33.4, row_8=2.95, moved_8=2.33,
    list_8=95.4, entry=3.94, pair_8=5, output_8=0,
    list=115, chain=8.88, place=19.5, head=26.9, column=37.1, row=2.38, moved=1.6,
    position=2.57, sum=1.85, run_of_equals=13.3, products=19.3, output=14,
)  # fmt: skip
SMALL = Costs(
    core="small", at_once=4, lanes=1, has_pairs=False, has_lists=True,
    block_pixels=8, sums_kept=(2, 4),
    open=538, filter=105, weight=22.1, nonzero=0,
    window=89, window_row=34.5, value=3.36, gathered=1, block=463, quad=165,
    run=118, run_pixel=91.3, sums=386, begin=6.21, finish=52.8,
    add=18, pool=161, pool_rest=20, pool_pixel=30.7, average=14.9,
    transform=0, pair=0, pair_value=0, pairs=0, pairs_quad=0, pairs_last=0, pairs_last_quad=0,
    entries=38.8, skipped=24.5, listed=5.05, column_8=52, row_8=2.99, moved_8=2.91, list_8=325,
    entry=2.38, pair_8=12.7, output_8=0.144,
    list=35.7, chain=27.7, place=21.1, head=36.5, column=56.1, row=2.68, moved=1.98,
    position=2.25, sum=2.34, run_of_equals=24.6, products=43.6, output=49.1,
)  # fmt: skip
MVE = Costs(
    core="mve", at_once=16, lanes=16, has_pairs=False, has_lists=False,
    block_pixels=16, sums_kept=(8,),
    open=0, filter=134, weight=5.65, nonzero=5.29,
    window=61.9, window_row=39.3, value=0.439, gathered=2.25, block=38, quad=15,
    run=0, run_pixel=51.8, sums=42, begin=7.44, finish=10.1,
    add=18, pool=11, pool_rest=20.5, pool_pixel=37.6, average=1.44,
    transform=0, pair=0, pair_value=0, pairs=0, pairs_quad=0, pairs_last=0, pairs_last_quad=0,
    entries=0, skipped=0, listed=0, column_8=0, row_8=0, moved_8=0, list_8=0, entry=0, pair_8=0,
    output_8=0,
    list=0, chain=0, place=0, head=0, column=0, row=0, moved=0, position=0, sum=0,
    run_of_equals=0, products=0, output=0,
)  # fmt: skip

_ALL: dict[CoreClass, Costs] = {costs.core: costs for costs in (DSP, MVE, PLAIN, SMALL)}


def costs_of(core: CoreClass) -> Costs:
    """
    What kernels cost on a class of cores.
    """
    return _ALL[core]
