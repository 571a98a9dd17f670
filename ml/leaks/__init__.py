"""Is a picture one of those that must not be learned from, however it was resized, cropped or encoded again?

By the sha256 of its bytes, by its perceptual hash, and, for crops, by its local features. What looks like a leak is
laid over the forbidden photo pixel by pixel before it is called one: another picture of the same thing is none.
"""

from ml.leaks.fingerprint import Fingerprint, fingerprint
from ml.leaks.forbidden import Forbidden, Leak, forbid, join, read_forbidden, write_forbidden

__all__ = ["Fingerprint", "Forbidden", "Leak", "fingerprint", "forbid", "join", "read_forbidden", "write_forbidden"]
