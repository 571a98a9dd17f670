"""What is known of a product before anything is advised."""

from dataclasses import dataclass

from catalog.models import Product
from search.findability.attempt import Attempt
from search.findability.picture import PictureLook
from search.findability.rivals import Rival
from search.status.pictures import PictureStatus
from search.types import Box


@dataclass(frozen=True, slots=True)
class Known:
    product: Product
    pictures: tuple[PictureStatus, ...]
    chosen: PictureStatus | None
    picture: PictureLook | None
    by_title: Attempt | None
    rivals: tuple[Rival, ...]

    @property
    def twins(self) -> tuple[Rival, ...]:
        return tuple(rival for rival in self.rivals if rival.is_twin and not rival.same_gtin)

    @property
    def shorter_side_px(self) -> int:
        """Of the chosen picture; 0 where none was looked at."""
        return min(self.picture.found.width, self.picture.found.height) if self.picture else 0

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Of what the detector is sure of."""
        if self.picture is None or self.picture.found.fallback:
            return ()
        return tuple(each.bbox for each in self.picture.found.objects)

    def share(self, box: Box) -> float:
        """Of the chosen picture, 0 to 1."""
        found = self.picture.found
        return (box[2] - box[0]) * (box[3] - box[1]) / (found.width * found.height)
