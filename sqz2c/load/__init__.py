"""
Stage load: a trained model's file to a Graph, pictures to arrays.
"""

from sqz2c.load.images import read_images
from sqz2c.load.model import load_model
from sqz2c.load.options import PRESETS, LoadOptions

__all__ = ["PRESETS", "LoadOptions", "load_model", "read_images"]
