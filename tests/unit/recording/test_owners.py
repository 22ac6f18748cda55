"""The stack of owners, and who uses whom."""

from pyroaring import BitMap

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OPAQUE_READ, OwnerKey, OwnerKind, Read, ReadKind
from impact_select.recording.owners import SESSION, OwnerStack

TEST, OTHER = (OwnerKey(OwnerKind.TEST, name) for name in ("a", "b"))
IMPORT = OwnerKey(OwnerKind.IMPORT, "m.py")
FIXTURE = OwnerKey(OwnerKind.FIXTURE, "db")


class Switches:
    """A collector that only notes its switches."""

    name = "switches"

    def __init__(self) -> None:
        self.made: list[tuple[int, bool]] = []

    def start(self) -> None:
        pass

    def switch(self, owner: int, *, fresh: bool) -> None:
        self.made.append((owner, fresh))

    def stop(self) -> dict[int, BitMap]:
        return {}


def uses(stack: OwnerStack) -> dict[OwnerKey, frozenset[OwnerKey]]:
    """Give the owners that each owner uses, where there are some."""
    return {key: used for key, _, _, used in stack.finished({}) if used}


def test_what_begins_within_an_owner_is_used_by_it() -> None:
    """A module that a test imports, and what the module imports, is the test's too."""
    stack = OwnerStack(Switches())
    with stack.turn(TEST):
        with stack.turn(FIXTURE), stack.turn(IMPORT):
            assert stack.top == IMPORT
        assert stack.top == TEST

    assert uses(stack) == {TEST: {FIXTURE}, FIXTURE: {IMPORT}}
    assert stack.top == SESSION


def test_what_begins_under_the_session_alone_is_nobody_s() -> None:
    """The session uses nothing: what it uses would be everybody's."""
    stack = OwnerStack(Switches())
    with stack.turn(IMPORT):
        pass
    stack.use(FIXTURE)

    assert uses(stack) == {}


def test_a_tear_down_that_comes_within_a_test() -> None:
    """What happens to run within a test, and is not for it, is not used by it."""
    stack = OwnerStack(Switches())
    with stack.turn(TEST), stack.turn(FIXTURE, used=False):
        pass

    assert uses(stack) == {}


def test_edges_that_are_told() -> None:
    """An owner may be used without a turn of its own."""
    stack = OwnerStack(Switches())
    stack.link(TEST, SESSION)
    with stack.turn(OTHER):
        stack.use(FIXTURE)
        stack.use(OTHER)

    assert uses(stack) == {TEST: {SESSION}, OTHER: {FIXTURE}}
    assert stack.had_turn(FIXTURE)
    assert not stack.had_turn(IMPORT)


def test_an_owner_that_sees_code_again() -> None:
    """An owner has to see code again, except what ran in owners that it uses anyway."""
    switches = Switches()
    stack = OwnerStack(switches)
    with stack.turn(TEST):
        with stack.turn(IMPORT):
            pass
        with stack.turn(FIXTURE, used=False):
            pass
    with stack.turn(TEST):
        pass

    assert switches.made == [
        (1, True),
        (2, True),
        (1, False),
        (3, True),
        (1, True),
        (0, True),
        (1, True),
        (0, True),
    ]


def test_an_owner_within_itself() -> None:
    """A recursion of an owner is its own affair."""
    switches = Switches()
    stack = OwnerStack(switches)
    with stack.turn(TEST), stack.turn(TEST):
        pass

    assert uses(stack) == {}
    assert switches.made[2] == (1, False)


def test_owners_that_are_left_on_top() -> None:
    """An owner that ends takes off what was left above it, and ends once."""
    stack = OwnerStack(Switches())
    stack.begin(TEST)
    stack.begin(FIXTURE)
    stack.end(TEST)
    stack.end(FIXTURE)
    stack.end(TEST)

    assert stack.top == SESSION


def test_what_is_left_on_top_makes_code_new() -> None:
    """Code is seen again when anything that was taken off is not used by what is below."""
    switches = Switches()
    stack = OwnerStack(switches)
    stack.begin(TEST)
    stack.begin(FIXTURE)
    stack.begin(OTHER, used=False)
    stack.end(FIXTURE)

    assert switches.made[-1] == (1, True)


def test_what_owners_did() -> None:
    """At the end each owner has its units, its inputs and the owners that it uses."""
    stack = OwnerStack(Switches())
    read = Read(RepoPath("a.txt"), ReadKind.CONTENT)
    stack.read(OPAQUE_READ)
    with stack.turn(TEST):
        stack.read(read)
        stack.read(read)
        stack.use(FIXTURE)

    assert list(stack.finished({1: BitMap([7])})) == [
        (SESSION, BitMap(), frozenset({OPAQUE_READ}), frozenset()),
        (TEST, BitMap([7]), frozenset({read}), frozenset({FIXTURE})),
        (FIXTURE, BitMap(), frozenset(), frozenset()),
    ]
