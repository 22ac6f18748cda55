"""What a template refers to."""

import re

from impact_select.model.reference import Reference


def find_words(text: bytes) -> frozenset[Reference]:
    """Take every word of a template for an attribute that it may look up.

    Args:
        text: An executed file that is no Python source; it has no units, so what refers
            is the file as a whole (`Outline.loaded` of an empty outline).
    """
    words = set(re.findall(r"[A-Za-z_]\w*", text.decode("utf-8", "replace")))
    return frozenset(Reference(word, "?", 0) for word in words)
