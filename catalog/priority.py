"""The order in which workers take jobs: higher first, and among equals as they came.

Everything that has no priority of its own has 0 (webhooks, expired photos, a picture that somebody sent just now), so
an import of a hundred thousand pictures delays none of it.
"""

from enum import IntEnum


class Priority(IntEnum):
    IMPORT = 2
    INDEX = 1  # upkeep of the index, which keeps searches fast
    BY_HAND = 0  # a person waits for this picture
    ENCODE = -1  # what was inspected: the first pictures of an import are found while the others wait
    INSPECT = -2
    LATER = -3  # nobody waits for it
