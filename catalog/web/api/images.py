"""Pictures: sent or named by address, in which order, shown or not, and how far each has come."""

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from access.idempotency import once_per_key
from catalog import changes
from catalog.ingest.upload import add_address, add_upload
from catalog.models import Image
from catalog.web.api.door import CatalogDoor, asked, in_history, problems, query
from catalog.web.serializers import ImageAccepted, ImageShown, PictureAddress, StrictSerializer


class NewImage(StrictSerializer):
    """Either `file` or `url`."""

    sku = serializers.CharField(max_length=100)
    file = serializers.FileField(allow_empty_file=True, required=False, help_text="a picture of the product")
    url = PictureAddress(max_length=2000, required=False, help_text="where the worker fetches it")

    def validate(self, given: dict) -> dict:
        if ("file" in given) == ("url" in given):
            raise serializers.ValidationError({"file": ["Send either a file or a url."]})
        return given


class ImageChange(StrictSerializer):
    position = serializers.IntegerField(min_value=0, max_value=32767, required=False, help_text="0 is shown first")
    blocked = serializers.BooleanField(required=False, help_text="in no search from now on")
    alt = serializers.CharField(max_length=300, allow_blank=True, required=False, help_text="what it shows, in words")


class Wanted(StrictSerializer):
    sku = serializers.CharField(max_length=100, required=False)
    status = serializers.ChoiceField(Image.Status.choices, required=False)


FILTERS = {"sku": "product__sku", "status": "status"}


class Images(CatalogDoor):
    parser_classes = [MultiPartParser, JSONParser]
    serializer_class = ImageShown
    queryset = Image.objects.select_related("product").defer("product__words")

    @extend_schema(
        operation_id="list_images", parameters=[Wanted], responses={200: ImageShown(many=True), **problems(400)}
    )
    def get(self, request: Request) -> Response:
        given = query(Wanted, request)
        rows = self.get_queryset().order_by("id").filter(**{FILTERS[name]: value for name, value in given.items()})
        return self.page(rows, ImageShown)

    @extend_schema(
        operation_id="upload_image",
        request={"multipart/form-data": NewImage, "application/json": NewImage},
        responses={202: ImageAccepted, **problems(400, 404, 409, 413, 415, 422)},
    )
    @once_per_key
    @in_history("Picture added")
    def post(self, request: Request) -> Response:
        """A picture of a product that exists. It is searchable when the worker is done with it: ask at Location."""
        given = asked(NewImage(data=request.data))
        if "url" in given:
            return accepted(add_address(given["sku"], given["url"]))
        return accepted(add_upload(given["sku"], given["file"].read()))


class OneImage(CatalogDoor):
    @extend_schema(operation_id="read_image", responses={200: ImageShown, **problems(404)})
    def get(self, request: Request, image_id: int) -> Response:
        """How far a picture has come, and why it was rejected or failed."""
        image = Images.queryset.filter(pk=image_id).first()
        if image is None:
            raise Http404
        return Response(ImageShown(image).data)

    @extend_schema(operation_id="change_image", request=ImageChange, responses={200: ImageShown, **problems(400, 404)})
    @in_history("Picture changed")
    def patch(self, request: Request, image_id: int) -> Response:
        """Move it among the product's pictures, or block it."""
        return Response(ImageShown(changes.change_image(image_id, **asked(ImageChange(data=request.data)))).data)

    @extend_schema(operation_id="delete_image", responses={204: None, **problems(404)})
    @in_history("Picture deleted")
    def delete(self, request: Request, image_id: int) -> Response:
        """The picture and its vector. A feed that names it brings it back."""
        changes.delete_image(image_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Retry(CatalogDoor):
    scope = "catalog:write"

    @extend_schema(
        operation_id="retry_image", request=None, responses={202: ImageAccepted, **problems(400, 404, 409, 422)}
    )
    @once_per_key
    def post(self, request: Request, image_id: int) -> Response:
        """Send a rejected or failed picture on its way once more."""
        return accepted(changes.retry_image(image_id))


def accepted(image: Image) -> Response:
    return Response(
        {"image_id": image.pk, "status": image.status},
        status=status.HTTP_202_ACCEPTED,
        headers={"Location": reverse("api-image", args=[image.pk])},
    )
