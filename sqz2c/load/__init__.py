"""
Stage load: a trained model's file to a Graph, pictures to arrays.
"""

from sqz2c.load.class_folders import held_out_folder
from sqz2c.load.images import read_images
from sqz2c.load.labelled import Labelled, read_labelled
from sqz2c.load.model import graph_of_state, load_model
from sqz2c.load.options import PRESETS, LoadOptions, preprocessing_of

__all__ = [
    "PRESETS",
    "Labelled",
    "LoadOptions",
    "graph_of_state",
    "held_out_folder",
    "load_model",
    "preprocessing_of",
    "read_images",
    "read_labelled",
]
