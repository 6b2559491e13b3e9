"""
What the documents say, happens: commands run, code compiles, links lead somewhere.

In a ```sh block every line is a command, in a ```console block every line that begins with `$ `.
They run in order in a copy of the checkout. A ```python block runs there too; a ```c block that
includes a generated header compiles with strict warnings. Other blocks are only shown.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.exact.generated import PLAIN, WARNINGS, generate
from tests.tools import ROOT, call

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "examples/*/*.md", "boards/*/*.md", "tests/*/*.md")
    for path in ROOT.glob(pattern)
)
# Other pages need data that is not in the checkout.
RUN_PAGES = ["README.md", "docs/bypass.md", "docs/exported.md", "docs/ladder.md"]
NOT_COPIED = shutil.ignore_patterns(
    *(".git", ".venv", "build", "dist", "out", "__pycache__", ".*_cache", ".hypothesis")
)
# Commands that change the machine, or run this very test: what they name must exist.
NOT_RUN = ("make", "git", "pip", "python -m pip", "apt-get", "sudo", "source", ".", "pytest")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, its text, the line where it begins."""

    language: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """
    The fenced blocks of PAGE, in order.
    """
    fence, language, begin, lines = "", "", 0, []
    for number, line in enumerate((ROOT / page).read_text("utf-8").splitlines(), start=1):
        mark = re.match(r" {0,3}(`{3,})(\w*)", line)
        if not fence and mark:
            fence, language, begin, lines = mark[1], mark[2], number, []
        elif fence and line.strip() == fence:
            yield Block(language, "\n".join(lines) + "\n", begin)
            fence = ""
        elif fence:
            lines.append(line)
    assert not fence, f"{page}: the block at line {begin} does not end"


def commands(block: Block) -> list[str]:
    """
    The commands of BLOCK, lines that end in a backslash joined with the next.
    """
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        return [line[2:] for line in lines if line.startswith("$ ")]
    if block.language == "sh":
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    return []


def is_run(command: str) -> bool:
    words = command.split()
    if words[0] == "sqz2c" and words[1] == "flash":
        return "--dry-run" in words

    return not any(command == name or command.startswith(f"{name} ") for name in NOT_RUN)


def check_exists(command: str) -> None:
    """
    What a command that is not run names: a target of the Makefile.
    """
    words = command.split()
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text()
        targets = [word for word in words[1:] if "=" not in word]
        assert [] == [name for name in targets if not re.search(rf"(?m)^{name}:", makefile)]


class Scratch:
    """
    A copy of the checkout in FOLDER, in which commands run one after another.
    """

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
        self.place = folder
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
        }

    def run(self, command: str) -> None:
        if command.startswith("cd "):
            self.place = self.place / command.removeprefix("cd ").strip()
            assert self.place.is_dir(), command
            return
        self.call("bash", "-c", command)

    def call(self, *words: str) -> None:
        done = subprocess.run(
            words,
            cwd=self.place,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, f"{' '.join(words)}\n{done.stdout}"


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN_PAGES)
def test_commands_run(page: str, tmp_path: Path) -> None:
    """A reader who types what PAGE says, in order, meets no error."""
    scratch = Scratch(tmp_path / "checkout")
    for block in blocks(page):
        for command in commands(block):
            if is_run(command):
                scratch.run(command)
        if block.language == "python":
            scratch.call("python", "-c", block.text)


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    """Every `make` command is a target; every sqz2c command has that name and those options."""
    for block in blocks(page):
        for command in commands(block):
            check_exists(command)
            words = command.split()
            if words[0] == "sqz2c":
                assert [] == unknown_words(words[1:]), f"{page}:{block.line}: {command}"


def unknown_words(words: list[str]) -> list[str]:
    """
    The subcommand or options among WORDS that the command line does not know.
    """
    from sqz2c.cli import main

    command = main.commands.get(words[0]) if not words[0].startswith("-") else main
    if command is None:
        return words[:1]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}

    return [word for word in words[1:] if word.startswith("--") and word not in known]


@pytest.mark.parametrize("page", PAGES)
def test_c_compiles(page: str, tmp_path: Path) -> None:
    """A ```c block that includes a generated header is strict C99."""
    for number, block in enumerate(block for block in blocks(page) if block.language == "c"):
        included = re.findall(r'#include "(?!sqz_)(\w+)\.h"', block.text)
        if not included:
            continue
        network = generate(tmp_path / str(number), included[0], PLAIN)
        source = network.folder / "block.c"
        functions = re.findall(r"(?m)^\w[\w ]*[ *]+\w+\([^;{]*\)(?=\s*\{)", block.text)
        prototypes = "".join(f"{head};\n" for head in functions if "static" not in head)
        text = re.sub(r"(?ms)\A(.*^#include [^\n]*\n)", rf"\1{prototypes}", block.text)
        source.write_text(text)
        call("gcc", "-std=c99", *WARNINGS, *network.includes, "-fsyntax-only", source)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """A relative link names a file of the checkout, and a heading of it where it has a #."""
    text = re.sub(r"(?ms)^```.*?^```$", "", (ROOT / page).read_text("utf-8"))
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        file = ((ROOT / page).parent / path) if path else ROOT / page
        if not file.exists() or (heading and heading not in headings(file)):
            wrong.append(target)
    assert [] == wrong


def headings(path: Path) -> set[str]:
    """The anchors that a Markdown page has for its headings."""
    titles = re.findall(r"(?m)^#+ (.*)$", path.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_fences_name_a_language_that_is_known(page: str) -> None:
    """A block without a known language would be skipped in silence."""
    known = {"sh", "console", "python", "c", "text", "make", "json", "toml", "cmake", ""}
    assert set() == {block.language for block in blocks(page)} - known
