"""
What firmware prints, read back: one record a line, words and decimal numbers.
"""

from dataclasses import dataclass

import numpy as np

from sqz2c.errors import FirmwareError

FORMAT = "1"


@dataclass(frozen=True, eq=False)
class ImageRecord:
    """
    One inference: the library's status, whether the logits were the expected ones, the work.
    """

    status: int
    equal: bool
    count: int
    logits: np.ndarray


@dataclass(frozen=True)
class Transcript:
    """
    Everything that one run of a firmware said. UNIT is what counts are: instructions or cycles.
    """

    board: str
    network: str
    unit: str
    weights_status: int
    images: tuple[ImageRecord, ...]
    stack_bytes: int
    stack_intact: bool
    verdict: str


def parse_console(text: str) -> Transcript:
    """
    Read the console TEXT of a finished firmware.

    Raises FirmwareError if it faulted, or if a record is missing or damaged.
    """
    lines = [line.split() for line in text.splitlines() if line.strip()]
    for words in lines:
        if words[0] == "fault":
            raise FirmwareError(f"the firmware faulted: {' '.join(words[1:])}")
    try:
        return _parse(lines)
    except (KeyError, ValueError, IndexError) as error:
        last = " ".join(lines[-1])[:60] if lines else "nothing"
        raise FirmwareError(
            f"the firmware's console text is incomplete or damaged; it ends with {last!r}"
        ) from error


def _parse(lines: list[list[str]]) -> Transcript:
    records: dict[str, dict[str, str]] = {}
    images: dict[int, dict[str, str]] = {}
    logits: dict[int, np.ndarray] = {}
    for words in lines:
        if words[0] == "image":
            images[int(words[1])] = _fields(words[2:])
        elif words[0] == "logits":
            logits[int(words[1])] = np.array([int(word) for word in words[2:]], np.int32)
        elif words[0] in ("sqz", "weights", "stack", "verdict"):
            start = 2 if words[0] == "sqz" else 1
            records[words[0]] = _fields(words[start:]) if words[0] != "verdict" else {"": words[1]}
            if words[0] == "sqz" and words[1] != FORMAT:
                raise ValueError(words[1])

    head = records["sqz"]
    count, classes = int(head["images"]), int(head["classes"])
    units = [unit for unit in ("instructions", "cycles") if unit in images.get(0, {})]
    unit = units[0] if units else "instructions"
    found = tuple(_image(images[i], logits[i], unit, classes) for i in range(count))

    return Transcript(
        board=head["board"],
        network=head["network"],
        unit=unit,
        weights_status=int(records["weights"]["status"]),
        images=found,
        stack_bytes=int(records["stack"]["used"]),
        stack_intact=_flag(records["stack"]["canary"]),
        verdict=records["verdict"][""],
    )


def _image(
    fields: dict[str, str], logits: np.ndarray, unit: str, classes: int
) -> ImageRecord:
    if len(logits) != classes:
        raise ValueError(len(logits))

    return ImageRecord(
        status=int(fields["status"]),
        equal=_flag(fields["equal"]),
        count=int(fields[unit]),
        logits=logits,
    )


def _fields(words: list[str]) -> dict[str, str]:
    if len(words) % 2:
        raise ValueError(words)

    return dict(zip(words[::2], words[1::2], strict=True))


def _flag(word: str) -> bool:
    return {"0": False, "1": True}[word]
