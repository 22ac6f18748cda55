"""What a unit of a file refers to.

A reference is a name and where it is looked up, its *root*:

=============  =====================================================================
root           the name is
=============  =====================================================================
``""``         a global or builtin name of the file itself
``"pkg.mod"``  an attribute of what an import names, relative dots kept (``.mod``)
``"?"``        an attribute of an object whose type is not known here
``'"'`` + x    the last part of a string literal that names something, below `x`
=============  =====================================================================

The name ``*`` is a star import. The name ``**`` is one that is computed at run time, its
root where it is looked up (`getattr`, `vars`, `globals`). A name after ``&`` is used as a
value, neither called nor looked into on the spot, so that whoever gets the value may look
into it. The name ``()`` is a call of what a variable of a function holds.

Example: ``from .tax import rates`` and, in a function, ``rates.VAT * self.share`` give
``(rates, .tax)`` for the import, ``(rates, "")``, ``(VAT, .tax.rates)`` and ``(share, ?)``
for the function's block. Local variables are no references.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A name that a unit refers to; the module's table tells what `root` is."""

    name: str
    root: str
    unit: int
