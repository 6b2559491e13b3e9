"""
`sqz2c ladder`: as a table and as JSON, of quantized and of float networks.
"""

import json
from pathlib import Path

import torch

from tests.command import SIZE, call, reason, save_pictures

QUANTIZED = ["float32", "int8", "pruned", "shared", "Huffman", "flash"]


def rungs(*arguments: str | Path) -> dict[str, int]:
    result = call("ladder", *arguments, "--json")
    assert 0 == result.exit_code, result.output

    return {rung["name"]: rung["total_bytes"] for rung in json.loads(result.stdout)["rungs"]}


def test_ladder_of_a_quantized_network(model: Path, out: Path) -> None:
    """Every rung, the last one being what generate says; the table has the paper's rows too."""
    found = rungs(model)
    assert QUANTIZED == list(found)
    assert json.loads((out / "manifest.json").read_text())["flash"]["total_bytes"] == found["flash"]
    table = call("ladder", model).stdout
    assert all(f"{size:,}" in table for size in found.values())
    assert "SqueezeNet (paper)" in table


def test_ladder_of_a_float_network(float_state, tmp_path: Path) -> None:
    """Without pictures what needs no quantization; with pictures all rungs."""
    torch.save(float_state, tmp_path / "float.pt")
    assert ["float32", "pruned"] == list(rungs(tmp_path / "float.pt", *SIZE))[:2]
    pictures = save_pictures(tmp_path / "images", 2)
    assert QUANTIZED == list(rungs(tmp_path / "float.pt", *SIZE, "--calibrate", pictures))
    assert "input size" in reason(call("ladder", tmp_path / "float.pt"))
