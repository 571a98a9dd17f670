"""Google Merchant's XML: RSS 2.0, RSS 1.0 and Atom, read as a stream. Entities of the file's own are refused."""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from catalog.errors import FeedUnreadable
from catalog.ingest.columns import column_name
from catalog.ingest.delimited import find_encoding
from catalog.ingest.rows import LIST_SEPARATOR, MAX_COLUMNS, MAX_FIELD_CHARS

GOOGLE = "base.google.com"
ITEMS = {"item", "entry", "product"}
OF_ATOM = {"summary": "description", "content": "description", "published": "published_at"}
BLOCK_CHARS = 256 * 1024
MAX_ITEM_VALUES = 1000
DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])  # XML 1.0 has no place for them


class Items(ContentHandler):
    """Collects items as (line, {name: [values]}, too long?). g:title wins over title; only direct children count."""

    def __init__(self, parser: DefusedExpatParser):
        super().__init__()
        self.parser = parser
        self.done: deque[tuple[int, dict[str, list[str]], bool]] = deque()
        self.depth = self.item_depth = self.line = self.chars = 0
        self.spaces: dict[str, str] = {}  # by prefix; a feed that forgot to declare g: means Google's all the same
        self.own: dict[str, list[str]] = {}
        self.plain: dict[str, list[str]] = {}
        self.text: list[str] = []
        self.too_long = False

    def startElement(self, name, attrs):
        self.depth += 1
        self.spaces |= {key[6:]: uri for key, uri in attrs.items() if key.startswith("xmlns:")}
        local = name.rpartition(":")[2].lower()
        if not self.item_depth and local in ITEMS:
            self.item_depth, self.line = self.depth, self.parser.getLineNumber()
            self.own, self.plain, self.too_long = {}, {}, False
        elif self.item_depth and self.depth == self.item_depth + 1:
            self.text, self.chars = [], 0
            if local == "link" and (address := attrs.get("href")):
                self.text = [address]

    def characters(self, content):
        if self.item_depth and self.depth == self.item_depth + 1:
            self.chars += len(content)
            if self.chars <= MAX_FIELD_CHARS:
                self.text.append(content)
            else:
                self.too_long = True

    def endElement(self, name):
        if self.item_depth and self.depth == self.item_depth + 1:
            self.keep(name)
        elif self.depth == self.item_depth:
            self.done.append((self.line, {**self.plain, **self.own}, self.too_long))
            self.item_depth = 0
        self.depth -= 1

    def keep(self, name: str) -> None:
        """What stands in other vocabularies than Google's and the feed's own is not ours."""
        prefix, _, local = name.rpartition(":")
        if prefix and GOOGLE not in self.spaces.get(prefix, GOOGLE if prefix == "g" else ""):
            return
        target, column = (self.own if prefix else self.plain), column_name(local)
        if target is self.plain:
            column = OF_ATOM.get(column, column)
        values = target.setdefault(column, [])
        if len(values) < MAX_ITEM_VALUES and (text := "".join(self.text).strip()):
            values.append(text)


def read_items(path: Path) -> Iterator[tuple[int, dict[str, str], str]]:
    """The line an item begins on, its values by name, and why it is broken. Raises FeedUnreadable for broken XML."""
    parser = DefusedExpatParser(forbid_dtd=False, forbid_entities=True, forbid_external=True)
    items = Items(parser)
    parser.setContentHandler(items)
    try:
        for block in read_text(path):
            parser.feed(block)
            while items.done:
                yield as_row(*items.done.popleft())
        parser.close()
    except SAXParseException as error:
        where = f"line {error.getLineNumber()}"
        hint = " Is there an & that is not written &amp;?" if "invalid token" in str(error.getMessage()) else ""
        raise FeedUnreadable(f"This XML is broken in {where}: {error.getMessage()}.{hint}") from error
    except DefusedXmlException as error:
        raise FeedUnreadable("This XML defines entities of its own, which no feed needs.") from error
    except (SAXException, LookupError, ValueError) as error:
        raise FeedUnreadable(f"This XML cannot be read: {error}") from error
    while items.done:
        yield as_row(*items.done.popleft())


def as_row(line: int, values: dict[str, list[str]], too_long: bool) -> tuple[int, dict[str, str], str]:
    broken = f"A value is longer than {MAX_FIELD_CHARS} characters." if too_long else ""
    single = {"id", "title", "description", "product_type", "link", "price"}
    cells = {
        name: (texts[0] if texts else "") if name in single else LIST_SEPARATOR.join(texts)
        for name, texts in values.items()
    }
    return line, cells, broken


def read_text(path: Path) -> Iterator[str]:
    """The file's text, whatever encoding it says or has, without characters that XML forbids."""
    encoding = xml_encoding(path)
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        first = True
        while block := file.read(BLOCK_CHARS):
            block = block.translate(FORBIDDEN)
            yield block.lstrip("\ufeff \t\r\n") if first else block
            first = False


def xml_encoding(path: Path) -> str:
    """What is valid UTF-8 is UTF-8; else what the file declares."""
    found = find_encoding(path)
    if found != "cp1252":
        return found
    with open(path, "rb") as file:
        declared = DECLARED.search(file.read(512))
    name = declared[1].decode("ascii") if declared else found
    try:
        return found if codecs.lookup(name).name in ("utf-8", "ascii") else name
    except LookupError:
        return found


def columns_of(path: Path) -> tuple[str, ...]:
    """Names of everything that items hold, in the order in which they come first. Raises FeedUnreadable."""
    names: dict[str, None] = {}
    for _, cells, _ in read_items(path):
        names |= dict.fromkeys(name for name in cells if name not in names)
        if len(names) > MAX_COLUMNS:
            raise FeedUnreadable(f"The items of this file have more than {MAX_COLUMNS} different fields.")
    if not names:
        raise FeedUnreadable("This XML holds no items. It must be RSS or Atom as Google Merchant describes it.")
    return tuple(names)
