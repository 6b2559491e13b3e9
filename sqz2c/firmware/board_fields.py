"""
Checked access to a TOML table: every field by name and type, and none left over.
"""

from typing import Any

from sqz2c.errors import FirmwareError


class Table:
    """
    One TOML table; WHERE names it in errors. finish() refuses fields that nobody asked for.
    """

    def __init__(self, where: str, values: dict[str, Any]) -> None:
        self._where = where
        self._values = values
        self._seen: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def error(self, problem: str) -> FirmwareError:
        return FirmwareError(f"{self._where}: {problem}")

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value or "\n" in value or '"' in value:
            raise self.error(f"{key} must be a line of text without quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key)
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.error(f"{key} must be a list of texts")
        return tuple(value)

    def choice(self, key: str, known: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in known:
            raise self.error(f"{key} is {value!r}, but must be one of {', '.join(known)}")
        return value

    def integer(self, key: str, *, at_least: int) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(f"{key} must be an integer")
        if not at_least <= value < 1 << 32:
            raise self.error(f"{key} must be {at_least} to 4294967295")
        return value

    def table(self, key: str) -> "Table":
        value = self._get(key)
        if not isinstance(value, dict):
            raise self.error(f"{key} must be a section [{key}]")
        return Table(f"{self._where} [{key}]", value)

    def finish(self) -> None:
        """
        Refuse what was never read: a misspelt field must not be a silent default.
        """
        unknown = sorted(set(self._values) - self._seen)
        if unknown:
            raise self.error(f"unknown field {', '.join(unknown)}")

    def _get(self, key: str) -> Any:
        self._seen.add(key)
        if key not in self._values:
            raise self.error(f"{key} is missing")
        return self._values[key]
