"""Every collector sees what each owner ran: one list of scenarios, run with all of them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest
from tests.unit.builders import outline, places

import impact_select
from impact_select.model.source import UnitKind

HERE = Path(__file__).parent
COLLECTORS = ["coverage", "calls", *(["monitoring"] if sys.version_info >= (3, 12) else [])]


@dataclass(frozen=True)
class Scenario:
    """What is run, and what each owner has run then.

    Attributes:
        source: Executed before the first step, as owner 0's.
        steps: An owner and what it does; after a `~` it goes on where it left off.
        expected: Places per owner, as `KIND PLACE`; whole functions for the calls collector.
        blind: Owners of which a collector misses a part: one sees no resumption that stays
            on its line, another one nothing but calls.
    """

    source: str
    steps: list[tuple[str, str]]
    expected: Mapping[str, set[str]]
    file: str = "watched.py"
    blind: Mapping[str, set[str]] = field(default_factory=dict)


SCENARIOS = {
    "a function in two owners": Scenario(
        """
        def f():
            return 1
        def g():
            return 2
        """,
        [("1", "f()"), ("2", "f(); g()"), ("3", "g()"), ("4", "")],
        {"1": {"block f"}, "2": {"block f", "block g"}, "3": {"block g"}, "4": set()},
    ),
    "one owner twice": Scenario(
        "def f(): return 1\ndef g(): return 2\n",
        [("1", "f()"), ("2", "f()"), ("1", "g()")],
        {"1": {"block f", "block g"}, "2": {"block f"}},
    ),
    "branches": Scenario(
        """
        def f(x):
            if x:
                y = 1
            else:
                y = 2
            return y
        """,
        [("1", "f(1)"), ("2", "f(0)"), ("3", "f(1); f(0)")],
        {
            "1": {"block f", "block f/0"},
            "2": {"block f", "block f/1"},
            "3": {"block f", "block f/0", "block f/1"},
        },
    ),
    "loops": Scenario(
        """
        def f(x):
            for y in x:
                if y > 1:
                    break
            else:
                y = 0
            while y:
                y = 0
            return y
        """,
        [("1", "f([])"), ("2", "f([1])"), ("3", "f([2])")],
        {
            "1": {"block f", "block f/1"},
            "2": {"block f", "block f/0", "block f/1"},
            "3": {"block f", "block f/0", "block f/0/0"},
        },
    ),
    "match": Scenario(
        """
        def f(x):
            match x:
                case [y]:
                    return y
                case {"a": y}:
                    return y
                case _:
                    return 0
        """,
        [("1", "f([1])"), ("2", "f({'a': 1})"), ("3", "f(1)")],
        {
            "1": {"block f", "block f/0"},
            "2": {"block f", "block f/1"},
            "3": {"block f", "block f/2"},
        },
    ),
    "exceptions": Scenario(
        """
        def f(x):
            try:
                g(x)
            except ValueError:
                y = 1
            else:
                y = 2
            finally:
                y = 3
        def g(x):
            if x:
                raise ValueError
            return x
        """,
        [("1", "f(0)"), ("2", "f(1)")],
        {
            "1": {"block f", "block f/0", "block f/2", "block f/3", "block g", "block g>"},
            "2": {"block f", "block f/0", "block f/1", "block f/3", "block g", "block g/0"},
        },
    ),
    "exceptions that leave": Scenario(
        """
        def f():
            g()
            if True:
                return 1
        def g():
            raise ValueError
        """,
        [
            ("1", "try:\n    f()\nexcept ValueError:\n    pass"),
            ("2", "try:\n    f()\nexcept ValueError:\n    pass"),
        ],
        {"1": {"block f", "block g"}, "2": {"block f", "block g"}},
    ),
    "a generator that goes on in another owner": Scenario(
        """
        def f():
            x = 1
            yield x
            if x:
                x = 2
                yield x
            x = 3
        """,
        [("1", "it = f(); next(it)"), ("2", "next(it)"), ("3", "list(it)"), ("4", "")],
        {
            "1": {"block f"},
            "2": {"block f", "block f/0"},
            "3": {"block f", "block f/0"},
            "4": set(),
        },
        blind={"coverage": {"3"}},
    ),
    "a generator of one block that goes on": Scenario(
        "def f():\n    yield 1\n    yield 2\n",
        [("1", "it = f()"), ("2", "next(it)"), ("3", "next(it)"), ("4", "")],
        {"2": {"block f"}, "3": {"block f"}, "4": set()},
    ),
    "a generator that is closed in another owner": Scenario(
        """
        def f():
            try:
                yield 1
            finally:
                x = 2
        """,
        [("1", "it = f(); next(it)"), ("2", "it.close()")],
        {"1": {"block f", "block f/0"}, "2": {"block f/1"}},
        blind={"calls": {"2"}},
    ),
    "an exception that is thrown into a generator": Scenario(
        """
        def f():
            try:
                yield 1
            except ValueError:
                x = 2
                yield x
        """,
        [("1", "it = f(); next(it)"), ("2", "it.throw(ValueError)")],
        {"1": {"block f", "block f/0"}, "2": {"block f", "block f/1"}},
        blind={"calls": {"2"}},
    ),
    "a context manager that is left in another owner": Scenario(
        """
        from contextlib import contextmanager
        @contextmanager
        def f():
            x = 1
            if x:
                yield x
            if x:
                x = 2
        """,
        [("1", "c = f(); c.__enter__()"), ("2", "c.__exit__(None, None, None)")],
        {"1": {"block f", "block f/0"}, "2": {"block f", "block f/0"}},
    ),
    "a coroutine": Scenario(
        """
        import asyncio
        async def f(x):
            await asyncio.sleep(0)
            if x:
                return 1
        async def g():
            async for y in h():
                await f(y)
        async def h():
            yield 1
        """,
        [("1", "asyncio.run(f(0))"), ("2", "asyncio.run(g())")],
        {
            "1": {"block f"},
            "2": {"block f", "block f/0", "block g", "block g/0", "block h"},
        },
    ),
    "a coroutine that goes on in another owner": Scenario(
        """
        import types
        @types.coroutine
        def pause():
            yield
        async def f():
            await pause()
            x = 1
            if x:
                return 2
        """,
        [
            ("1", "c = f(); c.send(None)"),
            ("2", "try:\n    c.send(None)\nexcept StopIteration:\n    pass"),
        ],
        {"1": {"block f", "block pause"}, "2": {"block f", "block f/0", "block pause"}},
        blind={"coverage": {"2"}},
    ),
    "threads": Scenario(
        """
        import threading
        def f():
            return g()
        def g():
            return 1
        def start(target):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        """,
        [("1", "start(f)"), ("2", "start(g)"), ("3", "f()")],
        {
            "1": {"block start", "block f", "block g"},
            "2": {"block start", "block g"},
            "3": {"block f", "block g"},
        },
    ),
    "a thread that runs on in another owner": Scenario(
        """
        import threading
        go, done = threading.Event(), threading.Event()
        def f():
            go.wait(5)
            if go:
                g()
            done.set()
        def g():
            return 1
        """,
        [("1", "t = threading.Thread(target=f); t.start()"), ("2", "go.set(); t.join()")],
        {"1": {"block f"}, "2": {"block f", "block f/0", "block g"}},
        blind={"calls": {"2"}},
    ),
    "lambdas": Scenario(
        """
        double = lambda x: 2 * x
        def f(x):
            return (lambda: x)
        """,
        [("1", "double(1)"), ("2", "g = f(1)"), ("3", "g()"), ("4", "")],
        {"1": {"variable double"}, "2": {"block f"}, "3": {"block f"}, "4": set()},
    ),
    "comprehensions": Scenario(
        """
        def f(xs):
            return [
                g(x)
                for x in xs
            ]
        def g(x):
            return (y for y in x)
        """,
        [("1", "f([])"), ("2", "made = f([[1]])"), ("3", "list(made[0])")],
        {"1": {"block f"}, "2": {"block f", "block g"}, "3": {"block g"}},
    ),
    "class bodies": Scenario(
        """
        def make():
            class C:
                x = f()
                def m(self):
                    return 1
            return C
        def f():
            return 1
        """,
        [("1", "c = make()()"), ("2", "c.m()"), ("3", "make")],
        {
            "1": {"block make", "block make.<locals>.C", "block f"},
            "2": {"block make.<locals>.C.m"},
            "3": set(),
        },
    ),
    "methods": Scenario(
        """
        class C:
            def __init__(self):
                self.x = 1
            @property
            def size(self):
                return self.x
            @size.setter
            def size(self, value):
                self.x = value
            @staticmethod
            def s(): return 1
            def __len__(self): return self.x
        class D(C):
            def __init__(self):
                super().__init__()
        """,
        [
            ("1", "c = C()"),
            ("2", "c.size"),
            ("3", "c.size = 2"),
            ("4", "C.s(); len(c)"),
            ("5", "D()"),
        ],
        {
            "1": {"block C.__init__"},
            "2": {"block C.size"},
            "3": {"block C.size#2"},
            "4": {"block C.s", "block C.__len__"},
            "5": {"block D.__init__", "block C.__init__"},
        },
    ),
    "recursion": Scenario(
        """
        def f(x):
            if x:
                return f(x - 1)
            return 0
        """,
        [("1", "f(3)"), ("2", "f(0)"), ("3", "f(1)")],
        {
            "1": {"block f", "block f/0", "block f>"},
            "2": {"block f", "block f>"},
            "3": {"block f", "block f/0", "block f>"},
        },
    ),
    "short functions": Scenario(
        """
        def one(): return 1
        def doc():
            'Only this.'
        def dots(): ...
        @staticmethod
        @staticmethod
        def decorated(a=1,
                      b=2):
            return a
        """,
        [("1", "one()"), ("2", "doc()"), ("3", "dots()"), ("4", "decorated()")],
        {"1": {"block one"}, "2": {"block doc"}, "3": {"block dots"}, "4": {"block decorated"}},
    ),
    "local functions": Scenario(
        """
        def make():
            def inner(x):
                if x:
                    return 1
            return inner
        """,
        [("1", "f = make()"), ("2", "f(0)"), ("3", "f(1)"), ("4", "make()(0)")],
        {
            "1": {"block make"},
            "2": {"block make.<locals>.inner"},
            "3": {"block make.<locals>.inner", "block make.<locals>.inner/0"},
            "4": {"block make", "block make.<locals>.inner"},
        },
    ),
    "equal code": Scenario(
        """
        def f():
            return 1
        g = f
        if True:
            def f():
                return 1
        one = lambda: 1
        two = lambda: 1
        """,
        [("1", "g()"), ("2", "f()"), ("3", "one()"), ("4", "two()")],
        {
            "1": {"block f"},
            "2": {"block f#2"},
            "3": {"variable one"},
            "4": {"variable two"},
        },
    ),
    "two classes of one name": Scenario(
        """
        class C:
            def m(self): return 1
        D = C
        class C:
            def m(self):
                if self:
                    return 2
        """,
        [("1", "D().m()"), ("2", "C().m()")],
        {"1": {"block C.m"}, "2": {"block C#2.m", "block C#2.m/0"}},
    ),
    "nested owners": Scenario(
        "def f(): return 1\ndef g(): return 2\ndef h(): return 3\n",
        [("1", "f()"), ("2", "f(); g()"), ("1~", "f(); h()"), ("3", "g()")],
        {"1": {"block f", "block h"}, "2": {"block f", "block g"}, "3": {"block g"}},
    ),
    "a function that switches owners": Scenario(
        """
        def f():
            x = 1
            switch(2, fresh=True)
            g()
            switch(1, fresh=True)
            if x:
                return g()
        def g():
            return 1
        """,
        [("1", "f()")],
        {"1": {"block f", "block f/0", "block g"}, "2": {"block f", "block g"}},
        blind={"calls": {"2"}},
    ),
    "the module itself": Scenario(
        """
        x = 1
        def f():
            return 1
        class C:
            y = f()
        if x:
            z = 2
        """,
        [],
        {
            "0": {
                "variable x",
                "signature f",
                "block f",
                "bases C",
                "variable C.y",
                "effect",
                "variable z",
            }
        },
    ),
    "a file of somebody else": Scenario(
        "def f(): return 1\n",
        [("1", "f()")],
        {"1": set()},
        file="lib/site-packages/watched.py",
    ),
}


@pytest.fixture(scope="module", params=COLLECTORS)
def collector(request: pytest.FixtureRequest) -> str:
    """Name a collector that works with this interpreter."""
    return str(request.param)


@pytest.fixture(scope="module")
def seen(
    collector: str, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Mapping[str, set[str]]]:
    """Give what the collector saw, per scenario and owner."""
    top = tmp_path_factory.mktemp(collector).resolve()
    scenarios = {
        name: {
            "file": scenario.file,
            "source": dedent(scenario.source),
            "steps": [
                (int(owner.rstrip("~")), not owner.endswith("~"), step)
                for owner, step in scenario.steps
            ],
        }
        for name, scenario in SCENARIOS.items()
    }
    source = Path(impact_select.__file__).parents[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, HERE / "watch.py", collector, top],
        input=json.dumps(scenarios),
        env={**clean, "PYTHONPATH": os.pathsep.join([str(HERE.parents[2]), str(source)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        name: {owner: set(found) for owner, found in owners.items()}
        for name, owners in json.loads(done.stdout).items()
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_each_owner_ran(
    collector: str, seen: Mapping[str, Mapping[str, set[str]]], name: str
) -> None:
    """An owner has what ran in its turns, whether or not it ran before."""
    scenario = SCENARIOS[name]
    blind = scenario.blind.get(collector, set())
    expected = {owner: ran for owner, ran in scenario.expected.items() if owner not in blind}
    found = {owner: seen[name].get(owner, set()) for owner in expected}
    if collector == "calls":
        expected = {owner: whole(scenario.source, ran) for owner, ran in expected.items()}
        # The header of a local function is counted as run by the function around it.
        found = {owner: ran & (expected[owner] or ran) for owner, ran in found.items()}
    if collector == "coverage":
        # Where a function is one line, the line is its header's too.
        found = {owner: ran & (expected[owner] | blocks(ran)) for owner, ran in found.items()}

    assert found == expected


def blocks(ran: set[str]) -> set[str]:
    """Leave the places that are run by calls."""
    return {place for place in ran if place.startswith("block ")}


def whole(source: str, ran: set[str]) -> set[str]:
    """Widen blocks to the functions that they are part of."""
    found = outline(source)
    every = places(found, range(found.loaded))
    symbols = {place.partition("/")[0] for place in ran}
    return {place for place in every if place.partition("/")[0] in symbols}


def test_scenarios_name_what_there_is() -> None:
    """Each expected place is one of its source."""
    for name, scenario in SCENARIOS.items():
        found = outline(scenario.source)
        every = places(found, range(found.loaded))
        assert set().union(*scenario.expected.values()) <= every, name
        assert any(unit.kind is UnitKind.BLOCK for unit in found.units), name
