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
    except (KeyError, ValueError, IndexError, OverflowError) as error:
        last = " ".join(lines[-1])[:60] if lines else "nothing"
        raise FirmwareError(
            f"the firmware's console text is incomplete or damaged; it ends with {last!r}"
        ) from error


def _parse(lines: list[list[str]]) -> Transcript:
    records: dict[str, list[str]] = {}
    images: dict[int, dict[str, str]] = {}
    logits: dict[int, np.ndarray] = {}
    for word, *rest in lines:
        if word == "image":
            images[int(rest[0])] = _fields(rest[1:])
        elif word == "logits":
            logits[int(rest[0])] = np.array([int(value) for value in rest[1:]], np.int32)
        else:
            records[word] = rest

    version, *head_words = records["sqz"]
    if version != FORMAT:
        raise ValueError(version)
    head = _fields(head_words)
    stack = _fields(records["stack"])
    unit = "cycles" if "cycles" in images.get(0, {}) else "instructions"
    classes = int(head["classes"])

    return Transcript(
        board=head["board"],
        network=head["network"],
        unit=unit,
        weights_status=int(_fields(records["weights"])["status"]),
        images=tuple(
            _image(images[i], logits[i], unit, classes) for i in range(int(head["images"]))
        ),
        stack_bytes=int(stack["used"]),
        stack_intact=_flag(stack["canary"]),
        verdict=records["verdict"][0],
    )


def _image(fields: dict[str, str], logits: np.ndarray, unit: str, classes: int) -> ImageRecord:
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
