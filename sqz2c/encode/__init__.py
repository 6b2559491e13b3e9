"""
Stage encode: one layer's int8 weights to PackedFilters, with a plain decoder as the judge.
"""

from sqz2c.encode.codings import encode_filters
from sqz2c.encode.decode import check_filters, decode_filters
from sqz2c.encode.program import encode

__all__ = ["check_filters", "decode_filters", "encode", "encode_filters"]
