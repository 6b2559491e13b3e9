"""
Generated C + quantized graph -> proof that they are the same network.
"""

from sqz2c.verify.compare import Difference
from sqz2c.verify.host import OK, HostLibrary, Run
from sqz2c.verify.proof import Proof, noise_images, verify
from sqz2c.verify.reference import Reference

__all__ = ["OK", "Difference", "HostLibrary", "Proof", "Reference", "Run", "noise_images", "verify"]
