"""Two versions of a file become atomic changes."""

import pytest
from tests.unit.builders import outline, places

from impact_select.changes.detect import detect_changes
from impact_select.changes.elsewhere import Elsewhere
from impact_select.model.changes import AtomicChange, ChangeKind
from impact_select.model.ids import RepoPath
from impact_select.model.source import ImportFact

PATH = RepoPath("m.py")


def changes(before: str, after: str, *, known: bool = False) -> tuple[AtomicChange, ...]:
    """Compare two sources; `known` says that every new import is known to succeed."""

    def import_known(fact: ImportFact) -> bool:
        return known

    return detect_changes(PATH, outline(before), outline(after), Elsewhere(import_known))


def shown(found: tuple[AtomicChange, ...]) -> set[str]:
    """Give changes as `PLACE KIND`, the module itself being `m.py`, without their doubts."""
    return {str(change).removeprefix("m.py::").partition(" (")[0] for change in found}


FUNCTION = "def f(a):\n    return a\n"
REGISTERED = "@app.route('/')\ndef f(a):\n    return a\n"
FIXTURE = "import pytest\n@pytest.fixture\ndef f(a):\n    return a\n"
CLASS = "class C:\n    x = 1\n    def m(self):\n        return 2\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # -- what runs when it is called
        pytest.param(FUNCTION, "def f(a):\n    return 1", {"f block-changed"}, id="body"),
        pytest.param(
            "def f(a):\n    if a:\n        return 1\n    return 2",
            "def f(a):\n    if a:\n        return 3\n    return 2",
            {"f block-changed"},
            id="branch",
        ),
        pytest.param(
            "def f(a):\n    def g():\n        return 1\n    return g",
            "def f(a):\n    def g():\n        return 2\n    return g",
            {"f.<locals>.g block-changed"},
            id="local-function",
        ),
        pytest.param(
            CLASS, CLASS.replace("return 2", "return 3"), {"C.m block-changed"}, id="method"
        ),
        pytest.param(
            "def f(a):\n    class C:\n        x = 1\n    return C",
            "def f(a):\n    class C:\n        x = 2\n    return C",
            {"f.<locals>.C block-changed"},
            id="local-class",
        ),
        pytest.param(
            "if __name__ == '__main__':\n    f()",
            "if __name__ == '__main__':\n    g()",
            {"<main> block-changed"},
            id="main-guard",
        ),
        # -- functions
        pytest.param("x = 1", f"x = 1\n{FUNCTION}", {"f function-added"}, id="function-added"),
        pytest.param(f"x = 1\n{FUNCTION}", "x = 1", {"f function-removed"}, id="function-removed"),
        pytest.param(
            FUNCTION,
            FUNCTION.replace("f(", "g("),
            {"f function-removed", "g function-added"},
            id="function-renamed",
        ),
        pytest.param(
            REGISTERED,
            "x = 1",
            {"f function-removed", "f module-effect-changed", "x variable-changed"},
            id="registered-function-removed",
        ),
        pytest.param(
            "x = 1",
            f"x = 1\n{REGISTERED}",
            {"f function-added", "f module-effect-changed"},
            id="registered-function-added",
        ),
        pytest.param(
            "x = 1",
            "x = 1\ndef f(a=g()): pass",
            {"f function-added", "f module-effect-changed"},
            id="function-added-whose-default-may-fail",
        ),
        pytest.param(
            "def f(): return 1\ndef f(): return 2",
            "def f(): return 1",
            {"f variable-changed"},
            id="second-of-a-name-removed",
        ),
        pytest.param(
            FUNCTION,
            "f = 1",
            {"f variable-changed"},
            id="function-becomes-a-variable",
        ),
        # -- headers
        pytest.param(FUNCTION, "def f(b):\n    return a", {"f signature-changed"}, id="parameter"),
        pytest.param(
            FUNCTION, f"async {FUNCTION}", {"f signature-changed"}, id="function-becomes-async"
        ),
        pytest.param(
            FUNCTION,
            "def f(a=1):\n    return a",
            {"f signature-changed", "f default-changed"},
            id="default-added",
        ),
        pytest.param("def f(a=1): pass", "def f(a=2): pass", {"f default-changed"}, id="default"),
        pytest.param(
            "def f(a=1): pass",
            "def f(a=g()): pass",
            {"f default-changed", "f module-effect-changed"},
            id="default-that-may-fail",
        ),
        pytest.param(
            "def f(a=1): pass",
            "def f(a=X): pass",
            {"f default-changed", "f module-effect-changed"},
            id="default-that-is-not-bound",
        ),
        pytest.param(
            "def f(a=1): pass\nX = 1",
            "def f(a=X): pass\nX = 1",
            {"f default-changed", "f module-effect-changed"},
            id="default-that-is-bound-later",
        ),
        pytest.param(
            "def f(a): pass", "def f(a: int): pass", {"f annotation-changed"}, id="annotation"
        ),
        pytest.param(
            "def f(a): pass",
            "def f(a: A.B): pass",
            {"f annotation-changed", "f module-effect-changed"},
            id="annotation-that-may-fail",
        ),
        pytest.param(
            REGISTERED,
            REGISTERED.replace("a", "b").replace("bpp", "app"),
            {"f signature-changed", "f block-changed", "f module-effect-changed"},
            id="parameter-that-a-decorator-may-read",
        ),
        pytest.param(
            "@cache\ndef f(a): pass", "def f(a): pass", {"f decorator-changed"}, id="decorator"
        ),
        pytest.param(
            REGISTERED,
            FUNCTION,
            {"f decorator-changed", "f module-effect-changed"},
            id="decorator-that-registers",
        ),
        pytest.param(
            "from functools import lru_cache\n@lru_cache(maxsize=1)\ndef f(a): pass",
            "from functools import lru_cache\n@lru_cache(maxsize=g())\ndef f(a): pass",
            {"f decorator-changed", "f module-effect-changed"},
            id="decorator-argument-that-may-fail",
        ),
        pytest.param(
            "@pytest.mark.a\ndef f(a): pass",
            "@pytest.mark.b\ndef f(a): pass",
            {"f mark-changed"},
            id="mark",
        ),
        pytest.param(
            "from functools import cache\n@pytest.mark.a\n@cache\ndef f(a): pass",
            "from functools import cache\n@cache\ndef f(a): pass",
            {"f mark-changed", "f decorator-changed"},
            id="mark-beside-another-decorator",
        ),
        # -- pytest
        pytest.param(
            FIXTURE,
            FIXTURE.replace("f(a)", "f(b)"),
            {"f signature-changed", "f fixture-changed"},
            id="request-of-a-fixture",
        ),
        pytest.param(
            FIXTURE,
            FIXTURE.replace("fixture", "fixture(scope='module')"),
            {"f fixture-changed"},
            id="fixture-scope",
        ),
        pytest.param(
            FIXTURE,
            FIXTURE.replace("fixture", "fixture(name='g')"),
            {"f fixture-added-or-removed", "f.g fixture-added-or-removed"},
            id="fixture-renamed",
        ),
        pytest.param(
            FIXTURE,
            FIXTURE.replace("fixture", "fixture(autouse=True)"),
            {"f autouse-fixture-changed"},
            id="fixture-becomes-autouse",
        ),
        pytest.param(
            FIXTURE,
            FIXTURE.replace("@pytest.fixture\n", ""),
            {"f fixture-added-or-removed"},
            id="fixture-no-more",
        ),
        pytest.param(
            "import pytest\n", FIXTURE, {"f fixture-added-or-removed"}, id="fixture-added"
        ),
        pytest.param(
            FIXTURE, "import pytest\n", {"f fixture-added-or-removed"}, id="fixture-removed"
        ),
        pytest.param(
            "import pytest\n",
            FIXTURE.replace("fixture", "fixture(autouse=True)"),
            {"f autouse-fixture-changed"},
            id="autouse-fixture-added",
        ),
        pytest.param(
            FIXTURE.replace("fixture", "fixture(autouse=True)"),
            "import pytest\n",
            {"f autouse-fixture-changed"},
            id="autouse-fixture-removed",
        ),
        pytest.param(
            "x = 1",
            "x = 1\ndef pytest_runtest_setup(item): pass",
            {"pytest_runtest_setup function-added", "pytest_runtest_setup hook-changed"},
            id="hook-added",
        ),
        pytest.param(
            "x = 1\ndef pytest_runtest_setup(item): pass",
            "x = 1",
            {"pytest_runtest_setup function-removed", "pytest_runtest_setup hook-changed"},
            id="hook-removed",
        ),
        pytest.param(
            "def pytest_runtest_setup(item): pass",
            "def pytest_runtest_setup(): pass",
            {"pytest_runtest_setup signature-changed", "pytest_runtest_setup hook-changed"},
            id="hook-parameter",
        ),
        pytest.param(
            "x = 1",
            "x = 1\ndef setup_module(): pass",
            {"setup_module function-added", "m.py mark-changed"},
            id="xunit-function-added",
        ),
        pytest.param(
            "class C(TestCase):\n    def test(self): pass\n    def setUp(self): pass",
            "class C(TestCase):\n    def test(self): pass",
            {"C.setUp method-removed", "C mark-changed"},
            id="set-up-removed",
        ),
        pytest.param(
            "pytestmark = 1", "pytestmark = 2", {"m.py mark-changed"}, id="marks-of-a-module"
        ),
        pytest.param(
            "class C:\n    pytestmark = 1",
            "class C:\n    pytestmark = 2",
            {"C mark-changed"},
            id="marks-of-a-class",
        ),
        pytest.param(
            "class C:\n    x = 1",
            "class C:\n    x = 1\n    __test__ = False",
            {"C mark-changed"},
            id="no-test-class-any-more",
        ),
        pytest.param(
            "pytest_plugins = ['a']",
            "pytest_plugins = ['b']",
            {"pytest_plugins hook-changed"},
            id="plugins",
        ),
        pytest.param(
            "x = 1",
            "x = 1\ncollect_ignore = ['a']",
            {"collect_ignore hook-changed"},
            id="collection-settings",
        ),
        # -- classes
        pytest.param("x = 1", f"x = 1\n{CLASS}", {"C class-added"}, id="class-added"),
        pytest.param(
            "x = 1",
            "x = 1\nclass C(Base): pass",
            {"C class-added", "C module-effect-changed"},
            id="class-added-whose-base-may-register-it",
        ),
        pytest.param(
            "x = 1",
            "x = 1\n@register\nclass C: pass",
            {"C class-added", "C module-effect-changed"},
            id="class-added-whose-decorator-may-register-it",
        ),
        pytest.param(
            "x = 1",
            "x = 1\nclass C:\n    y = f()",
            {"C class-added", "C.y module-effect-changed"},
            id="class-added-whose-body-may-fail",
        ),
        pytest.param(
            f"x = 1\n{CLASS}",
            "x = 1",
            {"C class-removed", "C.x class-attribute-changed"},
            id="class-removed",
        ),
        pytest.param(
            "x = 1\nclass C(Base): pass",
            "x = 1",
            {"C class-removed", "C module-effect-changed"},
            id="registered-class-removed",
        ),
        pytest.param(
            "class C: pass",
            "class C:\n    class D: pass",
            {"C.D class-attribute-changed"},
            id="inner-class-added",
        ),
        pytest.param(
            "class C:\n    class D: pass",
            "class C: pass",
            {"C.D class-attribute-changed", "C.D class-removed"},
            id="inner-class-removed",
        ),
        pytest.param(
            "class B: pass\nclass C: pass",
            "class B: pass\nclass C(B): pass",
            {"C bases-changed", "C module-effect-changed"},
            id="base-added",
        ),
        pytest.param(
            "class C: pass",
            "class C(ValueError): pass",
            {"C bases-changed"},
            id="builtin-base-added",
        ),
        pytest.param(
            "from b import B\nclass C: pass",
            "from b import B\nclass C(B): pass",
            {"C bases-changed", "C module-effect-changed"},
            id="base-added-that-may-register",
        ),
        pytest.param(
            "class B:\n    def __init_subclass__(cls): pass\nclass C: pass",
            "class B:\n    def __init_subclass__(cls): pass\nclass C(B): pass",
            {"C bases-changed", "C module-effect-changed"},
            id="base-added-that-does-register",
        ),
        pytest.param(
            "from b import A, B\nclass C(A, B): pass",
            "from b import A, B\nclass C(B, A): pass",
            {"C bases-changed"},
            id="bases-exchanged",
        ),
        pytest.param(
            "from b import B\nclass C(B, name='a'): pass",
            "from b import B\nclass C(B, name='b'): pass",
            {"C bases-changed", "C module-effect-changed"},
            id="class-keyword",
        ),
        pytest.param(
            "class C: pass",
            "@dataclass\nclass C: pass",
            {"C decorator-changed", "C module-effect-changed"},
            id="class-decorator-that-is-not-bound",
        ),
        pytest.param(
            CLASS,
            CLASS.replace("m(self)", "n(self)"),
            {"C.m method-removed", "C.n method-added"},
            id="method-renamed",
        ),
        pytest.param(
            CLASS, CLASS.replace("x = 1", "x = 2"), {"C.x class-attribute-changed"}, id="attribute"
        ),
        pytest.param(
            CLASS,
            CLASS.replace("x = 1", "y = 1"),
            {"C.x class-attribute-changed", "C.y class-attribute-changed"},
            id="attribute-renamed",
        ),
        pytest.param(
            CLASS,
            CLASS.replace("x = 1", "x = f()"),
            {"C.x class-attribute-changed", "C.x module-effect-changed"},
            id="attribute-that-may-fail",
        ),
        pytest.param(
            "class C:\n    x: int",
            "class C:\n    x: str",
            {"C.x class-attribute-changed"},
            id="declaration",
        ),
        pytest.param(
            "class C:\n    f()",
            "class C:\n    g()",
            {"C module-effect-changed"},
            id="effect-of-a-class",
        ),
        # -- what else runs on import
        pytest.param("x = 1", "x = 2", {"x variable-changed"}, id="variable"),
        pytest.param("x = 1", "x = 1\ny = 2", {"y variable-changed"}, id="variable-added"),
        pytest.param("x = 1\ny = 2", "x = 1", {"y variable-removed"}, id="variable-removed"),
        pytest.param("x = 1\nx = 2", "x = 1", {"x variable-changed"}, id="second-value-removed"),
        pytest.param(
            "x = 1",
            "x = f()",
            {"x variable-changed", "x module-effect-changed"},
            id="variable-that-may-fail",
        ),
        pytest.param(
            "x = f()",
            "x = 1",
            {"x variable-changed", "x module-effect-changed"},
            id="variable-that-may-have-acted",
        ),
        pytest.param(
            "x = 1",
            "x = y",
            {"x variable-changed", "x module-effect-changed"},
            id="variable-that-reads-what-is-not-bound",
        ),
        pytest.param(
            "import a",
            "import b",
            {
                "a variable-removed",
                "b import-changed",
                "b module-effect-changed",
                "m.py loaded-modules-changed",
            },
            id="import",
        ),
        pytest.param(
            "from a import x",
            "from b import x",
            {"x import-changed", "x module-effect-changed", "m.py loaded-modules-changed"},
            id="import-from-elsewhere",
        ),
        pytest.param(
            "import a",
            "a = None",
            {"a import-changed", "a variable-changed", "m.py loaded-modules-changed"},
            id="import-becomes-a-variable",
        ),
        pytest.param(
            "from a import *",
            "from b import *",
            {
                "m.py module-effect-changed",
                "* module-effect-changed",
                "m.py loaded-modules-changed",
            },
            id="star-import",
        ),
        pytest.param("f()", "g()", {"m.py module-effect-changed"}, id="effect"),
        pytest.param("f()", "", {"m.py module-effect-changed"}, id="effect-removed"),
        pytest.param("f()", "f()\nf()", {"m.py module-effect-changed"}, id="effect-repeated"),
        pytest.param(
            "for x in f(): pass",
            "for x in g(): pass",
            {"m.py module-effect-changed", "x variable-changed"},
            id="effect-that-binds",
        ),
        pytest.param(
            "if a: x = 1",
            "if a: x = 2",
            {"x variable-changed"},
            id="variable-on-the-line-of-an-effect",
        ),
        pytest.param(
            "if a:\n    x = 1", "if a:\n    x = 2", {"x variable-changed"}, id="variable-in-a-suite"
        ),
        pytest.param(
            "if a:\n    x = 1",
            "if b:\n    x = 1",
            {"m.py module-effect-changed", "x variable-changed"},
            id="condition",
        ),
        pytest.param(
            "from __future__ import annotations\nx = 1",
            "x = 1",
            {"m.py module-effect-changed"},
            id="future-import",
        ),
        pytest.param("import logging", "import logging\nprint(1)", {"m.py module-effect-changed"}),
        # -- docstrings
        pytest.param("'a'", "'b'", {"m.py docstring-changed"}, id="docstring-of-a-module"),
        pytest.param(
            "def f():\n    'a'", "def f():\n    'b'", {"f docstring-changed"}, id="docstring"
        ),
        pytest.param(
            "def f():\n    pass",
            "def f():\n    'b'\n    pass",
            {"f docstring-changed"},
            id="docstring-added",
        ),
        pytest.param(
            "class C:\n    'a'",
            "class C:\n    pass",
            {"C docstring-changed"},
            id="docstring-removed",
        ),
        pytest.param(
            "def f():\n    @app.route\n    def g():\n        'a'",
            "def f():\n    @app.route\n    def g():\n        'b'",
            {"f.<locals>.g docstring-changed"},
            id="docstring-of-a-local-function",
        ),
        # -- order
        pytest.param(
            "x = 1\ny = x\nz = 2",
            "y = x\nx = 1\nz = 2",
            {"y module-effect-changed"},
            id="variable-moved-before-what-it-reads",
        ),
        pytest.param(
            "x = 1\nf()", "f()\nx = 1", {"m.py module-effect-changed"}, id="moved-across-an-effect"
        ),
        pytest.param(
            "def f(): return 1\ndef g(): return f()\nx = g()",
            "def g(): return f()\nx = g()\ndef f(): return 1",
            {"f module-effect-changed"},
            id="function-moved-across-what-may-call-it",
        ),
        pytest.param(
            "def f(): return 1\ndef g(): return f()\nclass C:\n    x = g()",
            "def g(): return f()\nclass C:\n    x = g()\ndef f(): return 1",
            {"f module-effect-changed"},
            id="function-moved-across-a-class-that-may-call-it",
        ),
        pytest.param(
            "def f(): return 1\ndef g(): return f()\ndef h(x=g()): pass",
            "def g(): return f()\ndef h(x=g()): pass\ndef f(): return 1",
            {"f module-effect-changed"},
            id="function-moved-across-a-default-that-may-call-it",
        ),
        pytest.param(
            "def f(): pass\n@f\ndef g(): pass",
            "@f\ndef g(): pass\ndef f(): pass",
            {"g module-effect-changed"},
            id="moved-before-its-decorator",
        ),
        pytest.param(
            "class A: pass\nclass B(A): pass",
            "class B(A): pass\nclass A: pass",
            {"B module-effect-changed"},
            id="moved-before-its-base",
        ),
        pytest.param(
            "import a\na.setup()",
            "a.setup()\nimport a",
            {"a module-effect-changed"},
            id="import-moved-across-an-effect",
        ),
        pytest.param(
            "def f(): pass\nfrom b import g",
            "from b import g\ndef f(): pass",
            {"g module-effect-changed"},
            id="import-moved-across-what-a-cycle-needs",
        ),
        pytest.param(
            "import a.b as a\nimport a.c",
            "import a.c\nimport a.b as a",
            {"a module-effect-changed"},
            id="imports-of-a-package-and-of-its-name-exchanged",
        ),
        pytest.param(
            "from a import x as z\nfrom b import y as z",
            "from b import y as z\nfrom a import x as z",
            {"z module-effect-changed"},
            id="imports-of-one-name-exchanged",
        ),
        pytest.param(
            "class C:\n    x = 1\n    y = 2",
            "class C:\n    y = 2\n    x = 1",
            {"C.y class-attribute-changed"},
            id="attributes-exchanged",
        ),
    ],
)
def test_what_is_reported(before: str, after: str, expected: set[str]) -> None:
    """Every difference that some test can notice gives the change of its kind."""
    assert shown(changes(before, after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("x = 1", "x = 1\nclass C(Base): pass", {"C class-added"}),
        ("class C(Base): pass", "", {"C class-removed"}),
        ("class C: pass", "class C(Base): pass", {"C bases-changed"}),
        ("class C: pass", "@note\nclass C(Base): pass", {"C bases-changed", "C decorator-changed"}),
    ],
)
def test_bases_that_do_nothing(before: str, after: str, expected: set[str]) -> None:
    """A class whose bases are known to do nothing is no effect of its module by itself."""
    quiet = Elsewhere(was_quiet=lambda _: True, is_quiet=lambda _: True)
    found = detect_changes(PATH, outline(before), outline(after), quiet)

    assert {one for one in shown(found) if "note" not in one} >= expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("x = 1", "# why\nx = (1)  # what", id="comments"),
        pytest.param(FUNCTION, f"\n\n{FUNCTION}\n\n", id="blank-lines"),
        pytest.param("x = f('a', 1)", 'x = f(\n    "a",\n    1,\n)', id="layout"),
        pytest.param("import a\nimport b", "import b\nimport a", id="imports-reordered"),
        pytest.param(
            "import a.c\nimport a\nimport a.b",
            "import a\nimport a.b\nimport a.c",
            id="imports-of-submodules-reordered",
        ),
        pytest.param("from a import b, c", "from a import (\n    c,\n    b,\n)", id="names"),
        pytest.param(f"{FUNCTION}def g(): pass", f"def g(): pass\n{FUNCTION}", id="function-moved"),
        pytest.param(f"{FUNCTION}{CLASS}", f"{CLASS}{FUNCTION}", id="class-moved"),
        pytest.param(
            "class C:\n    def m(self): pass\n    def n(self): pass",
            "class C:\n    def n(self): pass\n    def m(self): pass",
            id="method-moved",
        ),
        pytest.param("x = 1\ny = 2", "y = 2\nx = 1", id="constants-exchanged"),
        pytest.param("x = 1\npass\n...", "x = 1", id="statements-that-do-nothing"),
        pytest.param(
            "if TYPE_CHECKING:\n    import a\nx = 1",
            "if TYPE_CHECKING:\n    import b\nx = 1",
            id="imports-for-type-checkers",
        ),
        pytest.param("def f(): return 1", "def f():\n    return 1", id="one-line-function"),
        pytest.param("x = 'a' 'b'", "x = 'ab'", id="joined-strings"),
    ],
)
def test_what_is_no_change(before: str, after: str) -> None:
    """Formatting, comments and the order of what nothing evaluates make no difference."""
    assert changes(before, after) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("x = 1", "import a\nx = 1", {"a import-changed", "m.py loaded-modules-changed"}),
        ("import a\nx = 1", "x = 1", {"a variable-removed", "m.py loaded-modules-changed"}),
        (
            "from a import x",
            "from b import x",
            {"x import-changed", "m.py loaded-modules-changed"},
        ),
        (
            "from a import *",
            "from b import *",
            {"m.py module-effect-changed", "m.py loaded-modules-changed"},
        ),
        (
            "def f():\n    import a",
            "def f():\n    import b",
            {"f block-changed"},
        ),
    ],
)
def test_imports_that_are_known(before: str, after: str, expected: set[str]) -> None:
    """An import that is known to succeed concerns readers of its name, and what it loads."""
    assert shown(changes(before, after, known=True)) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a): pass", "def f(a: Missing): pass"),
        ("def f(a: int): pass", "def f(a: A.B[f()]): pass"),
    ],
)
def test_postponed_annotations(before: str, after: str) -> None:
    """Annotations that are not evaluated cannot fail."""
    future = "from __future__ import annotations\n"

    assert shown(changes(future + before, future + after)) == {"f annotation-changed"}


@pytest.mark.parametrize(
    ("before", "after", "kind", "expected"),
    [
        (
            "def f(a):\n    if a:\n        return 1\n    return 2",
            "def f(a):\n    if a:\n        return 3\n    return 2",
            ChangeKind.BLOCK,
            {"block f/0"},
        ),
        (
            "def f(a):\n    def g(): return 1\n    return g",
            "def f(b):\n    def g(): return 1\n    return g",
            ChangeKind.SIGNATURE,
            {"block f", "block f.<locals>.g"},
        ),
        (CLASS, "x = 1", ChangeKind.CLASS_REMOVED, {"block C.m"}),
        (CLASS, "class C:\n    x = 1", ChangeKind.METHOD_REMOVED, {"block C.m"}),
        ("x = 1", "x = 2", ChangeKind.VARIABLE, {"variable x"}),
        ("x = 1\ny = 2", "y = 2", ChangeKind.VARIABLE_REMOVED, {"variable x"}),
        ("def f(a=1): pass", "def f(a=2): pass", ChangeKind.DEFAULTS, {"block f"}),
    ],
)
def test_units_are_those_of_the_old_version(
    before: str, after: str, kind: ChangeKind, expected: set[str]
) -> None:
    """A change names the recorded units whose execution it concerns."""
    found = [change for change in changes(before, after) if change.kind is kind]

    assert [places(outline(before), change.units) for change in found] == [expected]


def test_numbers_are_left_out_of_names() -> None:
    """A change names the second definition of a name like the first."""
    before = "class C: pass\nclass C:\n    def m(self): return 1"
    after = "class C: pass\nclass C:\n    def m(self): return 2"

    (change,) = changes(before, after)

    assert change.symbol == "C.m"


def test_a_doubt_is_told() -> None:
    """A change that is wider than what was seen says why."""
    found = changes("def f(a=1): pass", "def f(a=X): pass")

    assert [change.detail for change in found] == ["", "X may not be bound here"]


def test_every_kind_of_a_file_is_reported_by_some_case() -> None:
    """The table above has a case for each kind that two outlines can differ in."""
    table = next(
        mark for mark in test_what_is_reported.pytestmark if mark.name == "parametrize"
    ).args[1]
    kinds = {text.rpartition(" ")[2] for case in table for text in case.values[2]}
    elsewhere = {
        ChangeKind.FILE_ADDED,
        ChangeKind.FILE_REMOVED,
        ChangeKind.FILE_CHANGED,
        ChangeKind.UNPARSED,
        ChangeKind.UNCLASSIFIED,
    }

    assert kinds == {kind.value for kind in ChangeKind if kind not in elsewhere}


FORMS = "import typing as t\nfrom m2 import A\nimport m3\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = t.Callable[..., t.Any]", "X = None"),
        ("X = t.Union[A, str]", "X = t.Union[str, bytes]"),
        ("X = t.Union[A, str]", "X = t.Optional[A]"),
        ("X = t.TypeVar('X', bound=m3.A)", "X = t.TypeVar('Y', bound=m3.A)"),
        ("class C: pass\nX = 1", "class C: pass\nX = C | None"),
        ("Y = 1\nX = t.List[str]", "Y = 2\nX = t.List[str]"),
        ("Y = str\nX = t.List[Y]", "Y = bytes\nX = t.List[Y]"),
    ],
)
def test_types_that_neither_fail_nor_act(before: str, after: str) -> None:
    """A type made of what is known to be a type, or was one before, only binds its name."""
    assert kinds(f"{FORMS}{before}", f"{FORMS}{after}") == {"variable-changed"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = 1", "X = t.Union[A, str]"),
        ("X = A", "X = t.Union[A, str]"),
        ("X = A()", "X = None"),
        ("X = A()", "X = t.List[str]"),
        ("X = A()", "X = A"),
        ("X = m3.A[str]", "X = m3.A"),
        ("X = t.Union[A, str]", "X = t.Union[A, m3.A]"),
        ("X = t.TypeVar('X', bound=m3.A)", "X = t.TypeVar('X', bound=m3.B)"),
        ("X = t.TypeVar('X', bound=m3.A)", "X = None"),
        ("X = t.TypeVar('X', bound=m3.A)", "X = m3.A()"),
        ("X = t.Union[A, str]", "X = A | str"),
        ("Y = str\nX = t.List[Y]", "Y = (str,)\nX = t.List[Y]"),
        ("Y = str\nX = t.List[Y]", "Y = A\nX = t.List[Y]"),
        ("Y = 1\nX = Y + 1", "Y = 'a'\nX = Y + 1"),
        ("Y = 1\ndef f(a=Y + 1): pass", "Y = 'a'\ndef f(a=Y + 1): pass"),
        ("class C: pass\nX = C | None", "def C(): pass\nX = C | None"),
    ],
)
def test_types_that_may_fail_or_act(before: str, after: str) -> None:
    """What may be no type, or is looked up for the first time or no more, is an effect."""
    assert "module-effect-changed" in kinds(f"{FORMS}{before}", f"{FORMS}{after}")


def kinds(before: str, after: str) -> set[str]:
    """Give the kinds of the changes between two sources."""
    return {change.kind.value for change in changes(before, after)}


WRAPPED = "def deco(f):\n    return f\nclass C:\n    def m(self, a=1): return 1\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (WRAPPED, f"{WRAPPED}    @deco\n    def n(self): pass\n", {"C.n method-added"}),
        (f"{WRAPPED}@deco\ndef n(): pass\n", WRAPPED, {"n function-removed"}),
        (
            WRAPPED,
            WRAPPED.replace("    def m", "    @deco\n    def m"),
            {"C.m decorator-changed"},
        ),
        (
            WRAPPED.replace("    def m", "    @deco\n    def m"),
            WRAPPED.replace("    def m", "    @deco\n    def m").replace("a=1", "a=2"),
            {"C.m default-changed", "C.m decorator-changed"},
        ),
        (
            WRAPPED,
            f"@deco\ndef n(): pass\n{WRAPPED}",
            {"n function-added", "n module-effect-changed"},
        ),
        (
            "import functools",
            "import functools\n@functools.lru_cache(f())\ndef n(): pass\n",
            {"n function-added", "n module-effect-changed"},
        ),
    ],
)
def test_decorators_that_only_wrap(before: str, after: str, expected: set[str]) -> None:
    """Such a decorator is no effect where it comes and goes, unless its name is not bound."""
    assert shown(changes(before, after)) == expected
