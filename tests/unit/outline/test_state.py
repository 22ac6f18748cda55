"""Functions that store something that outlives their call."""

import pytest
from tests.unit.builders import outline

from impact_select.model.source import Reuse


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
        pytest.param(
            """
            import os
            def f():
                if "RATE" not in os.environ:
                    os.environ["RATE"] = make()
            """,
            {("environ", 5)},
            id="item-of-a-module",
        ),
        pytest.param(
            """
            import sys
            def f():
                if "x" not in sys.path:
                    sys.path.insert(0, make())
            """,
            {("path", 5)},
            id="list-of-a-module",
        ),
        pytest.param(
            """
            import m
            def f():
                if not hasattr(m, "x"):
                    m.x = make()
            """,
            {("x", 5)},
            id="attribute-of-a-module",
        ),
        pytest.param(
            """
            def f():
                c = CACHE
                c["a"] = make()
            """,
            {("CACHE", 4)},
            id="alias",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    c = self._x
                    if "a" not in c:
                        c["a"] = make()
            """,
            {("_x", 6)},
            id="alias-of-an-attribute",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    value = self._x
                    if value is None:
                        value = make()
                        self._x = value
                    return value
            """,
            {("_x", 7)},
            id="looked-at-through-a-variable",
        ),
        pytest.param(
            """
            def f(c):
                if "a" not in c:
                    c["a"] = make()
            """,
            {("c", 4)},
            id="argument",
        ),
        pytest.param(
            """
            def f(x):
                if not hasattr(x, "y"):
                    x.y = make()
            """,
            {("y", 4)},
            id="attribute-of-an-argument",
        ),
        pytest.param(
            """
            def f():
                c = find()
                if not c.get("a"):
                    c["a"] = make()
            """,
            {("c", 5)},
            id="result",
        ),
        pytest.param("def f(): globals()['x'] = 1", {("x", 1)}, id="globals"),
        pytest.param("def f(): setattr(APP, 'x', 1)", {("x", 1)}, id="setattr"),
        pytest.param("def f(n): setattr(APP, n, 1)", {("", 1)}, id="setattr-of-any-name"),
        pytest.param("def f(): setattr(type(APP), 'x', 1)", {("x", 1)}, id="setattr-of-a-type"),
        pytest.param("def f(): vars(APP)['x'] = 1", {("x", 1)}, id="vars"),
        pytest.param("def f(): APP.__dict__['x'] = 1", {("x", 1)}, id="namespace"),
        pytest.param("def f(): APP.__dict__.update(a=1)", {("", 1)}, id="namespace-updated"),
        pytest.param("def f(): exec('x = 1', SPACE)", {("SPACE", 1)}, id="exec"),
        pytest.param("def f(): exec('x = 1', {}, SPACE)", {("SPACE", 1)}, id="exec-locals"),
        pytest.param("def f(): heapq.heappush(HEAP, 1)", {("HEAP", 1)}, id="heap"),
        pytest.param(
            """
            class C:
                def f(self):
                    if not hasattr(self, "x"):
                        object.__setattr__(self, "x", make())
            """,
            {("x", 5)},
            id="object-setattr",
        ),
        pytest.param(
            """
            def f():
                if QUEUE.empty():
                    QUEUE.put(make())
            """,
            {("QUEUE", 4)},
            id="method-of-an-object",
        ),
        pytest.param(
            """
            def f():
                if CATALOG.empty():
                    CATALOG.put(make())
            """,
            {("CATALOG", 4)},
            id="no-log",
        ),
        pytest.param(
            """
            def f():
                try:
                    return VARIABLE.get()
                except LookupError:
                    VARIABLE.set(make())
            """,
            {("VARIABLE", 6)},
            id="method-after-an-error",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    if not self.queue.items:
                        self.queue.put(make())
            """,
            {("queue", 5)},
            id="method-of-an-attribute",
        ),
        pytest.param(
            """
            def f():
                value = TABLE.get("a") or make()
                TABLE["a"] = value
            """,
            {("TABLE", 3), ("TABLE", 4)},
            id="made-before-it-is-stored",
        ),
        pytest.param(
            """
            class C:
                def f(self):
                    self.f = lambda: 1
            """,
            {("f", 4)},
            id="replaces-itself",
        ),
        pytest.param(
            """
            class C:
                def __getattr__(self, name):
                    setattr(self, name, make())
            """,
            {("", 4)},
            id="look-up-hook",
        ),
        pytest.param(
            """
            class C:
                def __missing__(self, key):
                    self[key] = make()
            """,
            {("self", 4)},
            id="missing-item",
        ),
        pytest.param(
            """
            class C:
                def __get__(self, instance, owner):
                    value = instance.__dict__[self.name] = make()
                    return value
            """,
            {("", 4)},
            id="descriptor",
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
        pytest.param("def f(*a):\n    if not a:\n        a[0] = 1", id="tested-arguments"),
        pytest.param("def f(**k):\n    if 'a' not in k:\n        k['a'] = 1", id="keywords"),
        pytest.param("def f():\n    c = dict(D)\n    if 1 not in c:\n        c[1] = 2", id="copy"),
        pytest.param(
            "def f(c):\n    c = c.copy()\n    if 1 not in c:\n        c[1] = 2", id="copied"
        ),
        pytest.param("def f(c):\n    if 1 in c:\n        del c[1]", id="removes"),
        pytest.param("def f(d):\n    if d:\n        LOG.info(g(d))", id="logs"),
        pytest.param("def f():\n    if LOG.on():\n        LOG.info(g())", id="logs-when-asked"),
        pytest.param("def f(d):\n    if d:\n        SHOP.sell(g(d))", id="calls-in-a-branch"),
        pytest.param(
            "import m\ndef f():\n    if m.x is None:\n        m.x = 1\n    try:\n        g()\n"
            "    finally:\n        m.x = None",
            id="puts-back",
        ),
        pytest.param(
            "import m\ndef f():\n    if m.x is None:\n        m.x = 1\n    yield\n    m.x = None",
            id="puts-back-after-its-caller",
        ),
        pytest.param("import m\ndef f(a):\n    if a:\n        m.x = 1", id="patched-in-a-branch"),
        pytest.param(
            "class C:\n    @classmethod\n    def f(cls):\n        if isinstance(cls.x, str):\n"
            "            cls.x.y = 1",
            id="only-a-type-decides",
        ),
        pytest.param(
            "class C:\n    @x.setter\n    def x(self, x):\n        self.x = x", id="property-setter"
        ),
    ],
)
def test_state_of_the_call_alone(source: str) -> None:
    """What a function makes, or is handed, is not shared by it; nor is what it only reads."""
    function = outline(source).functions[0]

    assert function.fills == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("def f():\n    C[1] = 2", {Reuse.NEVER}, id="always"),
        pytest.param("def f():\n    if 1 not in C:\n        C[1] = 2", {Reuse.BRANCH}, id="branch"),
        pytest.param(
            "def f():\n    if 1 not in C: C[1] = 2", {Reuse.WITHIN}, id="branch-on-a-line"
        ),
        pytest.param("def f():\n    global x\n    x = x or 1", {Reuse.WITHIN}, id="or"),
        pytest.param("def f():\n    global x\n    x = x if x else 1", {Reuse.WITHIN}, id="choice"),
        pytest.param(
            "def f():\n    return C.get(1) or C.setdefault(1, 2)", {Reuse.WITHIN}, id="default"
        ),
        pytest.param(
            "def f():\n    [C.setdefault(k, g(k)) for k in K if k not in C]",
            {Reuse.WITHIN},
            id="comprehension",
        ),
        pytest.param(
            "def f():\n    x = C.get(1)\n    if x:\n        return x\n    C[1] = 2",
            {Reuse.BRANCH},
            id="way-out-through-a-variable",
        ),
        pytest.param(
            "def f(ks):\n    for k in ks - C.keys():\n        C[k] = g(k)",
            {Reuse.BRANCH},
            id="loop",
        ),
        pytest.param(
            "def f():\n    if 1 in C:\n        x = C[1]\n    else:\n        x = g()\n    C[1] = x",
            {Reuse.NEVER, Reuse.BRANCH},
            id="made-in-a-branch",
        ),
        pytest.param(
            "def f():\n    global f\n    f = g()", {Reuse.NAME, Reuse.WITHIN}, id="replaces-itself"
        ),
        pytest.param(
            "class C:\n    def __missing__(self, k):\n        self[k] = g(k)",
            {Reuse.LOOKUP},
            id="look-up",
        ),
    ],
)
def test_how_a_place_is_passed_by(source: str, expected: set[Reuse]) -> None:
    """Where it stands tells how those that find it filled come by."""
    assert {fill.reuse for fill in outline(source).functions[-1].fills} == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("def f(c):\n    if 1 not in c:\n        c[1] = 2", ("(c",), id="argument"),
        pytest.param(
            "def f():\n    c = find()\n    if 1 not in c:\n        c[1] = 2", ("find",), id="result"
        ),
        pytest.param(
            "class C:\n    def f(self):\n        for c in self.cs:\n"
            "            if 1 not in c:\n                c[1] = 2",
            ("@cs",),
            id="items-of-an-attribute",
        ),
        pytest.param(
            "def f():\n    for c in CS:\n        if 1 not in c:\n            c[1] = 2",
            (".CS",),
            id="items-of-a-variable",
        ),
        pytest.param(
            "def f():\n    c = Table()\n    if 1 not in c:\n        c[1] = 2", (), id="new-object"
        ),
        pytest.param(
            "def f():\n    c = object.__new__(C)\n    if c.d is None:\n        c.d = 2",
            (),
            id="object-without-its-constructor",
        ),
        pytest.param("def f():\n    if 1 not in C:\n        C[1] = 2", None, id="known-to-last"),
    ],
)
def test_where_the_holder_comes_from(source: str, expected: tuple[str, ...] | None) -> None:
    """What is stored into says where it came from, if that decides whether it lasts."""
    (fill,) = outline(source).functions[-1].fills

    assert fill.sources == expected
