"""
Members of the SqueezeNet family as a hypothesis strategy.
"""

from hypothesis import strategies as st

from tests.networks import Member, exists

FIRES = st.tuples(*[st.integers(1, 12)] * 3)


@st.composite
def members(draw: st.DrawFn, largest: int = 64) -> Member:
    """
    Any member with images of 17 to LARGEST on each side whose maps all have a pixel.
    """
    fires = draw(st.lists(FIRES, min_size=1, max_size=4))
    if draw(st.booleans()):  # the second of two is the first again, as those with bypasses are
        fires = [fire for fire in fires[:2] for _ in range(2)]
    kernel = draw(st.integers(1, 7))
    stem = (
        draw(st.integers(1, 12)),
        kernel,
        draw(st.integers(1, 4)),
        draw(st.integers(0, kernel)),
    )
    pools = draw(st.sets(st.integers(0, len(fires)), max_size=3))
    member = Member(
        height=draw(st.integers(17, largest)),
        width=draw(st.integers(17, largest)),
        channels=draw(st.sampled_from([1, 3])),
        stem=stem,
        fires=tuple(fires),
        pool_after=tuple(sorted(pools)),
        classes=draw(st.integers(1, 20)),
        head_padding=draw(st.integers(0, 1)),
        density=draw(st.sampled_from([0.0, 0.1, 0.33, 1.0])),
        values=draw(st.sampled_from([1, 2, 16, 255, 256])),
        per_filter=draw(st.booleans()),
        zero_points=draw(st.booleans()),
        differing_scales=draw(st.booleans()),
        pixel_table=draw(st.booleans()),
        quantized_average=draw(st.booleans()),
        vanishing=draw(st.booleans()),
        bypass=draw(st.sampled_from(["none", "simple", "complex"])),
        bypass_relu=draw(st.booleans()),
        seed=draw(st.integers(0, 2**16)),
    )

    return member if exists(member) else draw(st.nothing())
