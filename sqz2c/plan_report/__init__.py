"""
A plan for people and for machines: in words, as JSON, as a picture. It decides nothing.
"""

from sqz2c.plan_report.facts import Planned, facts
from sqz2c.plan_report.words import words

__all__ = ["Planned", "facts", "words"]
