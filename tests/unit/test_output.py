"""
The output folder: all or nothing, and never over what somebody else put there.
"""

import fcntl
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sqz2c.errors import EmitError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.load import read_images
from sqz2c.output import picture_files, read_output, sha256, write_output
from tests.networks import Member, build


def files_named(*names: str, generator: str = "sqz2c 1.0") -> dict[str, bytes]:
    manifest = {"name": "tiny", "generator": generator}
    return {name: name.encode() for name in names} | {
        "manifest.json": json.dumps(manifest).encode()
    }


def contents(folder: Path) -> dict[str, bytes]:
    """
    Every file under FOLDER; the manifest without its list of files.
    """
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    if "manifest.json" in found:
        manifest = json.loads(found["manifest.json"])
        manifest.pop("files", None)
        found["manifest.json"] = json.dumps(manifest).encode()

    return found


FIRST = files_named("tiny.c", "tiny.h", "runtime/a.c", "runtime/b.c", "pictures/00_x.png")
SECOND = files_named("tiny.c", "other.h", "runtime/a.c")


def test_all_files_are_written(tmp_path: Path) -> None:
    """A new folder, with its parents, holds exactly the files and a list of them."""
    out = tmp_path / "deep" / "out"
    write_output(out, FIRST)

    assert FIRST == contents(out)
    listed = json.loads((out / "manifest.json").read_text())["files"]
    assert sorted(FIRST) == listed


def test_empty_folder_is_used(tmp_path: Path) -> None:
    """A folder that is there and empty will do."""
    write_output(tmp_path, FIRST)

    assert FIRST == contents(tmp_path)


def test_here_is_a_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-o .` writes into the current folder."""
    monkeypatch.chdir(tmp_path)
    write_output(Path("."), FIRST)
    write_output(Path("."), SECOND)

    assert SECOND == contents(tmp_path)


def test_what_an_earlier_run_wrote_is_replaced(tmp_path: Path) -> None:
    """Stale files and emptied folders go."""
    write_output(tmp_path, FIRST)
    write_output(tmp_path, SECOND)

    assert SECOND == contents(tmp_path)
    assert not (tmp_path / "pictures").exists()


def test_what_was_built_stays(tmp_path: Path) -> None:
    """Firmware under build/ is not sqz2c's to delete when it generates again."""
    write_output(tmp_path, FIRST)
    firmware = tmp_path / "build" / "board" / "firmware.elf"
    firmware.parent.mkdir(parents=True)
    firmware.write_bytes(b"elf")
    write_output(tmp_path, SECOND)

    assert SECOND | {"build/board/firmware.elf": b"elf"} == contents(tmp_path)


@pytest.mark.parametrize("name", ["thesis.txt", "runtime/mine.c", ".hidden", "build2/x", "a/b/c"])
def test_foreign_files_are_refused(tmp_path: Path, name: str) -> None:
    """Anything that sqz2c did not write stops it before it touches anything."""
    write_output(tmp_path, FIRST)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")

    with pytest.raises(EmitError, match=f"holds {name}, which sqz2c did not write; give -o"):
        write_output(tmp_path, SECOND)
    assert FIRST | {name: b"mine"} == contents(tmp_path)


@pytest.mark.parametrize("manifest", ["{", "[]", '{"files": ["mine.c"]}', '"x"', "\xff"])
def test_somebody_elses_manifest_gives_no_right(tmp_path: Path, manifest: str) -> None:
    """A manifest of another tool, or a damaged one, does not make the files ours."""
    (tmp_path / "manifest.json").write_text(manifest, "latin-1")
    (tmp_path / "mine.c").write_bytes(b"mine")

    with pytest.raises(EmitError, match="which sqz2c did not write"):
        write_output(tmp_path, FIRST)
    assert b"mine" == (tmp_path / "mine.c").read_bytes()


def test_build_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Without a manifest of ours, build/ is as foreign as anything."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "x.o").write_bytes(b"mine")

    with pytest.raises(EmitError, match=r"holds build/x.o"):
        write_output(tmp_path, FIRST)


@pytest.mark.parametrize("listed", ["../victim", "/victim", "a/../../victim"])
def test_lists_that_lead_outside_are_not_believed(tmp_path: Path, listed: str) -> None:
    """No file outside of the folder is deleted, whatever its manifest lists."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    out = tmp_path / "out"
    write_output(out, FIRST)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["files"].append(listed.replace("/victim", str(victim)) if listed[0] == "/" else listed)
    (out / "manifest.json").write_text(json.dumps(manifest))
    write_output(out, SECOND)

    assert b"mine" == victim.read_bytes()
    assert SECOND == contents(out)


def test_symlinks_are_not_followed(tmp_path: Path) -> None:
    """A link in place of the folder, or inside of it, is refused: it leads elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(elsewhere)
    with pytest.raises(EmitError, match="is not a folder; give -o a new or empty one"):
        write_output(tmp_path / "link", FIRST)

    out = tmp_path / "out"
    out.mkdir()
    (out / "runtime").symlink_to(elsewhere)
    with pytest.raises(EmitError, match="holds runtime, which sqz2c did not write"):
        write_output(out, FIRST)
    assert [] == list(elsewhere.iterdir())


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A file where the folder or its parent should be is refused and kept."""
    path = tmp_path / "out"
    path.write_bytes(b"mine")

    with pytest.raises(EmitError, match="is not a folder"):
        write_output(path, FIRST)
    with pytest.raises(EmitError, match="cannot be written"):
        write_output(path / "below", FIRST)
    assert b"mine" == path.read_bytes()


def test_folders_in_the_way_are_refused(tmp_path: Path) -> None:
    """An empty folder that has a file's name stops everything before the first file."""
    (tmp_path / "tiny.h").mkdir()

    with pytest.raises(EmitError, match="tiny.h"):
        write_output(tmp_path, FIRST)
    assert {} == contents(tmp_path)


@pytest.mark.parametrize("existed", [True, False])
def test_nothing_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existed: bool
) -> None:
    """When the disk is full in the middle, everything is as it was before."""
    out = tmp_path / "out"
    if existed:
        write_output(out, FIRST)
    write_bytes, written = Path.write_bytes, []

    def full(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EmitError, match=r"out: cannot be written \(No space left on device\)"):
        write_output(out, SECOND)

    assert existed == out.exists()
    assert (FIRST if existed else {}) == contents(out)
    assert existed == any(tmp_path.rglob("*"))


def test_a_replacement_that_is_cut_short_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder in between two networks is refused by readers, and can be generated again."""
    write_output(tmp_path / "out", FIRST)
    replace, done = Path.replace, []

    def interrupted(path: Path, target: Path) -> Path:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(path)
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_output(tmp_path / "out", SECOND)
    with pytest.raises(EmitError, match="was not written to its end"):
        read_output(tmp_path / "out")
    write_output(tmp_path / "out", SECOND)

    assert SECOND == contents(tmp_path / "out")
    assert ["out"] == sorted(path.name for path in tmp_path.iterdir())


def test_two_writers_do_not_mix(tmp_path: Path) -> None:
    """While one writes into a folder, another is refused."""
    write_output(tmp_path / "out", FIRST)
    lock = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(EmitError, match="another sqz2c is writing"):
        write_output(tmp_path / "out", SECOND)
    os.close(lock)

    assert FIRST == contents(tmp_path / "out")


def test_a_strangers_folder_is_left_alone(tmp_path: Path) -> None:
    """Nothing is removed before it is certain that the folder is ours."""
    (tmp_path / ".sqz2c-new").mkdir()
    (tmp_path / ".sqz2c-new" / "precious").write_bytes(b"")
    with pytest.raises(EmitError, match="which sqz2c did not write"):
        write_output(tmp_path, FIRST)

    assert (tmp_path / ".sqz2c-new" / "precious").exists()


def generated(folder: Path) -> Path:
    reference = to_bytes(build(Member()))
    files = files_named("tiny.c") | {"reference.pt": reference}
    manifest = {"name": "tiny", "generator": "sqz2c 1", "checkpoint_sha256": sha256(reference)}
    write_output(folder, files | {"manifest.json": json.dumps(manifest).encode()})

    return folder


def test_a_folder_is_read_back(tmp_path: Path) -> None:
    """The network comes from reference.pt; there need be no pictures."""
    output = read_output(generated(tmp_path))

    assert ("tiny", None) == (output.name, output.pictures)
    expected = build(Member())
    assert [layer.name for layer in expected.layers] == [x.name for x in output.graph.layers]


def test_other_folders_are_not_read(tmp_path: Path) -> None:
    """A folder that generate did not write, or that was changed, is refused with the way out."""
    with pytest.raises(EmitError, match=r"is not a folder that `sqz2c generate` wrote"):
        read_output(tmp_path)
    with pytest.raises(EmitError, match=r"is not a folder that `sqz2c generate` wrote"):
        read_output(tmp_path / "absent")

    out = generated(tmp_path / "out")
    data = bytearray((out / "reference.pt").read_bytes())
    data[len(data) // 2] ^= 1
    (out / "reference.pt").write_bytes(data)
    with pytest.raises(EmitError, match=r"not the checkpoint .* run `sqz2c generate` again"):
        read_output(out)
    (out / "manifest.json").write_text("{}")
    with pytest.raises(EmitError, match=r"manifest.json: is damaged; run `sqz2c generate` again"):
        read_output(out)


@pytest.mark.parametrize("order", ["RGB", "BGR", "GRAY"])
def test_pictures_survive_being_stored(tmp_path: Path, order: str) -> None:
    """Stored pictures come back to the byte, in the network's channel order, under safe names."""
    channels = 1 if order == "GRAY" else 3
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (17, 23, channels), dtype=np.uint8) for _ in range(2)]
    files = picture_files(["../a b.c", "é" * 80], images, order)
    write_output(tmp_path, FIRST | files)

    assert ["pictures/00____a_b_c.png", f"pictures/01_{'_' * 40}.png"] == list(files)
    back = read_images(tmp_path / "pictures", 17, 23, order)
    assert 2 + 1 == len(back)


def test_stored_pictures_are_lossless(tmp_path: Path) -> None:
    """PNG, and RGB inside even where the network takes BGR."""
    image = np.random.default_rng(4).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    (name, data), = picture_files(["x"], [image], "BGR").items()
    (tmp_path / "x.png").write_bytes(data)

    assert np.array_equal(image[:, :, ::-1], np.asarray(Image.open(tmp_path / "x.png")))
    assert np.array_equal(image, read_images(tmp_path, 9, 8, "BGR")[0])
    assert "pictures/00_x.png" == name
