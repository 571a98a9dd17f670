"""Offers: what each seller asks for a product. What changes here is in the next search."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.idempotency import once_per_key
from catalog import changes
from catalog.models import Offer
from catalog.web.api.door import CatalogDoor, asked, in_history, problems, query
from catalog.web.serializers import MAX_QUANTITY, OfferShown, PriceField, StrictSerializer


class OfferChange(StrictSerializer):
    price = PriceField(required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    availability = serializers.ChoiceField(Offer.Availability.choices, required=False)
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY, allow_null=True, required=False)


class NewOffer(OfferChange):
    sku = serializers.CharField(max_length=100)
    seller = serializers.CharField(max_length=120, required=False, help_text="this shop, where none is named")
    price = PriceField()


class OfferOfProduct(OfferShown):
    offer_id = serializers.IntegerField(source="id")
    sku = serializers.CharField(source="product.sku")

    class Meta(OfferShown.Meta):
        fields = ["offer_id", "sku", *OfferShown.Meta.fields]


class Wanted(StrictSerializer):
    sku = serializers.CharField(max_length=100, required=False)
    seller = serializers.CharField(max_length=120, required=False)
    availability = serializers.ChoiceField(Offer.Availability.choices, required=False)


FILTERS = {"sku": "product__sku", "seller": "seller__name", "availability": "availability"}


class Offers(CatalogDoor):
    serializer_class = OfferOfProduct
    queryset = Offer.objects.select_related("product", "seller").defer("product__words")

    @extend_schema(
        operation_id="list_offers", parameters=[Wanted], responses={200: OfferOfProduct(many=True), **problems(400)}
    )
    def get(self, request: Request) -> Response:
        given = query(Wanted, request)
        rows = self.get_queryset().filter(**{FILTERS[name]: value for name, value in given.items()})
        return self.page(rows, OfferOfProduct)

    @extend_schema(
        operation_id="create_offer", request=NewOffer, responses={201: OfferOfProduct, **problems(400, 404, 409, 422)}
    )
    @once_per_key
    @in_history("Offer created")
    def post(self, request: Request) -> Response:
        """One more seller's offer of a product."""
        given = asked(NewOffer(data=request.data))
        offer = changes.create_offer(given.pop("sku"), given.pop("seller", ""), given)
        return Response(OfferOfProduct(offer).data, status=status.HTTP_201_CREATED)


class OneOffer(CatalogDoor):
    @extend_schema(operation_id="read_offer", responses={200: OfferOfProduct, **problems(404)})
    def get(self, request: Request, offer_id: int) -> Response:
        offer = Offers.queryset.filter(pk=offer_id).first()
        if offer is None:
            raise Http404
        return Response(OfferOfProduct(offer).data)

    @extend_schema(
        operation_id="change_offer", request=OfferChange, responses={200: OfferOfProduct, **problems(400, 404)}
    )
    @in_history("Offer changed")
    def patch(self, request: Request, offer_id: int) -> Response:
        """Change what is given."""
        return Response(OfferOfProduct(changes.change_offer(offer_id, asked(OfferChange(data=request.data)))).data)

    @extend_schema(operation_id="delete_offer", responses={204: None, **problems(404)})
    @in_history("Offer deleted")
    def delete(self, request: Request, offer_id: int) -> Response:
        changes.delete_offer(offer_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
