"""What is left of a docstring at run time."""

import sys
from typing import Final

_IS_CLEANED: Final = sys.version_info >= (3, 13)


def kept(text: str) -> str:
    """Return what `__doc__` is for a docstring, where the interpreter is not told to drop it.

    Args:
        text: Its literal's value.

    Source:
        What's New In Python 3.13, "Other Language Changes": the compiler strips common
        leading whitespace. Blank lines at either end stay, unlike in `inspect.cleandoc`.
    """
    if not _IS_CLEANED:
        return text
    first, *others = text.expandtabs().split("\n")
    depths = [len(line) - len(line.lstrip(" ")) for line in others]
    filled = [depth for line, depth in zip(others, depths, strict=True) if depth < len(line)]
    margin = min(filled, default=0)
    lines = [line[min(margin, depth) :] for line, depth in zip(others, depths, strict=True)]
    return "\n".join([first.lstrip(" "), *lines])
