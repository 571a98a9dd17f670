"""Everything a stranger may upload: handled, or refused in words, and never a server error."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from search.build.register import register_bundle
from search.models import QueryPhoto
from tests.conftest import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bundle():
    register_bundle()


def encoded(image: Image.Image, format: str, **save) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **save)
    return file.getvalue()


def plain(mode: str = "RGB", size=(240, 200)) -> Image.Image:
    return Image.open(io.BytesIO(picture(seed=1, size=size))).convert(mode)


def sixteen_bit() -> bytes:
    return encoded(Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16"), "PNG")


def palette_with_alpha() -> bytes:
    return encoded(plain("P"), "PNG", transparency=bytes(range(256)))


def animated(format: str) -> bytes:
    frames = [Image.open(io.BytesIO(picture(seed=n))) for n in range(3)]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:])


def png_claiming(width: int, height: int) -> bytes:
    """A header without the pixels it promises: what decompression bombs begin with."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def exif_bomb() -> bytes:
    """An EXIF block whose directories point at themselves and promise millions of values."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x9286, 7, 0x7FFFFFFF, 8)
    tiff = b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", 2) + entry + struct.pack("<I", 8)
    body = b"Exif\x00\x00" + tiff + bytes(60_000)
    jpeg = picture(seed=1)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


HANDLED = {
    "HEIC": lambda: encoded(plain(), "HEIF"),
    "CMYK": lambda: encoded(plain("CMYK"), "JPEG"),
    "grey": lambda: encoded(plain("L"), "JPEG"),
    "16 bits": sixteen_bit,
    "palette with alpha": palette_with_alpha,
    "animated GIF": lambda: animated("GIF"),
    "animated WebP": lambda: animated("WEBP"),
    "animated PNG": lambda: animated("PNG"),
    "wrong extension": lambda: encoded(plain(), "PNG"),
    "EXIF bomb": exif_bomb,
    "one pixel high is padded": lambda: encoded(plain(size=(900, 70)), "JPEG"),
    "large but allowed": lambda: encoded(Image.new("RGB", (6000, 4000), "grey"), "JPEG"),
}
REFUSED = {
    "nothing": (lambda: b"", "empty"),
    "no picture": (lambda: b"hello" * 100, "not-an-image"),
    "zeros": (lambda: bytes(10_000), "not-an-image"),
    "HTML": (lambda: b"<!doctype html><script>alert(1)</script>", "not-an-image"),
    "SVG": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "unsupported-format"),
    "truncated JPEG": (lambda: picture(seed=1)[:900], "truncated"),
    "truncated PNG": (lambda: encoded(plain(), "PNG")[:400], "truncated"),
    "bomb": (lambda: png_claiming(60_000, 60_000), "too-many-pixels"),
    "100 megapixels": (lambda: encoded(Image.new("L", (10_000, 10_000)), "PNG"), "too-many-pixels"),
    "a header without pixels": (lambda: png_claiming(400, 300), "truncated"),
    "tiny": (lambda: encoded(Image.new("RGB", (3, 3)), "PNG"), "too-small"),
    "PDF": (lambda: b"%PDF-1.7\n" + bytes(500), "not-an-image"),
    "more than 20 MB": (lambda: bytes(21 * 1024 * 1024), "too-many-bytes"),
}


def detect(client, data: bytes, name: str = "photo.jpg"):
    return client.post("/api/v1/detections", {"image": SimpleUploadedFile(name, data, "image/jpeg")})


@pytest.mark.filterwarnings("ignore:Tag data larger than file")
@pytest.mark.parametrize("kind", HANDLED)
def test_unusual_pictures_are_handled(client, kind):
    answer = detect(client, HANDLED[kind]())
    assert answer.status_code == 200, answer.content
    assert answer.json()["objects"]
    assert QueryPhoto.objects.count() == 1


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("door", ["detections", "searches"])
def test_what_is_no_picture_is_refused_in_words_and_nothing_is_kept(client, kind, door):
    make, code = REFUSED[kind]
    answer = client.post(f"/api/v1/{door}", {"image": SimpleUploadedFile("photo.jpg", make(), "image/jpeg")})
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail"].endswith(".")
    assert not QueryPhoto.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://localhost:8000/metrics",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://0.0.0.0/",
        "http://100.64.0.1/",
        "http://user:pass@127.0.0.1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x.jpg",
        "gopher://127.0.0.1:6379/_x",
        "//127.0.0.1/x",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://a\nb/",
        "javascript:alert(1)",
        "x",
    ],
)
def test_addresses_of_this_machine_and_of_private_networks_are_refused(client, url):
    answer = client.post("/api/v1/searches", {"image_url": url}, content_type="application/json")
    assert answer.status_code in (400, 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "box", ["5000,5000,6000,6000", "200,180,20,20", "0,0,0,0", "-9,-9,-1,-1", "1e5,1e5,1e6,1e6", "239.9,199.9,240,200"]
)
def test_boxes_outside_of_the_photo_are_refused(client, box):
    token = detect(client, picture(seed=1)).json()["photo"]
    answer = client.post("/api/v1/searches", {"photo": token, "bbox": box}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "box-outside")


def test_nul_characters_anywhere_are_no_server_error(client):
    for asked in ({"text": "a\0b"}, {"photo": "a\0b"}, {"cursor": "a\0.1.b"}, {"image_url": "http://a\0b/"}):
        answer = client.post("/api/v1/searches", asked, content_type="application/json")
        assert answer.status_code < 500, asked
        assert client.get("/api/v1/searches", {"q": "a\0b"}).status_code < 500


def test_what_was_hidden_in_the_file_is_not_kept(client):
    """GPS and camera in EXIF, and the film that phones append after the picture's end."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    data = encoded(plain(), "JPEG", exif=exif) + b"SecretFilm" * 100
    token = detect(client, data).json()["photo"]
    from search.photos import read_jpeg

    kept = read_jpeg(token)
    assert b"Secret" not in kept
    assert b"Exif" not in kept
