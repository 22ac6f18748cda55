"""Laws of code objects and units, on real files."""

import inspect
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from impact_select.model.ids import RepoPath
from impact_select.model.source import UnitKind, plain_name
from impact_select.recording.source_index import SourceFile, code_lines

LIBRARY = Path(sysconfig.get_path("stdlib"))


def functions(code: CodeType) -> Iterator[CodeType]:
    """Iterate over the code objects of named functions."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & inspect.CO_OPTIMIZED and not constant.co_name.startswith("<"):
                yield constant
            yield from functions(constant)


@pytest.mark.parametrize("name", ["argparse", "contextlib", "dataclasses", "enum", "functools"])
def test_functions_of_real_files(name: str) -> None:
    """A call enters a block of its function, and its lines belong to blocks of the function."""
    source = (LIBRARY / f"{name}.py").read_bytes()
    file = SourceFile(RepoPath("m.py"), source, 0)
    assert file.outline is not None
    units = file.outline.units

    for code in functions(compile(source, "m.py", "exec")):
        (entry,) = file.entry_units(code)
        symbol = units[entry].symbol
        assert units[entry].kind is UnitKind.BLOCK
        assert plain_name(symbol).rpartition(".")[2] == code.co_name
        for line in code_lines(code) - {code.co_firstlineno}:
            at = [units[unit] for unit in file.units_at(line, code)]
            kinds = {unit.kind for unit in at if unit.symbol == symbol}
            assert kinds & {UnitKind.BLOCK, UnitKind.SIGNATURE}
