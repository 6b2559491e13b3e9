"""
Programs that tests call: found and run, or a clear reason why not.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def need(*commands: str) -> None:
    """
    Skip the test where one of COMMANDS is missing; in CI, where setup must bring them, fail it.
    """
    missing = [command for command in commands if shutil.which(command) is None]
    if not missing:
        return
    reason = f"{missing[0]} is not installed (make setup brings it)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def call(
    *command: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """
    Run COMMAND and return what it printed; fail the test with all of it if it fails.
    """
    need(str(command[0]))
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, f"{' '.join(map(str, command))}\n{done.stdout}"

    return done.stdout


def compiled_apart(
    compiler: str | Sequence[str],
    flags: Iterable[str],
    sources: Iterable[Path],
    objects: Path,
    *,
    seen_from: Path = ROOT,
) -> list[Path]:
    """
    SOURCES, each compiled by itself without a word into the folder OBJECTS.

    A compiler cache knows nothing but such calls, and knows a file again where its path and the
    FLAGS' are the same: those below SEEN_FROM are given as seen from there.
    """
    command = [compiler] if isinstance(compiler, str) else list(compiler)
    objects.mkdir(parents=True, exist_ok=True)
    made = []
    for index, source in enumerate(sources):
        made.append(objects / f"{index:02}_{source.stem}.o")
        inside = source.is_relative_to(seen_from)
        seen = source.relative_to(seen_from) if inside else source
        assert "" == call(*command, *flags, "-c", seen, "-o", made[-1], cwd=seen_from)

    return made
