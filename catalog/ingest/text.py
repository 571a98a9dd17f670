"""Text out of what feeds put into cells: HTML, entities, and the marks that spreadsheets need."""

import html
import re
from html.parser import HTMLParser

MARKUP = re.compile(
    r"</?(?:p|br|div|span|ul|ol|li|b|i|u|em|strong|h[1-6]|table|thead|tbody|tr|td|th|a|img|font|meta|hr|small|sup|sub|s|pre"
    r"|code|center|section|article|header|footer|main|blockquote|figure|iframe|video|script|style|button|dl|dt|dd)\b[^>]*>",
    re.I,
)
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I)
BLOCKS = {"p", "br", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr"}
BLOCKS |= {"hr", "section", "dt", "dd"}
UNSEEN = {"script", "style", "head", "title", "template"}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # a spreadsheet may take what begins like this for a formula


class TextOnly(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag, attrs):
        if tag in UNSEEN:
            self.unseen += 1
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag):
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        if tag in BLOCKS:
            self.parts.append("\n")

    def parse_marked_section(self, i, report=1):
        """ "<![foo" is a comment to browsers; the library stops there."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i, 0)

    def handle_data(self, data):
        if not self.unseen:
            self.parts.append(data)


def plain_text(text: str) -> str:
    """Without tags and entities, a line for each block. Text that holds no markup comes back as it was."""
    if MARKUP.search(text):
        parser = TextOnly()
        parser.feed(text.replace("\\n", "\n"))  # WooCommerce writes line ends as a backslash and an n
        parser.close()
        lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
        return "\n".join(line for line in lines if line)
    return html.unescape(text) if ENTITY.search(text) else text


def escape_formula(cell: str) -> str:
    """A cell that no spreadsheet calculates. unescape_formula takes it back exactly."""
    return "'" + cell if cell.startswith(FORMULA) else cell


def unescape_formula(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell
