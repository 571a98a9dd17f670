"""Near-duplicates across products: which pictures of other products look like one that has just been inspected."""

from itertools import islice

from django.conf import settings

from catalog.models import Image, Product
from catalog.review.models import NearDuplicate
from catalog.review.pairs import mark_decided
from catalog.review.rules import Look, look_alikes

MOST = 5  # pairs of one picture: a picture of a thousand products becomes a star, not a thousand times a thousand


def note_near_duplicates(image: Image) -> int:
    """Call it in the transaction that writes the picture's hash, in its turn. Returns how many pairs are new.

    Variants of one group are the same design, so the same picture there is nothing to ask anybody about.
    """
    NearDuplicate.objects.filter(image=image).delete()
    alike = look_alikes(Look.of(image), settings.SIGHTLINE_SAME_PICTURE_DISTANCE)
    found = {pk: (bits, distance) for pk, bits, distance in alike if pk != image.pk}
    if not found:
        return 0
    others = Image.objects.filter(pk__in=found).exclude(product_id=image.product_id)
    group = Product.objects.values_list("group_id", flat=True).get(pk=image.product_id)
    if group:
        others = others.exclude(product__group_id=group)
    strangers = set(
        others.exclude(status__in=[Image.Status.REJECTED, Image.Status.FAILED]).values_list("pk", flat=True)
    )
    known = set(NearDuplicate.objects.filter(other=image).values_list("image_id", flat=True))
    nearest = islice((pk for pk in found if pk in strangers - known), MOST)
    pairs = [NearDuplicate(image=image, other_id=pk, bits=found[pk][0], distance=found[pk][1]) for pk in nearest]
    NearDuplicate.objects.bulk_create(pairs, ignore_conflicts=True)
    partners = Image.objects.filter(pk__in=[image.pk, *(pair.other_id for pair in pairs)])
    mark_decided(list(partners.values_list("product__sku", flat=True)))
    return len(pairs)
