"""Who asked: the nearest project frame below the one that is looking."""

import os
import sysconfig
from functools import cache
from types import FrameType
from typing import Final, NamedTuple, TypeAlias

from impact_select.model.recorded import Place
from impact_select.recording.noted_frames import NotedFrame
from impact_select.recording.source_index import SourceFile, SourceIndex

Frame: TypeAlias = FrameType | NotedFrame

# Frames that read project files for their own purposes: showing a traceback, rewriting
# asserts, printing a warning. What they read decides no test.
_TOOL_FRAMES: Final = (
    "/_pytest/assertion/",
    "/_pytest/_code/",
    "/_pytest/cacheprovider.py",
    "/_pytest/junitxml.py",
    "/traceback.py",
    "/warnings.py",
    "/hypothesis/internal/constants_ast.py",
    "/coverage/",
    "/pytest_cov/",
    "/impact_select/",
)
# They are patched in, and stand between the project's code, or a plugin's, and what asked for it.
_CALLING_ON: Final = tuple(
    f"/impact_select/recording/{name}.py" for name in ("caches", "fixtures", "imports", "processes")
)
# What pytest looks at on its own account, as the nearest caller from outside the standard
# library: the folders that it collects. Which of them hold tests is no secret to us.
_RUNNER_FRAMES: Final = ("/_pytest/", "/pluggy/", "/xdist/", "/execnet/")
# A text file of doctests has no code: what pytest reads of it is all there is.
_TEXT_READER: Final = "/_pytest/doctest.py"
# Frames that import for their caller and keep nothing.
_PASSING_ON: Final = (
    "/importlib/__init__.py",
    "/pkgutil.py",
    "/runpy.py",
    "/unittest/mock.py",
    "/contextlib.py",
    "/pytest_mock/plugin.py",
    "/impact_select/recording/imports.py",
)
# Files of the standard library that keep nothing of the files that they open or look at.
_READING_AFRESH: Final = frozenset(
    {
        *("_pyio.py", "bz2.py", "codecs.py", "configparser.py", "contextlib.py", "csv.py"),
        *("fileinput.py", "fnmatch.py", "genericpath.py", "glob.py", "gzip.py", "io.py"),
        *("json/__init__.py", "lzma.py", "ntpath.py", "os.py", "pathlib.py"),
        *("pathlib/__init__.py", "pathlib/_abc.py", "pathlib/_local.py", "posixpath.py"),
        *("shutil.py", "tarfile.py", "tempfile.py", "tomllib/_parser.py"),
        *("xml/etree/ElementTree.py", "zipfile.py", "zipfile/__init__.py"),
        "zipfile/_path/__init__.py",
    }
)
_IMPORT_FRAMES: Final = ("<frozen importlib._bootstrap_external>", "<frozen importlib._bootstrap>")


class Asked(NamedTuple):
    """Who looks at something.

    Attributes:
        place: Of the nearest project frame; None without one.
        tool: Whether a tool looks, for its own purposes.
        importing: Whether the import system looks.
        direct: Whether nothing but the standard library stands between the two.
        afresh: Whether what stands between keeps nothing of what it reads: who asks once
            more looks once more.
    """

    place: Place | None
    tool: bool
    importing: bool
    direct: bool
    afresh: bool = False


class Asker:
    """Finds the place in project code that caused an event."""

    def __init__(self, index: SourceIndex, own_project: bool) -> None:
        self._index = index
        tools = _TOOL_FRAMES[:-1] if own_project else _TOOL_FRAMES
        self._tools = tools
        self._is_tool: dict[str, bool] = {}
        self._standard = sysconfig.get_path("stdlib") + os.sep

    def ask(self, frame: Frame | None) -> Asked:
        """Walk up from a frame, or from what was noted of one in another process."""
        importing = frame is not None and frame.f_code.co_filename in _IMPORT_FRAMES
        nearest: str | None = None
        lines_only = False
        afresh = True
        while frame is not None:
            filename = frame.f_code.co_filename
            file = self._index.file(filename)
            if file is not None:
                place = self._place(frame, file)
                return Asked(place, False, importing, nearest is None, afresh)
            if self._tool(filename) and not filename.endswith(_CALLING_ON):
                return Asked(None, True, importing, False)
            if nearest is None and not self._is_standard(filename):
                nearest = filename
            lines_only = lines_only or filename.endswith("/linecache.py")
            afresh = afresh and self._reads_afresh(filename)
            frame = frame.f_back
        by_runner = (
            nearest is not None
            and any(part in nearest for part in _RUNNER_FRAMES)
            and (lines_only or not nearest.endswith(_TEXT_READER))
        )
        return Asked(None, by_runner, importing, False)

    def _is_standard(self, filename: str) -> bool:
        inside = filename.startswith(self._standard) and "site-packages" not in filename
        return inside or filename.startswith("<frozen")

    def _reads_afresh(self, filename: str) -> bool:
        if filename.startswith("<frozen "):
            return f"{filename[len('<frozen ') : -1]}.py" in _READING_AFRESH
        return filename.removeprefix(self._standard) in _READING_AFRESH

    def is_elsewhere(self, frame: Frame | None) -> bool:
        """Tell whether an import was asked for by code that is neither the project's nor pytest's.

        Such code may keep the module, as a web framework keeps its routes; whoever runs that
        code later depends on the module too, and nobody sees it.
        """
        while frame is not None:
            filename = frame.f_code.co_filename
            if filename not in _IMPORT_FRAMES and not _passes_on(filename):
                own = self._index.file(filename) is not None
                return not own and "/_pytest/" not in filename
            frame = frame.f_back
        return False

    def _place(self, frame: Frame, file: SourceFile) -> Place:
        units = file.units_at(frame.f_lineno, frame.f_code)
        return file.path, units[0] - file.base

    def _tool(self, filename: str) -> bool:
        known = self._is_tool.get(filename)
        if known is None:
            known = any(part in filename for part in self._tools)
            self._is_tool[filename] = known
        return known


@cache
def _passes_on(filename: str) -> bool:
    return filename.endswith(_PASSING_ON)
