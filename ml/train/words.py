"""Search phrases from a product's attributes, and which products they fit."""

import re
from dataclasses import dataclass
from random import Random

from ml.train.items import Item

ORDER = ("whom", "style", "pattern", "color", "material", "type")
TITLE_SHARE = 0.2
SENTENCE_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a shopper might type, and the attributes that it names."""

    text: str
    named: tuple[tuple[str, str], ...]


def phrase(item: Item, random: Random) -> Phrase:
    """Some of the item's attributes in the order that people say them, or now and then its title or a sentence."""
    attributes = item.attributes
    if "title" in attributes and random.random() < TITLE_SHARE:
        return Phrase(attributes["title"], (("title", attributes["title"]),))
    if "description" in attributes and random.random() < SENTENCE_SHARE:
        text = random.choice(sentences(attributes["description"]))
        return Phrase(f"{attributes['type']}: {text}", (("title", attributes["title"]),))
    kept = [name for name in ORDER if name in attributes and (name == "type" or random.random() < 0.55)]
    kept = [name for name in kept if attributes[name] != "plain"] or ["type"]
    kept += ["legs"] * ("legs" in attributes and random.random() < 0.25)
    named = tuple((name, attributes[name]) for name in kept)
    return Phrase(compose(dict(named), random), named)


def sentences(text: str) -> list[str]:
    return re.findall(r"[^.!?]+[.!?]?", text)


def compose(named: dict[str, str], random: Random) -> str:
    """ "green velvet armchair", "armchair in green velvet", "velvet armchair in green with oak legs"."""
    words = list(dict.fromkeys(named[name] for name in ORDER if name in named))
    legs = f" with {named['legs']}" if "legs" in named else ""
    if "color" in named and len(words) > 1 and random.random() < 0.4:
        tail = [named["color"]]
        if random.random() < 0.5 and named.get("material", named["color"]) != named["color"]:
            tail.append(named["material"])
        words = [word for word in words if word not in tail] + ["in", *tail]
    return " ".join(words) + legs


def says(words: Phrase, item: Item) -> bool:
    """Whether every attribute that the phrase names is the item's."""
    return all(item.attributes.get(name) == value for name, value in words.named)
