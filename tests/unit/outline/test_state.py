"""Functions that store something that outlives their call."""

import pytest
from tests.unit.builders import outline


def fills(source: str) -> set[tuple[str, int]]:
    """Give the names and lines of what the last function of a source fills."""
    return {(fill.name, fill.line) for fill in outline(source).functions[-1].fills}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            """
            def f():
                global seen
                if seen is None:
                    seen = make()
                return seen
            """,
            {("seen", 5)},
            id="global",
        ),
        pytest.param(
            """
            def f():
                global np
                import numpy as np
            """,
            {("np", 4)},
            id="global-import",
        ),
        pytest.param(
            """
            def f(key):
                if key not in CACHE:
                    CACHE[key] = make(key)
                return CACHE[key]
            """,
            {("CACHE", 4)},
            id="subscript",
        ),
        pytest.param("def f(key): return CACHE.setdefault(key, 1)", {("CACHE", 1)}, id="default"),
        pytest.param("def f(x): PLUGINS.append(x)", {("PLUGINS", 1)}, id="append"),
        pytest.param("def f(x): REGISTRY.by_name.update(x)", {("by_name", 1)}, id="update"),
        pytest.param("def f(): APP.state = 1", {("state", 1)}, id="attribute"),
        pytest.param("def f(): APP.count += 1", {("count", 1)}, id="augmented"),
        pytest.param("def f(): APP.table['a']['b'] = 1", {("table", 1)}, id="deep"),
        pytest.param("def f(): f.done = True", {("done", 1)}, id="on-itself"),
        pytest.param(
            """
            def memo(function):
                cache = {}
                def inner(key):
                    if key not in cache:
                        cache[key] = function(key)
                    return cache[key]
                return inner
            """,
            {("cache", 6)},
            id="closure",
        ),
        pytest.param(
            """
            def once(function):
                result = None
                def inner():
                    nonlocal result
                    if result is None:
                        result = function()
                    return result
                return inner
            """,
            {("result", 7)},
            id="nonlocal",
        ),
        pytest.param(
            """
            class C:
                @cached_property
                def f(self):
                    return make()
            """,
            {("f", 5)},
            id="cached-property",
        ),
        pytest.param(
            """
            class C:
                @functools.cached_property
                def f(self):
                    return make()
            """,
            {("f", 5)},
            id="dotted-cached-property",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    if self._x is None:
                        self._x = make()
                    return self._x
            """,
            {("_x", 5)},
            id="lazy-attribute",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    if not hasattr(self, "_x"):
                        self._x = make()
                    return self._x
            """,
            {("_x", 5)},
            id="hasattr",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    try:
                        return self._x
                    except AttributeError:
                        self._x = make()
                        return self._x
            """,
            {("_x", 7)},
            id="try",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    self._x = self._x or make()
                    return self._x
            """,
            {("_x", 4)},
            id="or",
        ),
        pytest.param(
            """
            class C:
                def f(self, a):
                    if self._x is None:
                        if a:
                            self._x = one()
                        else:
                            self._x = two()
                    return self._x
            """,
            {("_x", 6), ("_x", 8)},
            id="two-ways-to-fill",
        ),
        pytest.param(
            """
            class C:
                def f(self, key):
                    if key not in self._x:
                        self._x[key] = make(key)
                    return self._x[key]
            """,
            {("_x", 5)},
            id="table-of-an-instance",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    if not self._x:
                        self._x.extend(make())
                    return self._x
            """,
            {("_x", 5)},
            id="list-of-an-instance",
        ),
        pytest.param(
            """
            class C:
                @classmethod
                def f(cls):
                    cls._x = make()
            """,
            {("_x", 5)},
            id="class-attribute",
        ),
        pytest.param(
            """
            class C:
                @classmethod
                def f(cls, key):
                    cls._x[key] = make()
                    cls._y.append(key)
            """,
            {("_x", 5), ("_y", 6)},
            id="table-of-a-class",
        ),
        pytest.param(
            """
            class C:
                def __new__(cls):
                    if cls._x is None:
                        cls._x = super().__new__(cls)
                    return cls._x
            """,
            {("_x", 5)},
            id="singleton",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    type(self)._x = make()
            """,
            {("_x", 4)},
            id="attribute-of-the-type",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    self.__class__._x = make()
            """,
            {("_x", 4)},
            id="attribute-of-the-class",
        ),
    ],
)
def test_state_that_outlives_a_call(source: str, expected: set[tuple[str, int]]) -> None:
    """A fill is known by the name under which readers find it, and by its line."""
    assert fills(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(x):\n    y = x\n    return y", id="locals"),
        pytest.param("def f():\n    y = {}\n    y['a'] = 1\n    return y", id="own-table"),
        pytest.param("def f():\n    y = []\n    y.append(1)\n    return y", id="own-list"),
        pytest.param("def f(x):\n    x.y = 1", id="attribute-of-an-argument"),
        pytest.param("def f(*x):\n    x[0] = 1", id="arguments"),
        pytest.param("def f():\n    for x in y:\n        x.z = 1", id="loop-variable"),
        pytest.param("def f():\n    with x as y:\n        y.z = 1", id="with-variable"),
        pytest.param("def f():\n    return CACHE['a'].b", id="reads"),
        pytest.param("def f():\n    def g():\n        CACHE['a'] = 1\n    return g", id="others"),
        pytest.param("import m\ndef f(): m.x = 1", id="patched-module"),
        pytest.param("class C:\n    def __init__(self): self.x = 1", id="constructor"),
        pytest.param("class C:\n    def f(self): self.x = 1", id="setter"),
        pytest.param(
            "class C:\n    def __init__(self, x):\n        if x:\n            self.x = x or self.x",
            id="constructor-that-tests",
        ),
    ],
)
def test_state_of_the_call_alone(source: str) -> None:
    """What a function makes, or is handed, is not shared by it; nor is what it only reads."""
    function = outline(source).functions[0]

    assert function.fills == ()
