"""Who may enter which door: a line for each, or for all that begin alike. tests/integration/test_access.py holds every
URL that the resolver knows against it, with every method and every role.

A new URL below a line that is right for it needs nothing. Otherwise add a line ABOVE the shorter one it belongs to: the
first that the URL begins with counts. A line that ends with "$" is that URL alone. Arguments are written as in urls.py.
A new name of an argument gets a sample in `samples`, best one that exists, so that a refused request had something to
change.
"""

import uuid

from django.contrib.auth.models import Group

from access.tokens import make_token
from catalog.models import Category, FeedSource, Image, Import, Offer, Product, Seller
from catalog.services import category_for
from catalog.tasks import inspect_image
from catalog.webhooks.models import Delivery
from catalog.webhooks.outbox import write
from catalog.webhooks.services import add_webhook
from labeling.models import Guideline, Project
from search.models import Bundle, Generation, Pin
from tests.people import person
from webapp.roles import NAMES

ANYBODY = frozenset({"shopper", *NAMES})
NOBODY = frozenset()
OWNER = frozenset({"owner"})
CATALOG = OWNER | {"catalog-admin"}
OPERATOR = OWNER | {"operator"}
RATER = OWNER | {"rater", "lead"}
LEAD = OWNER | {"lead"}

DOORS = (
    # the shop
    ("$", ANYBODY),
    ("photo/", ANYBODY),
    ("search/", ANYBODY),
    ("searches/", ANYBODY),
    ("products/", ANYBODY),
    ("samples/", ANYBODY),
    ("offline/", ANYBODY),
    ("sw.js$", ANYBODY),
    ("manifest.webmanifest$", ANYBODY),
    ("media/", ANYBODY),
    ("sign-in/$", ANYBODY),
    ("sign-out/$", ANYBODY),
    # probes
    ("healthz$", ANYBODY),
    ("readyz$", ANYBODY),
    ("metrics$", ANYBODY),
    # programs
    ("api/schema/$", ANYBODY),
    ("api/v1/detections$", ANYBODY),
    ("api/v1/searches", ANYBODY),
    ("api/v1/", CATALOG),
    # those who work in the shop
    ("operator/", OPERATOR),
    ("manage/", CATALOG),
    ("label/queries/", LEAD),
    ("label/projects/new/$", LEAD),
    ("label/projects/<int:project_id>/$", LEAD),
    ("label/projects/<int:project_id>/guidelines/edit/$", LEAD),
    ("label/projects/<int:project_id>/<slug:verb>/$", LEAD),
    ("label/projects/<int:project_id>/report/", LEAD),
    ("label/projects/<int:project_id>/order/", LEAD),
    ("label/raters/", LEAD),
    ("label/adjudicate/", LEAD),
    ("label/golden/", LEAD),
    ("label/datasets/", LEAD),
    ("label/", RATER),
    # Django's admin
    ("admin/login/$", ANYBODY),
    ("admin/logout/$", ANYBODY),
    ("admin/auth/", OWNER),
    ("admin/procrastinate/procrastinatejob/add/$", NOBODY),
    ("admin/procrastinate/procrastinatejob/<path:object_id>/delete/$", NOBODY),
    ("admin/procrastinate/", OWNER),
    ("admin/catalog/image/add/$", NOBODY),
    ("admin/catalog/image/<path:object_id>/delete/$", NOBODY),
    ("admin/catalog/edit/add/$", NOBODY),
    ("admin/catalog/edit/<path:object_id>/delete/$", NOBODY),
    ("admin/", CATALOG),
)

# What a token's scope opens of the API: the first line that the URL begins with, for reading and for anything else.
SCOPES = (
    ("api/v1/imports", "imports", "imports"),
    ("api/v1/images/<int:image_id>/retry", "catalog:write", "catalog:write"),
    ("api/v1/categories", "catalog:read", "catalog:read"),
    ("api/v1/sellers", "catalog:read", "catalog:read"),
    ("api/v1/", "catalog:read", "catalog:write"),
)

# Refuse everybody who asks without details that a test does not know, lead to the form, or ask for a seller without
# offers.
PICKY = {"admin/autocomplete/", "admin/login/", "admin/catalog/seller/<path:object_id>/delete/"}

SOCKETS = {
    "operator/index/live": OPERATOR,
    "manage/status/live": CATALOG,
    "manage/feeds/live": CATALOG,
    "manage/feeds/<int:import_id>/live": CATALOG,
}


def samples() -> dict[str, object]:
    """Makes a small shop. Argument: value, or values by what the URL begins with. Any other argument gets 1, or "x"."""
    product = Product.objects.create(sku="S/1", title="Lund sofa", category=category_for("Furniture > Sofa"))
    seller = Seller.objects.create(name="Nordhem")
    image = Image.objects.create(product=product, source="a.jpg", status="failed")
    offer = Offer.objects.create(product=product, seller=seller, price=899)
    token, _ = make_token(person("catalog-admin", username="ada"), "Stock sync", ["catalog:read"], None)
    webhook = add_webhook("http://127.0.0.1/", ["import.finished"], "ada")
    write([webhook], "webhook.test", [{}])
    bundle, _ = Bundle.objects.get_or_create(id="b-1.0", defaults={"dim": 4})
    generation = Generation.objects.create(id="20250101-000000-abcdef", bundle=bundle)
    guideline = Guideline.objects.create(name="Sofas", text="Look.")
    return {
        "product_id": product.pk,
        "sku": product.sku,
        "image_id": image.pk,
        "offer_id": offer.pk,
        "token_id": token.pk,
        "webhook_id": webhook.pk,
        "delivery_id": Delivery.objects.get().pk,
        "bundle_id": bundle.pk,
        "generation_id": generation.pk,
        "pin_id": Pin.objects.create(category=Category.objects.first()).pk,
        "project_id": Project.objects.create(name="Sofas", kind="grade", guideline=guideline).pk,
        "import_id": Import.objects.create(name="feed.csv", state="checked").pk,
        "source_id": FeedSource.objects.create(name="Nightly").pk,
        "query_id": {"label/": 1, "": uuid.UUID(int=0)},
        "rule_id": 1,
        "seller_id": seller.pk,
        "queue": "held",
        "verdict": {"manage/review/sellers/": "block", "": "reject"},
        "verb": "promote",
        "rater_id": token.user_id,
        "action": "pause",
        "object_id": {
            "admin/auth/user/": token.user_id,
            "admin/auth/group/": Group.objects.first().pk,
            "admin/procrastinate/": inspect_image.defer(image_id=image.pk),
            "admin/catalog/product/": product.pk,
            "admin/catalog/image/": image.pk,
            "admin/catalog/category/": product.category_id,
            "admin/catalog/seller/": seller.pk,
        },
    }
