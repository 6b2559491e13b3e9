"""
What inputs are like: covariances that can be factored, however little there is to see.
"""

import torch

from sqz2c.compress.moments import positive

ROUNDING = torch.tensor([[1e-9, 2e-9], [2e-9, 1e-9]], dtype=torch.float64)  # indefinite


def test_rounding_errors_are_damped_until_they_can_be_factored() -> None:
    """Inputs that never change leave a covariance of errors, of either sign."""
    assert torch.linalg.cholesky_ex(ROUNDING).info

    damped = positive(ROUNDING, 1e-12)

    assert not torch.linalg.cholesky_ex(damped).info
    assert torch.allclose(damped, ROUNDING, atol=1e-8)


def test_what_can_be_factored_stays_as_it_is() -> None:
    """To the bit."""
    hessian = torch.eye(3, dtype=torch.float64)

    assert torch.equal(hessian, positive(hessian, 0.1))
