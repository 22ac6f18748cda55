"""What a decorator's name tells."""

import pytest

from impact_select.outline.decorators import is_fixture, is_mark, is_pure, reads_interface


@pytest.mark.parametrize(
    "decorator",
    ["app.route", "register", "?", "click.command", "celery.task", "cache.cached", "setter"],
)
def test_decorators_that_may_register(decorator: str) -> None:
    """An unknown decorator may do anything, and may read the header of what it decorates."""
    assert not is_pure(decorator)
    assert reads_interface(decorator)


@pytest.mark.parametrize(
    "decorator",
    ["dataclass", "dataclasses.dataclass", "functools.singledispatch", "enum.unique"],
)
def test_decorators_that_read(decorator: str) -> None:
    """Some known ones act on nothing else, but read annotations or members."""
    assert is_pure(decorator)
    assert reads_interface(decorator)


@pytest.mark.parametrize(
    "decorator",
    [
        "property",
        "size.setter",
        "staticmethod",
        "functools.lru_cache",
        "cache",
        "contextlib.contextmanager",
        "typing.override",
        "pytest.fixture",
        "pytest.mark.slow",
    ],
)
def test_decorators_that_only_wrap(decorator: str) -> None:
    """The others that are known neither act nor read."""
    assert is_pure(decorator)
    assert not reads_interface(decorator)


def test_marks_and_fixtures() -> None:
    """Those of pytest are told apart from others by their names."""
    assert is_mark("pytest.mark.parametrize")
    assert not is_mark("pytest.fixture")
    assert is_fixture("pytest_asyncio.fixture")
    assert not is_fixture("pytest.mark.usefixtures")
    assert not is_fixture("other.fixture")
