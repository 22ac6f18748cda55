"""Wider-scoped fixtures, xunit set-ups among them: recorded once, given to every user.

pytest turns `setup_module`, `setup_class` and `setUpClass` into fixtures of that scope,
so they need no care of their own.
"""

from collections.abc import Callable
from typing import Any

import pytest
from _pytest.fixtures import FixtureDef, SubRequest

from impact_select.model.recorded import OwnerKey, OwnerKind
from impact_select.recording.owners import OwnerStack


class FixtureWatch:
    """Patches `FixtureDef`, because no hook tells that a cached fixture was used."""

    def __init__(self, owners: OwnerStack) -> None:
        self._owners = owners
        self._executing: list[OwnerKey] = []
        self._set_up: dict[int, OwnerKey] = {}
        self._execute: Callable[..., Any] = FixtureDef.execute
        self._finish: Callable[..., Any] = FixtureDef.finish

    def start(self) -> None:
        """Patch."""
        original_execute, original_finish = self._execute, self._finish
        owners, executing, set_up = self._owners, self._executing, self._set_up

        def execute(fixturedef: FixtureDef[Any], request: SubRequest) -> Any:
            if fixturedef.scope == "function":
                return original_execute(fixturedef, request)
            key = fixture_key(fixturedef, request)
            if executing:
                owners.link(executing[-1], key)
            owners.use(key)
            executing.append(key)
            try:
                return original_execute(fixturedef, request)
            finally:
                executing.pop()

        def finish(fixturedef: FixtureDef[Any], request: SubRequest) -> None:
            key = set_up.pop(id(fixturedef), None)
            if key is None:
                original_finish(fixturedef, request)
                return
            with owners.turn(key, used=False):
                original_finish(fixturedef, request)

        FixtureDef.execute = execute  # type: ignore[method-assign, assignment]
        FixtureDef.finish = finish  # type: ignore[method-assign, assignment]

    def stop(self) -> None:
        """Put it back."""
        FixtureDef.execute = self._execute  # type: ignore[method-assign]
        FixtureDef.finish = self._finish  # type: ignore[method-assign]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: FixtureDef[Any], request: SubRequest) -> Any:
        """Make the set-up of a wider fixture an owner."""
        if fixturedef.scope == "function":
            return (yield)
        key = fixture_key(fixturedef, request)
        self._set_up[id(fixturedef)] = key
        self._owners.begin(key)
        try:
            return (yield)
        finally:
            self._owners.end(key)


def fixture_key(fixturedef: FixtureDef[Any], request: SubRequest) -> OwnerKey:
    """Name a fixture instance alike in every process."""
    node = getattr(request.node, "nodeid", "")
    parameter = getattr(request, "param_index", 0) if fixturedef.params else 0
    return OwnerKey(
        OwnerKind.FIXTURE,
        f"{fixturedef.baseid}::{fixturedef.argname}@{fixturedef.scope}:{node}[{parameter}]",
    )
