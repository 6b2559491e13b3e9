"""
Pictures: which files, in which order, and which pixels.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sqz2c.errors import LoadError
from sqz2c.load import read_images
from sqz2c.load.images import read_image


def picture(
    path: Path, height: int, width: int, mode: str = "RGB", seed: int = 0
) -> np.ndarray:
    """
    Save a seeded picture; give its pixels.
    """
    shape = (height, width) if mode == "L" else (height, width, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels, mode if mode == "L" else "RGB").save(path)
    return pixels


def test_a_picture_of_the_right_size_is_untouched(tmp_path):
    """No resampling takes place when the size fits."""
    pixels = picture(tmp_path / "a.png", 20, 30)
    (only,) = read_images(tmp_path, 20, 30, "RGB")
    assert (np.uint8, pixels.tolist()) == (only.dtype, only.tolist())


def test_bgr_is_rgb_reversed(tmp_path):
    """The channels come in the order that was asked for."""
    pixels = picture(tmp_path / "a.png", 8, 8)
    (only,) = read_images(tmp_path, 8, 8, "BGR")
    assert pixels[:, :, ::-1].tolist() == only.tolist()


def test_gray_has_one_channel(tmp_path):
    """GRAY gives [height, width, 1], colours by Pillow's luminance."""
    gray = picture(tmp_path / "a.png", 8, 8, "L")
    colour = picture(tmp_path / "b.png", 8, 8)
    first, second = read_images(tmp_path, 8, 8, "GRAY")
    assert gray.tolist() == first[:, :, 0].tolist()
    assert np.asarray(Image.fromarray(colour).convert("L")).tolist() == second[:, :, 0].tolist()


def test_gray_files_fill_three_channels(tmp_path):
    """A gray file is a colour picture with equal channels."""
    gray = picture(tmp_path / "a.png", 8, 8, "L")
    (only,) = read_images(tmp_path, 8, 8, "RGB")
    assert np.stack([gray] * 3, axis=2).tolist() == only.tolist()


@pytest.mark.parametrize(
    ("height", "width"), [(40, 60), (60, 40), (41, 40), (10, 15), (15, 10)]
)
def test_the_shorter_side_is_resized_and_the_centre_cropped(height, width, tmp_path):
    """Bilinear to the input's side, then the middle of the longer side."""
    pixels = picture(tmp_path / "a.png", height, width)
    (only,) = read_images(tmp_path, 20, 20, "RGB")
    scale = 20 / min(height, width)
    size = (round(width * scale), round(height * scale))
    resized = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
    top, left = (resized.shape[0] - 20) // 2, (resized.shape[1] - 20) // 2
    assert resized[top : top + 20, left : left + 20].tolist() == only.tolist()


def test_an_oblong_input_is_covered(tmp_path):
    """A picture is scaled until it covers the input, so nothing is padded."""
    picture(tmp_path / "a.png", 40, 40)
    (only,) = read_images(tmp_path, 10, 20, "RGB")
    assert (10, 20, 3) == only.shape


def test_files_are_told_by_extension_and_sorted(tmp_path):
    """Subfolders are entered, other files and hidden ones ignored, paths sorted."""
    for name in ("b/2.JPG", "a.png", "b/10.bmp", "B.ppm", "c.pgm", "b.jpeg", ".hidden/x.png"):
        picture(tmp_path / name, 4, 4, "L" if name.endswith("pgm") else "RGB")
    picture(tmp_path / "._a.png", 4, 4)
    (tmp_path / "labels.csv").write_text("file,class_index\n")
    (tmp_path / "folder.png").mkdir()
    names = [
        path.relative_to(tmp_path).as_posix()
        for path in read_images(tmp_path, 4, 4, "RGB").paths
    ]
    assert ["B.ppm", "a.png", "b/10.bmp", "b/2.JPG", "b.jpeg", "c.pgm"] == names


def test_count_takes_the_first(tmp_path):
    """COUNT limits, slices and indices work as for lists."""
    for number in range(5):
        picture(tmp_path / f"{number}.png", 4, 4, seed=number)
    images = read_images(tmp_path, 4, 4, "RGB", count=3)
    assert (3, 3) == (len(images), len(list(images)))
    assert images[1].tolist() == list(images)[1].tolist() == images[1:][0].tolist()


def test_pictures_are_read_when_asked_for(tmp_path):
    """Finding the files does not open them."""
    (tmp_path / "broken.png").write_bytes(b"no picture")
    picture(tmp_path / "a.png", 4, 4)
    images = read_images(tmp_path, 4, 4, "RGB")
    assert (4, 4, 3) == images[0].shape


def test_a_folder_without_pictures_is_refused(tmp_path):
    """An empty folder, a file and a missing folder each end in a sentence."""
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(LoadError, match="holds no picture: put files named"):
        read_images(tmp_path, 4, 4, "RGB")
    for path in (tmp_path / "notes.txt", tmp_path / "missing"):
        with pytest.raises(LoadError, match=f"{path.name} is not a folder of pictures"):
            read_images(path, 4, 4, "RGB")


@pytest.mark.parametrize("keep", [0, 10, 700])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp"])
def test_a_corrupt_picture_is_named(name, keep, tmp_path):
    """A truncated or empty picture is refused by its path."""
    picture(tmp_path / name, 40, 40)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[:keep])
    with pytest.raises(LoadError, match=rf"{name} is not a picture that can be read"):
        list(read_images(tmp_path, 4, 4, "RGB"))


@pytest.mark.parametrize("mode", ["I", "F", "I;16"])
def test_deep_pictures_are_refused(tmp_path: Path, mode: str) -> None:
    """Values that do not fit a byte would be cut off, not scaled; so they are refused."""
    Image.new(mode, (8, 8)).save(tmp_path / "deep.tiff")
    with pytest.raises(LoadError, match=r"deep\.tiff has more than 8 bits a channel"):
        read_image(tmp_path / "deep.tiff", 8, 8, "RGB")
