"""What a unit of a file refers to.

A reference is a name and where it is looked up, its *root*:

=============  =====================================================================
root           the name is
=============  =====================================================================
``""``         a global or builtin name of the file itself
``"pkg.mod"``  an attribute of what an import names, relative dots kept (``.mod``)
``"?"``        an attribute of an object whose type is not known here
``"@"``        an attribute of the object whose method it is, of `self`
``"^"``        an attribute of `super()`, so of a class that the object is made of
``"="``        an attribute of a class or function that the file defines
``'"'`` + x    the last part of a string literal that names something, below `x`
=============  =====================================================================

The name ``*`` is a star import. The name ``**`` is any name, its root where it is looked up
(`vars`, `globals`). A name that is computed at run time is ``**:`` and a pattern, with ``*``
for what is not known of it: ``**:visit_*`` for ``getattr(self, f"visit_{kind}")``. A name
after ``&`` is used as a value, neither called nor looked into on the spot, so that whoever
gets the value may look into it. A name after ``@`` is called in what may be a class, so that
a method gets its object as an argument. The name ``()`` is a call of what a variable of a function
holds. A call of `type` with bases is one of ``types.new_class``.

Example: ``from .tax import rates`` and, in a function, ``rates.VAT * self.share`` give
``(rates, .tax)`` for the import, ``(rates, "")``, ``(VAT, .tax.rates)`` and ``(share, ?)``
for the function's block. Local variables are no references.
"""

from dataclasses import dataclass
from typing import Final

ANY_NAME: Final = "**"
"""The name of a reference to whatever names there are."""

RECEIVER: Final = "@"
"""The root of what is looked up in the object whose method looks."""

SUPER: Final = "^"
"""The root of what is looked up in the classes of that object alone."""


DEFINED: Final = "="
"""The root of computed names that are looked up in a class or function of the file itself."""


def computed_name(pattern: str) -> str:
    """Return the name of a reference to a name of which a pattern is known."""
    return f"{ANY_NAME}:{pattern}"


def may_compute(reference: str, name: str, *, spelled: bool) -> bool:
    """Tell whether a reference by a computed name may be one to a name.

    Args:
        reference: As `computed_name` gives it, or ANY_NAME.
        name: An attribute or a global name.
        spelled: Whether some literal holds the name. A special one (`__eq__`) is computed
            only by code that spells it, or the beginning of it.
    """
    if reference == ANY_NAME:
        return True
    first, star, last = reference.removeprefix(f"{ANY_NAME}:").partition("*")
    if not star:
        return name == first
    fits = name.startswith(first) and name.endswith(last) and len(first) + len(last) <= len(name)
    is_special = name.startswith("__") and name.endswith("__")
    return fits and (not is_special or spelled or first.startswith("__"))


def has_known_part(reference: str) -> bool:
    """Tell whether anything is known of the name of a reference by a computed name."""
    return reference != ANY_NAME and reference.removeprefix(f"{ANY_NAME}:") != "*"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A name that a unit refers to; the module's table tells what `root` is."""

    name: str
    root: str
    unit: int
