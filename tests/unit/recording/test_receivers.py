"""Whose objects others had before them."""

import copy
import sys
from collections import deque
from collections.abc import Callable
from types import CodeType, FunctionType

import pytest

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import Method
from impact_select.recording.receivers import ReceiverWatch

OWNER = 0


class Shop:
    """Tells a watch of each call, as a collector does."""

    watch = ReceiverWatch()
    prices = None
    names = ()

    def __init__(self, prices=None):
        self.told()
        self.prices = prices

    def read(self):
        self.told()
        return self.prices

    def told(self):
        frame = sys._getframe(1)
        self.watch.meet(frame.f_code, frame, OWNER)


class Bare(Shop):
    """Its constructor is not watched."""

    def __init__(self, prices=None):
        self.__dict__.update({} if prices is None else {"prices": prices})


class Slotted:
    __slots__ = ("__weakref__", "prices")
    read = Shop.read
    told = Shop.told


class Unreferable:
    __slots__ = ("prices",)
    read = Shop.read
    told = Shop.told


class FrameOf:
    """What a watch reads of a frame."""

    def __init__(self, receiver: object) -> None:
        self.f_locals = {"self": receiver}


READ: Method = (RepoPath("shop.py"), "Shop.read")


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> ReceiverWatch:
    watch = ReceiverWatch()
    for cls in (Shop, Slotted, Unreferable):
        monkeypatch.setattr(cls, "watch", watch, raising=False)
    assert watch.watch(code_of(Shop.read), READ, {"prices": True})
    assert watch.watch(code_of(Shop.__init__), (RepoPath("shop.py"), "Shop.__init__"), {})
    return watch


def code_of(function: object) -> CodeType:
    assert isinstance(function, FunctionType)
    return function.__code__


def by(owner: int, call: Callable[[], object]) -> object:
    """Have an owner do something."""
    globals()["OWNER"] = owner
    return call()


def finders(watch: ReceiverWatch) -> set[int]:
    """The owners that may have found prices filled."""
    (found,) = [names for method, names in watch.finders() if method == READ]
    return set(found["prices"])


def test_an_object_that_another_owner_had(watch: ReceiverWatch) -> None:
    shop = by(0, Shop)
    by(1, shop.read)
    by(2, shop.read)
    by(3, lambda: Shop().read())

    assert finders(watch) == {2}


def test_what_others_may_have_put_something_into() -> None:
    watch = Shop.watch
    watch.watch(code_of(Shop.told), (RepoPath("shop.py"), "Shop.told"), {"names": False})
    table = dict[str, int]()
    for owner in (1, 2):
        shop = by(owner, Shop)
        shop.names = table
        frame = FrameOf(shop)
        watch.meet(code_of(Shop.told), frame, owner)
        table["tea"] = 3
    found = dict(watch.finders())

    assert found[RepoPath("shop.py"), "Shop.told"] == {"names": {2}}


def test_the_first_owner_comes_again(watch: ReceiverWatch) -> None:
    shop = by(1, Shop)
    by(1, shop.read)
    by(1, shop.read)
    assert finders(watch) == set()
    by(2, shop.read)
    by(1, shop.read)

    assert finders(watch) == {1, 2}


def test_an_object_of_each_owner(watch: ReceiverWatch) -> None:
    for owner in (1, 2, 3):
        by(owner, lambda: [Shop().read() for _ in range(5)])

    assert finders(watch) == set()


def test_what_a_constructor_was_given_is_its_owner_s(watch: ReceiverWatch) -> None:
    by(1, lambda: Shop({"tea": 3}).read())

    assert finders(watch) == set()


@pytest.mark.parametrize("value", [None, False, 0, "", (), [], {}, set(), deque()])
def test_a_stranger_that_holds_nothing(watch: ReceiverWatch, value: object) -> None:
    by(0, Bare().read)
    by(1, Bare(value).read)

    assert finders(watch) == set()


@pytest.mark.parametrize("value", [{"tea": 3}, [0], 1, "x", object(), Shop])
def test_a_stranger_that_holds_something(watch: ReceiverWatch, value: object) -> None:
    by(0, Bare().read)
    by(1, Bare(value).read)

    assert finders(watch) == {1}


def test_a_copy_of_what_another_filled(watch: ReceiverWatch) -> None:
    shop = by(1, Shop)
    shop.prices = {"tea": 3}
    by(1, shop.read)
    by(2, copy.copy(shop).read)
    by(3, copy.deepcopy(shop).read)

    assert finders(watch) == {2, 3}


def test_what_the_class_holds_for_all(
    watch: ReceiverWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    by(0, Bare().read)
    monkeypatch.setattr(Shop, "prices", {"tea": 3})
    by(1, Bare().read)

    assert finders(watch) == {1}


def test_what_the_class_computes(watch: ReceiverWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    by(0, Bare().read)
    monkeypatch.setattr(Shop, "prices", property(lambda _self: None))
    by(1, Bare().read)

    assert finders(watch) == {1}


def test_slots(watch: ReceiverWatch) -> None:
    empty, full = Slotted(), Slotted()
    empty.prices, full.prices = None, {"tea": 3}
    by(1, empty.read)
    by(2, full.read)

    assert finders(watch) == {2}


def test_a_slot_that_is_not_set(watch: ReceiverWatch) -> None:
    shop = Slotted()
    with pytest.raises(AttributeError):
        by(1, shop.read)

    assert finders(watch) == set()


def test_nobody_can_have_filled_what_nobody_has_called(watch: ReceiverWatch) -> None:
    by(1, lambda: [Bare({"tea": 3}).read() for _ in range(3)])
    assert finders(watch) == set()
    by(2, Bare({"tea": 3}).read)

    assert finders(watch) == {2}


def test_an_object_that_cannot_be_told_from_its_successor(watch: ReceiverWatch) -> None:
    shop = Unreferable()
    shop.prices = None
    by(1, shop.read)

    assert [method for method, _ in watch.finders()] == []
    assert list(watch.blind()) == [READ]


def test_a_dead_object_s_place_is_taken_by_another(watch: ReceiverWatch) -> None:
    for owner in range(200):
        by(owner, lambda: Bare().read())

    assert finders(watch) == set()


def test_the_dead_are_forgotten_and_the_living_are_not(
    watch: ReceiverWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("impact_select.recording.receivers._FEW", 4)
    watch._few = 4
    kept = Bare()
    by(1, kept.read)
    alive = [Bare() for _ in range(20)]
    for shop in alive:
        by(1, shop.read)
    del alive, shop
    for _ in range(50):
        by(1, lambda: Bare().read())
    assert len(watch._met) < 45
    by(2, kept.read)

    assert finders(watch) == {2}


def test_a_call_that_was_not_seen(watch: ReceiverWatch) -> None:
    watch.skip(code_of(Shop.read))

    assert list(watch.blind()) == [READ]


def test_a_method_met_late_whose_call_was_not_seen() -> None:
    watch = ReceiverWatch()
    watch.skip(code_of(Shop.read))
    watch.watch(code_of(Shop.read), READ, {"prices": True})

    assert list(watch.blind()) == [READ]


def test_what_has_no_receiver(watch: ReceiverWatch) -> None:
    assert not watch.watch(code_of(by), (RepoPath("shop.py"), "by"), {"prices": True})


def test_a_private_attribute() -> None:
    class Private(Shop):
        def __init__(self) -> None:
            self.__prices = {"tea": 3}

        def read(self) -> object:
            self.told()
            return self.__prices

    watch = Private.watch = ReceiverWatch()
    method = (RepoPath("shop.py"), "Private.read")
    watch.watch(code_of(Private.read), method, {"__prices": True})
    by(0, Private().read)
    by(1, Private().read)

    assert [dict(names) for _, names in watch.finders()] == [{"__prices": {1}}]
