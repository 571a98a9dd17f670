"""Quality of a catalog picture before it is indexed: what it is, its colours, and whether it shows anything."""

from ml.inspect.colours import Colour, dominant_colours
from ml.inspect.quality import Inspection, inspect

__all__ = ["Colour", "Inspection", "dominant_colours", "inspect"]
