"""
How many random examples the slow tests try: what fits into a run, or SQZ2C_EXAMPLES times as
many (`make test EXAMPLES=10`).
"""

import os

from hypothesis import HealthCheck, settings


def times(count: int) -> int:
    """
    COUNT, times what was asked for.
    """
    return max(1, round(count * float(os.environ.get("SQZ2C_EXAMPLES", "1"))))


def many(count: int) -> settings:
    """
    COUNT examples, times what was asked for: others in each run, however long they take.
    """
    return settings(
        max_examples=times(count), deadline=None, suppress_health_check=list(HealthCheck)
    )
