"""
The benchmark's cycles: a disassembly read, and each instruction charged as the manual says.
"""

import pytest

from benchmarks.cycles import Instruction, charge_m0, charge_m3, charge_m4, cycles, disassembled

TEXT = """
firmware.elf:     file format elf32-littlearm

00000040 <main>:
      40:\tstmdb\tsp!, {r4, r5, r6, lr}
      44:\tldrd\tr0, r1, [r4, #8]
      48:\tldr\tr2, [r0, #0]
      4a:\tldrb.w\tr3, [r1], #1
      4e:\tsmlad\tr5, r2, r3, r5
      52:\tbne.n\t48 <main+0x8>
      54:\tudivgt\tr0, r0, r1
      58:\tpop\t{r4, r5, r6, pc}
      5a:\t.word\t0x00000000
"""
PLAIN = (5, 3, 2, 1, 1, 1, 7, 5, 1)  # Cortex-M4, nothing jumps


def test_each_instruction_is_charged() -> None:
    """One and a register for lists, three for pairs, a second load in a row hides one cycle."""
    code = disassembled(TEXT)
    assert len(PLAIN) == len(code)
    runs = {instruction.address: 10 for instruction in code}
    found = cycles("cortex-m4", code, runs, {})
    assert [10 * cost for cost in PLAIN] == list((found or {}).values())


def test_jumps_cost_a_refill() -> None:
    """Only as often as they were taken; code that never ran costs nothing."""
    code = disassembled(TEXT)
    assert {0x52: 10 + 2 * 9, 0x58: 5 + 2} == cycles(
        "cortex-m4", code, {0x52: 10, 0x58: 1}, {0x52: 9, 0x58: 1}
    )


def test_no_cycles_without_a_table() -> None:
    """Where Arm publishes none, nothing is claimed."""
    assert cycles("cortex-m55", disassembled(TEXT), {0x40: 1}, {}) is None


@pytest.mark.parametrize(
    ("mnemonic", "operation"),
    [
        ("blt.n", "b"), ("bls.w", "b"), ("bl", "bl"), ("blx", "blx"), ("addeq", "add"),
        ("ldrhi", "ldr"), ("ldrsb.w", "ldrsb"), ("movs", "movs"), ("lsls", "lsls"),
        ("strdne", "strd"), ("smlalne", "smlal"), ("teq", "teq"), ("ldmiane", "ldmia"),
    ],
)  # fmt: skip
def test_conditions_and_widths_do_not_matter(mnemonic: str, operation: str) -> None:
    """The operation behind a mnemonic."""
    assert operation == Instruction(0, mnemonic, "").operation


def test_cores_differ() -> None:
    """Long multiplications on M3, every access on M0."""
    smull, store = Instruction(0, "smull", ""), Instruction(0, "str", "")
    assert (5, 1) == (charge_m3(smull, None), charge_m4(smull, None))
    assert (2, 1) == (charge_m0(store, None), charge_m4(store, None))
    vector_list = Instruction(0, "vpush", "{d8-d11}")
    assert 5 == charge_m4(vector_list, None)
