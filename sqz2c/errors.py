"""
Everything sqz2c can refuse. Each message is one sentence that names the thing and the way out.
"""


class Sqz2cError(Exception):
    """Any refusal; the command line prints it and exits with 2."""


class LoadError(Sqz2cError):
    """The file is missing, damaged, or holds a network that is not supported."""


class QuantizeError(Sqz2cError):
    """The network or the calibration images cannot be turned into integers."""


class TrainError(Sqz2cError):
    """The data or the network cannot be trained with."""


class CompressError(Sqz2cError):
    """There is nothing to compress, or it cannot be as small as asked."""


class ExploreError(Sqz2cError):
    """The study cannot go on, or a network of it does not fit."""


class PlanError(Sqz2cError):
    """No legal memory plan, or a plan that its own checker rejects."""


class EncodeError(Sqz2cError):
    """Weights cannot be packed, or packed weights do not decode to what went in."""


class EmitError(Sqz2cError):
    """The output cannot be written where it was asked for."""


class VerifyError(Sqz2cError):
    """The generated C could not be built or run (a difference is a result, not an error)."""


class FirmwareError(Sqz2cError):
    """Unknown board, missing tool, image too large, or a run that did not finish."""
