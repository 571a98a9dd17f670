"""The shopper's API: parse, call one function, render. Everybody may search."""

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from catalog.fetch import fetch_image
from catalog.web.api.door import Problem
from search.errors import BadQuery
from search.pipeline import find_objects, find_products, record_click, record_flag
from search.web.serializers import (
    ClickRequest,
    DetectionRequest,
    DetectionResponse,
    FlagRequest,
    SearchRequest,
    SearchResponse,
    TextSearchRequest,
    query_from,
    query_from_link,
)
from search.web.visitors import as_visitor

PROBLEMS = {
    (status, "application/problem+json"): Problem for status in ("400", "404", "410", "413", "415", "422", "429", "503")
}


class ShopperView(APIView):
    """No account: the only cookie that is looked at says which of two bundles answers, and nothing can be done in
    someone's name."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [ScopedRateThrottle]


class Detections(ShopperView):
    throttle_scope = "detections"
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="find_objects",
        request={"multipart/form-data": DetectionRequest},
        responses={("200", "application/json"): DetectionResponse, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """What can be tapped in a photo. The photo is kept under a token for later searches, and expires."""
        asked = validated(DetectionRequest(data=request.data))
        return Response(DetectionResponse(find_objects(asked["image"].read())).data)


class Searches(ShopperView):
    throttle_scope = "searches"
    parser_classes = [JSONParser, MultiPartParser, FormParser]

    @extend_schema(
        operation_id="search",
        request={"application/json": SearchRequest, "multipart/form-data": SearchRequest},
        responses={("200", "application/json"): SearchResponse, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Search by image, photo token, image_url, product or text, or by one of the former and text."""
        asked = validated(SearchRequest(data=request.data))
        image = None if asked.get("cursor") else read_image(asked)
        return Response(SearchResponse(find_products(as_visitor(request, query_from(asked, image)))).data)

    @extend_schema(
        operation_id="search_by_text",
        parameters=[TextSearchRequest],
        responses={("200", "application/json"): SearchResponse, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Search by text, as a link."""
        asked = validated(TextSearchRequest(data=request.query_params.dict()))
        return Response(SearchResponse(find_products(as_visitor(request, query_from_link(asked)))).data)


class Clicks(ShopperView):
    throttle_scope = "searches"
    parser_classes = [JSONParser, FormParser, MultiPartParser]

    @extend_schema(
        operation_id="click",
        request=ClickRequest,
        responses={("204", "application/json"): None, **PROBLEMS},
        parameters=[],
    )
    def post(self, request: Request, query_id: str) -> Response:
        """A shopper chose this result."""
        asked = validated(ClickRequest(data=request.data))
        record_click(str(query_id), asked["product_id"], asked["rank"])
        return Response(status=204)


class Flags(ShopperView):
    throttle_scope = "flags"
    parser_classes = [JSONParser, FormParser, MultiPartParser]

    @extend_schema(
        operation_id="flag",
        request={"application/json": FlagRequest},
        responses={("204", "application/json"): None, **PROBLEMS},
    )
    def post(self, request: Request, query_id: str) -> Response:
        """A shopper said that this result is not a match, or, with `withdrawn`, took that back."""
        asked = validated(FlagRequest(data=request.data))
        record_flag(str(query_id), asked["product_id"], asked["withdrawn"])
        return Response(status=204)


def validated(serializer) -> dict:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def read_image(asked: dict) -> bytes | None:
    """The uploaded file, or the one behind image_url."""
    if "image" in asked and "image_url" in asked:
        raise BadQuery("Send either image or image_url, not both.")
    if "image" in asked:
        return asked["image"].read()
    return fetch_image(asked["image_url"]) if "image_url" in asked else None
