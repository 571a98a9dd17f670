"""One product's pictures in the admin. Each press is a form; HTMX swaps the part, else the page comes back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog.edits import pictures
from catalog.errors import CatalogError
from catalog.find import STATE_OF, STATUSES
from catalog.history import by
from catalog.models import Image, Product
from catalog.storage import picture_url
from catalog.web.access import catalog_admins_only
from ml.errors import ImageRejected

PART = "admin/catalog/product/pictures.html"
WAITING = STATUSES["waiting"]


def context_of(product_id: int | str) -> dict:
    """Empty for a product that is not there."""
    product = Product.objects.filter(pk=product_id).only("pk", "sku", "group_id", "category_id", "blocked").first()
    if product is None:
        return {}
    images = list(pictures.pictures_of(product.pk))
    variants = Product.objects.filter(group_id=product.group_id).exclude(pk=product.pk) if product.group_id else ()
    return {
        "shown_product": product,
        "pictures": [
            {"image": image, "url": picture_url(image.file), "state": STATE_OF[image.status]} for image in images
        ],
        "order": ",".join(str(image.pk) for image in images),
        "some_wait": any(image.status in WAITING for image in images),
        "variants": list(variants.only("pk", "sku", "title").order_by("sku")[:24]) if variants else [],
    }


@catalog_admins_only
def change(request: HttpRequest, product_id: int, verb: str) -> HttpResponse:
    if verb == "look" and request.method == "GET":
        return answer(request, product_id)
    return written(request, product_id, verb)


@require_POST
def written(request: HttpRequest, product_id: int, verb: str) -> HttpResponse:
    if verb not in VERBS:
        raise Http404
    try:
        said = VERBS[verb](request, product_id)
    except (CatalogError, ImageRejected) as error:
        return answer(request, product_id, error.detail, messages.ERROR)
    except Product.DoesNotExist:
        raise Http404 from None
    return answer(request, product_id, said)


def answer(request: HttpRequest, product_id: int, said: str = "", level: int = messages.SUCCESS) -> HttpResponse:
    context = context_of(product_id)
    if not context:
        raise Http404
    if "HX-Request" in request.headers:
        wrong = level == messages.ERROR
        return render(request, PART, {**context, "said": said, "wrong": wrong, "part": True})
    if said:
        messages.add_message(request, level, said)
    return redirect(reverse("admin:catalog_product_change", args=[product_id]) + "#pictures")


def image_id(request: HttpRequest) -> int:
    number = request.POST.get("image", "")
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    return int(number)


def reorder(request: HttpRequest, product_id: int) -> str:
    numbers = request.POST.get("order", "").split(",")
    if not all(number.isdecimal() and len(number) < 19 for number in numbers):
        raise Http404
    pictures.reorder(product_id, [int(number) for number in numbers], by(request.user), request.user)
    return "The pictures are in their new order."


def move(request: HttpRequest, product_id: int) -> str:
    step = -1 if request.POST.get("to") == "earlier" else 1
    pictures.move(product_id, image_id(request), step, by(request.user), request.user)
    return "Moved."


def describe(request: HttpRequest, product_id: int) -> str:
    alt = request.POST.get("alt", "").replace("\x00", "")
    pictures.describe(product_id, image_id(request), alt, by(request.user), request.user)
    return "The alternative text is saved."


def remove(request: HttpRequest, product_id: int) -> str:
    pictures.remove(product_id, image_id(request), by(request.user), request.user)
    return "The picture is removed; History can bring it back unless it was an upload."


def hide(request: HttpRequest, product_id: int) -> str:
    pictures.block(one(request, product_id), True, by(request.user), request.user)
    return "The picture is hidden from every search."


def show(request: HttpRequest, product_id: int) -> str:
    pictures.block(one(request, product_id), False, by(request.user), request.user)
    return "The picture is shown in searches again."


def retry(request: HttpRequest, product_id: int) -> str:
    again = pictures.retry(one(request, product_id))
    return "The picture waits for the worker." if again else "This picture is on its way already."


def upload(request: HttpRequest, product_id: int) -> str:
    files = request.FILES.getlist("files")
    if not files:
        return "Choose a picture first."
    for file in files:
        pictures.upload(product_id, file.read(), "", by(request.user), request.user)
    return "The picture waits for the worker." if len(files) == 1 else f"{len(files)} pictures wait for the worker."


def one(request: HttpRequest, product_id: int):
    return Image.objects.filter(pk=image_id(request), product_id=product_id)


VERBS = {
    "reorder": reorder,
    "move": move,
    "describe": describe,
    "remove": remove,
    "hide": hide,
    "show": show,
    "retry": retry,
    "upload": upload,
}
