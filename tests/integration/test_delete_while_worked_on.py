"""What a worker writes of a picture while somebody deletes it."""

import threading

import pytest
from django.db import connection, transaction

from catalog import services
from catalog.models import Image, Product
from search.models import ImageDetail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("delete", ["product", "picture"])
def test_a_picture_that_is_looked_at_can_be_deleted(delete):
    product = Product.objects.create(sku="A", title="Sofa")
    image = Image.objects.create(product=product, source="https://shop.example/1.jpg", file="a.jpg")
    taken, go_on = threading.Event(), threading.Event()

    def worker() -> None:
        with transaction.atomic():
            Image.objects.select_for_update().get(pk=image.pk)
            ImageDetail.objects.create(image=image, file="a.jpg")
            taken.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    assert taken.wait(10)
    threading.Timer(0.3, go_on.set).start()  # when the deletion waits for the row
    deleted = services.delete_products(["A"]) if delete == "product" else services.delete_images(Image.objects.all())
    thread.join()
    assert (deleted, Image.objects.count(), ImageDetail.objects.count()) == (1, 0, 0)
