"""What installed packages may read of functions, by their own code."""

import sys
from pathlib import Path

import pytest

from impact_select.adapters.foreign_code import InstalledCode
from impact_select.model.source import Shown


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of installed modules."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def write(site: Path, **modules: str) -> None:
    """Install modules, packages where the name has two underscores in it."""
    for name, text in modules.items():
        path = site / (name.replace("__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "def show(f): return f.__annotations__",
        "from typing import get_type_hints",
        "import inspect\ndef show(f): return inspect.signature(f)",
        "from inspect import signature",
        "from inspect import *",
        "import os, inspect as look\ndef show(f): return look.signature(f)",
        "from inspect import (\n    signature,\n)",
    ],
)
def test_a_package_that_reads(site: Path, text: str) -> None:
    """It names what it reads with."""
    write(site, frame__init="", frame__deep=text)
    (site / "frame" / "init.py").rename(site / "frame" / "__init__.py")

    assert InstalledCode().may_read("frame", Shown.SIGNATURE)


@pytest.mark.parametrize(
    "text",
    [
        "class Base:\n    def run(self): return self.handle()",
        "def signature(value): return value.digest()",
        "import inspect\n# its signature\ndef f(x): return x.signature",
        "import inspect\ndef is_async(f): return inspect.iscoroutinefunction(f)",
    ],
)
def test_a_package_that_does_not(site: Path, text: str) -> None:
    """The word for something else, or the module for something else, is no reading."""
    write(site, frame=text)

    assert not InstalledCode().may_read("frame", Shown.SIGNATURE)


@pytest.mark.parametrize(
    "how", ["import helpers", "from helpers.deep import show", "import os, helpers"]
)
def test_what_it_imports_reads(site: Path, how: str) -> None:
    """It may have another package look."""
    write(site, frame=how, helpers="import far", far="SHOWN = '__defaults__'")

    assert InstalledCode().may_read("frame", Shown.SIGNATURE)


def test_compiled_code(site: Path) -> None:
    """It has the names in it as well."""
    write(site, frame="import _speed", other="import _slow")
    (site / "_speed.so").write_bytes(b"\x00__annotations__\x00")
    (site / "_slow.abi3.so").write_bytes(b"\x00")

    assert (
        InstalledCode().may_read("frame", Shown.SIGNATURE),
        InstalledCode().may_read("other", Shown.SIGNATURE),
    ) == (True, False)


def test_what_is_not_there(site: Path) -> None:
    """It may do anything."""
    assert InstalledCode().may_read("missing", Shown.SIGNATURE)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("typing", {Shown.SIGNATURE, Shown.DOC}),
        ("unittest", {Shown.DOC}),
        ("threading", set()),
    ],
)
def test_the_standard_library(name: str, read: set[Shown]) -> None:
    """It is known what it reads."""
    assert {shown for shown in Shown if InstalledCode().may_read(name, shown)} == read


def test_docstrings(site: Path) -> None:
    """They are read by other names than signatures."""
    write(site, frame="def show(f): return f.__doc__")

    assert (
        InstalledCode().may_read("frame", Shown.DOC),
        InstalledCode().may_read("frame", Shown.SIGNATURE),
    ) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("base", "name", "expected"),
    [
        ("builtins.dict", "keys", True),
        ("builtins.dict", "from_file", False),
        ("collections.abc.MutableMapping", "popitem", True),
        ("collections.abc.MutableMapping", "from_file", False),
        ("collections.abc.Set", "_from_iterable", True),
        ("typing.Mapping", "get", True),
        ("typing.Mapping", "from_file", False),
        ("threading.Thread", "run", True),
        ("threading.Thread", "_target", True),
        ("threading.Thread", "fetch", False),
        ("logging.Handler", "emit", True),
        ("logging.Handler", "level", True),
        ("logging.Handler", "fetch", False),
        ("collections.Missing", "get", True),
        ("missing_module.Thread", "get", True),
    ],
)
def test_what_a_standard_class_looks_up(base: str, name: str, expected: bool) -> None:
    assert InstalledCode().may_look_up(base, name) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def use(policy): return policy.retries", True),
        ("def use(policy): return policy . retries", True),
        ("def use(policy): return getattr(policy, 'retries', 1)", True),
        ("class Policy(Protocol):\n    def retries(self): ...", True),
        ("def use(policy): return policy.retries_left", False),
        ("retries = 1", False),
        ("import helper", True),
        ("import pytest", False),
    ],
)
def test_what_a_package_takes_of_any_object(site: Path, code: str, expected: bool) -> None:
    write(site, frame=code, helper="def use(policy): return policy.retries")
    assert InstalledCode().may_take("frame", "retries") is expected


@pytest.mark.parametrize("package", ["json", "pytest", "missing"])
def test_packages_that_take_nothing(package: str) -> None:
    assert not InstalledCode().may_take(package, "name")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("class View: pass", False),
        ("class Base: pass\nclass View(Base): pass", False),
        ("from abc import ABCMeta\nclass View(metaclass=ABCMeta): pass", False),
        ("from helper import Outer as Base\nclass View(Base): pass", True),
        ("class View:\n    def __getattr__(self, name): return 1", True),
        ("class View:\n    __getattribute__ = make()", True),
        ("class Base:\n    def __getattr__(self, name): return 1\nclass View(Base): pass", True),
        ("class View(metaclass=Meta): pass", True),
        ("class View(make()): pass", True),
        ("class View(Elsewhere): pass", True),
        ("@register\nclass View: pass", True),
        ("View = make()", True),
        ("def make():\n    class View(Unknown): pass", True),
    ],
)
def test_objects_of_classes_that_may_have_any_attribute(
    site: Path, code: str, expected: bool
) -> None:
    """A hook or a metaclass may answer for names that no class binds."""
    write(site, frame=code)
    assert InstalledCode().may_answer("frame.View") is expected


@pytest.mark.parametrize("base", ["missing.View", "frame", "json.JSONEncoder", "threading.local"])
def test_classes_of_the_standard_library_are_known_or_not(site: Path, base: str) -> None:
    """Those of which it is known answer for no name; what is not found may."""
    write(site, frame="")
    known = {"json.JSONEncoder", "threading.local"}
    assert InstalledCode().may_answer(base) is (base not in known)


@pytest.mark.parametrize(
    ("maker", "name", "expected"),
    [
        ("frame.Plugin", "code", True),
        ("frame.Plugin", "title", False),
        ("frame.View", "code", False),
        ("frame.Gone", "code", True),
        ("string.Template", "delimiter", True),
        ("string.Template", "title", False),
        ("unittest.TestCase", "longMessage", False),
        ("string.Gone", "title", True),
    ],
)
def test_what_is_noted_of_a_class(site: Path, maker: str, name: str, expected: bool) -> None:
    plugin = "class Plugin:\n    def __init_subclass__(cls):\n        keep(cls.code)\n"
    write(site, frame="from helper import Plugin\nclass View:\n    code = 1\n", helper=plugin)

    assert InstalledCode().may_note(maker, frozenset({name})) is expected


def test_whatever_is_noted(site: Path) -> None:
    plugin = "class Plugin:\n    def __init_subclass__(cls):\n        keep(vars(cls))\n"
    write(site, frame=plugin + "class View:\n    pass\n")

    assert InstalledCode().may_note("frame.Plugin", frozenset({"code"}), every=True)
    assert not InstalledCode().may_note("frame.View", frozenset({"code"}), every=True)
