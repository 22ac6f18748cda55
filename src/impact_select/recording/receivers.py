"""Which owners had an object in hand that another owner had before.

A method that fills an attribute of its receiver once (`if self._rows is None: ...`) passes
state from one test to another only where both call it on the same object. Such methods are
watched call by call, and the constructors of their classes: each receiver is remembered,
without keeping it alive, with the owner that had it first. An owner may find an attribute
filled by others when another one had the object before; when the object was not seen in
its constructor, and holds something under that name already: it may be a copy; and when
what it is about to put something into, which others may hold as well, is not empty.
"""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType, MemberDescriptorType
from typing import Any, Final
from weakref import ref

from impact_select.model.recorded import Method

_ABSENT: Final = object()
# Their being empty tells that nothing was stored in them.
_PLAIN: Final = (
    *(bool, int, float, str, bytes, tuple, list, dict, set, frozenset),
    *(Counter, OrderedDict, defaultdict, deque),
)
_FEW: Final = 4096  # receivers remembered before the dead ones are dropped; chosen


@dataclass(slots=True)
class _Met:
    """A receiver that was seen.

    Attributes:
        receiver: The object, as long as it lives.
        owner: Who had it first.
        made: Whether it was seen in its constructor.
        looked: The methods for which it was looked what it holds.
        shared: Whether another owner had it since.
    """

    receiver: "ref[object]"
    owner: int
    made: bool
    looked: set[int]
    shared: bool = False


@dataclass(slots=True)
class _Watched:
    """A method that is watched.

    Attributes:
        names: The attributes that it fills: as written, and as the object has them; empty
            for a constructor.
        plain: Those that it sets, but puts nothing into.
        finders: Per attribute as written, the owners that may have found it filled.
        callers: The owners that have called it so far: nobody else can have filled anything.
        is_blind: Whether some call could not be seen.
    """

    names: Mapping[str, str]
    plain: Collection[str]
    finders: dict[str, set[int]]
    callers: set[int] = field(default_factory=set)
    is_blind: bool = False


class ReceiverWatch:
    """Remembers the receivers of some methods."""

    def __init__(self) -> None:
        self._by_code: dict[int, _Watched] = {}
        self._by_method: dict[Method, _Watched] = {}
        self._skipped: dict[int, CodeType] = {}
        self._met: dict[int, _Met] = {}
        self._few = _FEW

    def watch(self, code: CodeType, method: Method, names: Mapping[str, bool]) -> bool:
        """Begin to watch a method; tell whether its receiver can be known.

        Args:
            code: Of the method; it must live as long as this watch.
            method: Which one it is. Several code objects may be the same method.
            names: The attributes that it fills, and whether it sets them, but puts nothing into
                what they hold. None for a constructor.
        """
        if not code.co_argcount or code.co_varnames[0] != "self":
            return False
        watched = self._by_method.get(method)
        if watched is None:
            cls = method[1].rpartition(".")[0].rpartition(".")[2].partition("#")[0]
            stored = {name: _mangled(cls, name) for name in names}
            plain = {name for name, is_plain in names.items() if is_plain}
            watched = _Watched(stored, plain, {name: set() for name in names})
            self._by_method[method] = watched
        watched.is_blind = watched.is_blind or id(code) in self._skipped
        self._by_code[id(code)] = watched
        return True

    def skip(self, code: CodeType) -> None:
        """Note that a call of some code could not be seen."""
        self._skipped[id(code)] = code  # it lives, so that its id stays its own
        if id(code) in self._by_code:
            self._by_code[id(code)].is_blind = True

    def meet(self, code: CodeType, frame: FrameType, owner: int) -> None:
        """Note the receiver of a call or of a resumed generator.

        Args:
            code: Of a watched method.
            frame: The call's.
            owner: Whose turn it is.
        """
        watched = self._by_code[id(code)]
        if watched.is_blind:
            return
        try:
            self._note(watched, frame.f_locals["self"], owner)
        except Exception:  # noqa: BLE001 (whatever a strange object does, its method is unseen)
            watched.is_blind = True

    def _note(self, watched: _Watched, receiver: Any, owner: int) -> None:
        met = self._met.get(id(receiver))
        if met is None or met.receiver() is not receiver:
            met = _Met(ref(receiver), owner, not watched.names, set())
            self._met[id(receiver)] = met
            if len(self._met) > self._few:
                self._forget_the_dead()
        met.shared = met.shared or met.owner != owner
        if watched.callers - {owner}:
            for name in watched.names:
                if met.shared or self._may_hold(met, watched, receiver, name):
                    watched.finders[name].add(owner)
        watched.callers.add(owner)
        met.looked.add(id(watched))

    def _may_hold(self, met: _Met, watched: _Watched, receiver: Any, name: str) -> bool:
        """Tell whether a receiver that only one owner had may hold what others filled."""
        if id(watched) in met.looked or (met.made and name in watched.plain):
            return False
        return not _is_empty(receiver, watched.names[name])

    def _forget_the_dead(self) -> None:
        self._met = {key: met for key, met in self._met.items() if met.receiver() is not None}
        self._few = max(_FEW, 2 * len(self._met))

    def finders(self) -> Iterator[tuple[Method, Mapping[str, set[int]]]]:
        """Iterate over the methods all of whose calls were seen.

        Yields:
            The method; and per attribute that it fills, the owners that may have found
            it filled by another one.
        """
        for method, watched in self._by_method.items():
            if not watched.is_blind and watched.names:
                yield method, watched.finders

    def blind(self) -> Iterator[Method]:
        """Iterate over the methods some of whose calls were not seen."""
        for method, watched in self._by_method.items():
            if watched.is_blind and watched.names:
                yield method


def _mangled(cls: str, name: str) -> str:
    """Return the name under which an object has an attribute that its class's code names."""
    if name.startswith("__") and not name.endswith("__") and cls.strip("_"):
        return f"_{cls.lstrip('_')}{name}"
    return name


def _is_empty(receiver: Any, name: str) -> bool:
    """Tell whether an object holds nothing under a name yet."""
    try:
        value = object.__getattribute__(receiver, "__dict__").get(name, _ABSENT)
    except AttributeError:
        value = _ABSENT  # its class has slots
    if value is _ABSENT:
        for cls in type(receiver).__mro__:
            value = cls.__dict__.get(name, _ABSENT)
            if value is not _ABSENT:
                break
        if isinstance(value, MemberDescriptorType):
            try:
                value = value.__get__(receiver)
            except AttributeError:
                return True
        elif hasattr(type(value), "__get__") or hasattr(type(value), "__set__"):
            return False
    return value is _ABSENT or value is None or (type(value) in _PLAIN and not value)
