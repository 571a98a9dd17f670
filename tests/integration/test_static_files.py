"""Static files, as the ASGI server asks for them."""

import asyncio

import pytest
from django.test import AsyncClient

SHEET = "/static/app.css"


def get(path: str, **headers):
    return asyncio.run(AsyncClient().get(path, headers=headers))


@pytest.mark.filterwarnings("error")
def test_a_file_is_answered_whole_and_without_a_warning():
    response = get(SHEET)
    assert response.status_code == 200
    assert not response.streaming
    assert response["Content-Type"].startswith("text/css")
    assert len(response.content) == int(response["Content-Length"])


def test_a_part_of_a_file():
    response = get(SHEET, range="bytes=0-9")
    assert response.status_code == 206
    assert response.content == get(SHEET).content[:10]


def test_a_file_that_the_browser_has():
    response = get(SHEET, if_modified_since=get(SHEET)["Last-Modified"])
    assert response.status_code == 304
    assert response.content == b""
