"""
Costs of each class of cores, as `python -m benchmarks.cost --fit` prints them.

Not fitted: `add`, on cores other than a Cortex-M4, and what never occurs there, which is 0.
"""

from sqz2c.ir.core import CoreClass
from sqz2c.plan.costs import Costs

DSP = Costs(
    core="dsp", at_once=4, lanes=4, has_pairs=True, has_lists=True,
    block_pixels=16, sums_kept=(4, 6, 7, 8),
    open=1610, filter=136, weight=9.25, nonzero=7.28,
    window=44.8, window_row=57.8, value=1.65, gathered=1.5, block=70, quad=22.6,
    run=0, run_pixel=41.1, sums=45.6, begin=10.9, finish=27.2,
    add=18, pool=11, pool_rest=20, pool_pixel=30.2, average=8.24,
    transform=3.92, pair=141, pair_value=14.3, pairs=283, pairs_quad=93.9, pairs_last=299,
    pairs_last_quad=85,
    entries=61.2, skipped=6.54, listed=21.8, column_8=34.1, row_8=2.86, moved_8=2.31,
    list_8=93.1, entry=2.53, pair_8=2.62, output_8=0,
    list=102, chain=6.94, place=29.3, head=22, column=37.4, row=2.26, moved=1.45, position=2.04,
    sum=1.39, run_of_equals=16.3, products=19.1, output=15.4,
)  # fmt: skip
PLAIN = Costs(
    core="plain", at_once=4, lanes=1, has_pairs=False, has_lists=True,
    block_pixels=8, sums_kept=(2, 4),
    open=1670, filter=125, weight=7.92, nonzero=5.7,
    window=52.3, window_row=31.3, value=2.77, gathered=1, block=115, quad=57,
    run=0, run_pixel=52.1, sums=126, begin=6.09, finish=24.9,
    add=18, pool=34.3, pool_rest=20, pool_pixel=25.3, average=7.97,
    transform=0, pair=0, pair_value=0, pairs=0, pairs_quad=0, pairs_last=0, pairs_last_quad=0,
    entries=56.8, skipped=7.68, listed=16.3, column_8=32.6, row_8=2.95, moved_8=2.35,
    list_8=96.8, entry=3.34, pair_8=5.18, output_8=0,
    list=91.5, chain=7.84, place=24.6, head=24.6, column=35.1, row=2.3, moved=1.39,
    position=2.35, sum=1.93, run_of_equals=13.2, products=19, output=15.6,
)  # fmt: skip
SMALL = Costs(
    core="small", at_once=4, lanes=1, has_pairs=False, has_lists=True,
    block_pixels=8, sums_kept=(2, 4),
    open=690, filter=111, weight=21.2, nonzero=0.45,
    window=136, window_row=38, value=2.17, gathered=1, block=386, quad=173,
    run=93.1, run_pixel=89.7, sums=251, begin=6.74, finish=37.3,
    add=18, pool=159, pool_rest=20, pool_pixel=19.8, average=10.1,
    transform=0, pair=0, pair_value=0, pairs=0, pairs_quad=0, pairs_last=0, pairs_last_quad=0,
    entries=42.2, skipped=22.8, listed=9.26, column_8=54.7, row_8=3.19, moved_8=2.8, list_8=299,
    entry=3.77, pair_8=12.2, output_8=0.125,
    list=69.3, chain=24.6, place=16.2, head=61.3, column=48, row=2.72, moved=1.61,
    position=2.27, sum=2.47, run_of_equals=24.6, products=43.7, output=45.1,
)  # fmt: skip
MVE = Costs(
    core="mve", at_once=16, lanes=16, has_pairs=False, has_lists=False,
    block_pixels=16, sums_kept=(8,),
    open=0, filter=134, weight=5.31, nonzero=6.26,
    window=62, window_row=37.8, value=0.456, gathered=2.23, block=39.3, quad=15.2,
    run=0, run_pixel=49, sums=42.1, begin=7.39, finish=10.1,
    add=18, pool=11.8, pool_rest=20.9, pool_pixel=33.8, average=1.33,
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
