"""
Running in QEMU: right results pass, and every way to be wrong is noticed.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sqz2c.errors import FirmwareError
from sqz2c.firmware import build_firmware, load_board, qemu_command, run_firmware
from sqz2c.firmware.board import Driver
from sqz2c.firmware.run import RunResult
from tests.boards import QEMU_BOARDS, marked
from tests.unit.firmware.stub_library import (
    INSTRUCTIONS_A_PIXEL,
    stub_logits,
    stub_pictures,
    write_stub,
)

SECONDS = 20.0


def build(out: Path, name: str, count: int = 2):
    pictures = stub_pictures(count)

    return build_firmware(out, load_board(name), pictures, [stub_logits(p) for p in pictures])


def run(out: Path, name: str, count: int = 2) -> RunResult:
    return run_firmware(build(out, name, count), load_board(name), SECONDS)


# Use all below the stack pointer, down to the middle of the guard, as a deeper call would.
INTO_THE_GUARD = """
    extern uint32_t stack_limit[];
    volatile uint32_t *at;
    __asm__ volatile("mov %0, sp" : "=r"(at));
    while (at > stack_limit + 4) {
        at--;
        *at = 1u;
    }
"""


def deep_stack(size: int) -> str:
    return (
        f"volatile uint8_t deep[{size}]; for (int i = 0; i < {size}; i++) {{ deep[i] = 1u; }}"
    )


@pytest.fixture
def usual(qemu: None, request: pytest.FixtureRequest, tmp_path_factory) -> RunResult:
    """
    The plain stub on the board of the test's parameter "name"; run once a worker.
    """
    name = request.getfixturevalue("name")
    if name not in _USUAL:
        _USUAL[name] = run(write_stub(tmp_path_factory.mktemp(name) / "out"), name, 3)

    return _USUAL[name]


_USUAL: dict[str, RunResult] = {}


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_right_logits_pass(usual: RunResult, name: str) -> None:
    """Logits that are the expected ones pass, and are printed as they are."""
    assert ("pass", True, True, True) == (
        usual.verdict,
        usual.equal,
        usual.weights_intact,
        usual.stack_intact,
    )
    assert (name, 3) == (usual.board, usual.images)
    assert 64 < usual.stack_bytes < 512
    for picture, logits in zip(stub_pictures(3), usual.logits, strict=True):
        assert np.int32 == logits.dtype
        assert stub_logits(picture).tolist() == logits.tolist()


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_instructions_are_counted_exactly(usual: RunResult, name: str) -> None:
    """Pictures that differ only in the rounds of a known loop differ by its instructions."""
    pixels = [int(picture[0, 0, 0]) for picture in stub_pictures(3)]
    assert 3 == len(set(pixels))

    rest = {
        count - INSTRUCTIONS_A_PIXEL * pixel
        for count, pixel in zip(usual.instructions_each, pixels, strict=True)
    }

    assert 1 == len(rest)
    assert 0 <= rest.pop() - 140_000 < 3_000
    assert usual.instructions == usual.instructions_each[0]


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_counting_itself_is_not_counted(tmp_path: Path, qemu: None, name: str) -> None:
    """A call that returns at once costs its own few instructions and nothing else."""
    board = load_board(name)
    out = write_stub(tmp_path / "out", extra="return SQZ_OK;")
    nothing = np.zeros(7, np.int32)

    result = run_firmware(
        build_firmware(out, board, stub_pictures(1), [nothing]), board, SECONDS
    )

    assert 4 <= result.instructions <= 12


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_one_wrong_logit_fails(tmp_path: Path, usual: RunResult, name: str) -> None:
    """A single logit off by one, in the last picture, fails the run; and 1,000 bytes of stack
    show in the high-water mark."""
    pictures = stub_pictures(2)
    expected = [stub_logits(picture) for picture in pictures]
    expected[1][6] += 1
    board = load_board(name)
    stacks = []

    for size in (200, 1200):
        out = write_stub(tmp_path / str(size), extra=deep_stack(size))
        firmware = build_firmware(out, board, pictures, expected)
        result = run_firmware(firmware, board, SECONDS)
        stacks.append(result.stack_bytes)

        assert ("fail", False) == (result.verdict, result.equal)
        assert "image 0 status 0 equal 1" in result.console
        assert "image 1 status 0 equal 0" in result.console

    assert 1000 == pytest.approx(stacks[1] - stacks[0], abs=8)  # frames keep 8 B alignment


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_stack_that_is_used_up_fails(tmp_path: Path, usual: RunResult, name: str) -> None:
    """A stack that reaches into its guard, though not beyond, fails the verdict; and the last
    bytes of flash and RAM exist."""
    board = load_board(name)
    ram = board.ram_bytes - board.stack_bytes - 256
    flash = board.flash_bytes - 8192
    probe = """
    volatile uint32_t *const last = &net->arena[STUB_RAM_BYTES / 4 - 1];
    last[0] = 0x12345678u;
    net->arena[0] = 0u;
    if (last[0] != 0x12345678u || stub_weights[(%d) - 1] != 0u) {
        return SQZ_ERR_BITSTREAM;
    }
    """
    extra = INTO_THE_GUARD + probe % flash
    out = write_stub(tmp_path / "out", extra=extra, ram_bytes=ram, weights_bytes=flash)

    result = run(out, name)

    assert ("fail", False, True) == (result.verdict, result.stack_intact, result.equal)
    assert "canary 0" in result.console


def test_without_pictures_weights_and_stack_decide(tmp_path: Path, qemu: None) -> None:
    """Without pictures there is nothing to count, and damaged weights fail all the same."""
    good = run(write_stub(tmp_path / "good"), "mps2_an386", 0)
    bad = run(write_stub(tmp_path / "bad", first_weight=41), "mps2_an386", 0)

    assert ("pass", None, 0) == (good.verdict, good.instructions, good.images)
    assert ("fail", False) == (bad.verdict, bad.weights_intact)


def test_an_error_status_fails(tmp_path: Path, qemu: None) -> None:
    """A run that returns an error is not equal, whatever its logits say."""
    result = run(write_stub(tmp_path / "out", status="SQZ_ERR_BITSTREAM"), "mps2_an386")

    assert ("fail", False) == (result.verdict, result.equal)
    assert "image 0 status -1 equal 1" in result.console


@pytest.mark.parametrize("name", marked(["mps2_an505", "mps3_an547"]))
def test_stack_that_leaves_ram_faults(tmp_path: Path, qemu: None, name: str) -> None:
    """Where nothing lies below RAM, the fault is reported although its frame is lost."""
    library = write_stub(tmp_path / "out", extra=deep_stack(9000))

    with pytest.raises(FirmwareError, match=f"on {name}, the firmware faulted: .* pc lost"):
        run(library, name)


@pytest.mark.parametrize("name", marked(["mps2_an385", "mps2_an386", "mps2_an500"]))
def test_stack_that_leaves_ram_fails(tmp_path: Path, qemu: None, name: str) -> None:
    """Where QEMU lets writes below RAM pass, the canary tells."""
    result = run(write_stub(tmp_path / "out", extra=deep_stack(9000)), name)

    assert ("fail", False) == (result.verdict, result.stack_intact)


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_fault_is_reported(tmp_path: Path, qemu: None, name: str) -> None:
    """An undefined instruction is reported with its place."""
    library = write_stub(tmp_path / "out", extra='__asm__ volatile("udf #0");')

    with pytest.raises(FirmwareError, match=r"faulted: exception 3 pc 0x[0-9a-f]{8} cfsr 0x"):
        run(library, name)


def test_unaligned_word_faults_on_m0(tmp_path: Path, qemu: None) -> None:
    """QEMU's Cortex-M0 refuses unaligned words, so a kernel that uses them cannot pass."""
    extra = "*(volatile uint32_t *)((uintptr_t)net->arena + 1u) = 1u;"

    with pytest.raises(FirmwareError, match="faulted"):
        run(write_stub(tmp_path / "out", extra=extra), "microbit")


MEMORY_PROBE = """
    uint8_t *const at = (uint8_t *)net->arena;
    for (uint32_t i = 0; i < 16 * 24; i++) {
        const uint32_t from = i %% 4u, to = i / 4u %% 4u, count = i / 16u;
        volatile uint32_t hidden = count; /* or the compiler would do without a call */
        for (uint32_t k = 0; k < 96u; k++) {
            at[k] = (uint8_t)(k * 7u + 1u);
        }
        %s
        for (uint32_t k = 0; k < 96u; k++) {
            const uint32_t j = k - (%s) - to;
            if (at[k] != (uint8_t)(j < count ? %s : k * 7u + 1u)) {
                return SQZ_ERR_BITSTREAM;
            }
        }
    }
"""
MEMORY_FUNCTIONS = {
    "memcpy": ("memcpy(at + 48 + to, at + from, hidden);", "48u", "(j + from) * 7u + 1u"),
    "memmove up": ("memmove(at + 4 + to, at + from, hidden);", "4u", "(j + from) * 7u + 1u"),
    "memmove down": (
        "memmove(at + to, at + 5 + from, hidden);", "0u", "(j + 5u + from) * 7u + 1u"
    ),
    "memset": ("memset(at + to, 0x1a5, hidden);", "0u", "0xa5u"),
}  # fmt: skip


@pytest.mark.parametrize("function", MEMORY_FUNCTIONS)
def test_memory_functions_are_right(tmp_path: Path, qemu: None, function: str) -> None:
    """Every alignment and length up to 23, on the core that faults on unaligned words."""
    probe = MEMORY_PROBE % MEMORY_FUNCTIONS[function]

    assert run(write_stub(tmp_path / "out", extra=probe), "microbit", 1).verdict == "pass"


def test_endless_firmware_is_stopped(tmp_path: Path, qemu: None) -> None:
    """A firmware that does not end is stopped after the time given."""
    library = write_stub(tmp_path / "out", extra="for (;;) { }")
    board = load_board("mps2_an386")

    with pytest.raises(FirmwareError, match=r"did not end within 0.5 s on mps2_an386"):
        run_firmware(build(library, board.name), board, 0.5)


def test_damaged_firmware_is_an_error(out: Path, qemu: None) -> None:
    """A file that is no firmware ends in one sentence, not in a result."""
    firmware = build(out, "mps2_an386")
    firmware.elf.write_bytes(b"no firmware")

    with pytest.raises(FirmwareError, match="on mps2_an386, the firmware's console text"):
        run_firmware(firmware, load_board("mps2_an386"), SECONDS)


def test_firmware_of_another_board_is_refused(out: Path, qemu: None) -> None:
    """A result is never credited to a board that it was not built for."""
    firmware = build(out, "mps2_an385")

    with pytest.raises(FirmwareError, match="was built for mps2_an385, not mps2_an386"):
        run_firmware(firmware, load_board("mps2_an386"), SECONDS)


def test_real_board_has_no_qemu(out: Path, compiler: None) -> None:
    """A board without a QEMU machine is to be flashed, and the error says so."""
    with pytest.raises(FirmwareError, match=r"flash it with sqz2c flash .*/out --board nucleo"):
        qemu_command(build(out, "nucleo_h743zi"), load_board("nucleo_h743zi"))


def test_missing_qemu_names_its_package(
    out: Path, compiler: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without QEMU one sentence says what to install."""
    firmware = build(out, "mps2_an386")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(FirmwareError, match="apt-get install qemu-system-arm"):
        run_firmware(firmware, load_board("mps2_an386"), SECONDS)


def test_systick_of_real_boards_counts_on(tmp_path: Path, qemu: None) -> None:
    """SysTick, which real boards use, goes on after its 24 bits."""
    board = replace(load_board("mps2_an386"), counter=Driver("systick", ()))
    more = "uint32_t more = 1u + 20000000u * (image[0] != 0);"
    loop = '__asm__ volatile(".syntax unified\\n0: subs %0, %0, #1\\n bne 0b" : "+l"(more));'
    out = write_stub(tmp_path / "out", extra=more + loop)
    pictures = [np.zeros(48, np.uint8), np.zeros(48, np.uint8)]
    pictures[1][0] = 1
    logits = [stub_logits(picture) for picture in pictures]

    counts = run_firmware(
        build_firmware(out, board, pictures, logits), board, SECONDS
    ).instructions_each

    # 25 MHz and 128 ns an instruction: 3.2 cycles an instruction
    assert 40_000_000 * 3.2 == pytest.approx(counts[1] - counts[0], rel=1e-4)
