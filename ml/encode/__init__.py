"""Pictures and words to unit vectors of one space."""

from ml.encode.images import ImageEncoder, ImageSpec
from ml.encode.texts import TextEncoder, TokenPadding

__all__ = ["ImageEncoder", "ImageSpec", "TextEncoder", "TokenPadding"]
