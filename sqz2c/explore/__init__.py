"""
The design space of the SqueezeNet paper, for a budget: which networks there are, what each takes,
what each learns, and which are the best.
"""

from sqz2c.explore.costs import Budget, Costs, coded, costs_of, on_grid
from sqz2c.explore.front import Entry, Explored, facts, front, table
from sqz2c.explore.learn import Teaching, taught, tuned, untaught
from sqz2c.explore.space import Candidate, Range, Space

__all__ = [
    "Budget",
    "Candidate",
    "Costs",
    "Entry",
    "Explored",
    "Range",
    "Space",
    "Teaching",
    "coded",
    "costs_of",
    "facts",
    "front",
    "on_grid",
    "table",
    "taught",
    "tuned",
    "untaught",
]
