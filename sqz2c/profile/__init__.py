"""
Counted instructions of an inference, by layer and phase, beside the cost model's.
"""

from sqz2c.profile.counts import LayerProfile, Profile, facts, profile_of
from sqz2c.profile.table import table

__all__ = ["LayerProfile", "Profile", "facts", "profile_of", "table"]
