"""Words that may name a person: an e-mail address, a phone or card number, an address of the web. They are left out."""

import re

E_MAIL = re.compile(r"\S@\S")
WEB = re.compile(r"(?:https?://|www\.)", re.IGNORECASE)
NUMBER = re.compile(r"(?:\d[\s().\-/+]{0,2}){7,}")  # as long as a phone number; a GTIN goes with them


def is_private(text: str) -> bool:
    return any(pattern.search(text) for pattern in (E_MAIL, WEB, NUMBER))
