"""Programs that format Python files, with settings under which they rewrite most of a project."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Formatter:
    """How a program is called.

    Attributes:
        program: Its name in the folder of the formatters.
        options: None of them depends on settings of the project.
    """

    program: str
    options: tuple[str, ...]

    def command(self, folder: Path, paths: list[str]) -> list[str]:
        """Give the command that formats files in place."""
        return [str(folder / self.program), *self.options, *paths]


FORMATTERS: Mapping[str, Formatter] = {
    "black": Formatter("black", ("-q", "--config", "/dev/null", "-l", "60", "-C")),
    "black-unstable": Formatter(
        "black", ("-q", "--config", "/dev/null", "-l", "50", "--unstable", "-t", "py311")
    ),
    "ruff-format": Formatter(
        "ruff",
        (
            *("format", "-q", "--isolated", "--no-cache", "--line-length", "140"),
            *("--config", "format.quote-style='single'", "--config", "format.indent-style='tab'"),
        ),
    ),
    "yapf": Formatter(
        "yapf",
        ("-i", "--no-local-style", "--style", "{based_on_style: google, indent_width: 2}"),
    ),
    # E402 moves imports across other statements.
    "autopep8": Formatter(
        "autopep8",
        (
            *("-i", "--global-config", "/dev/null", "--ignore-local-config"),
            *("--max-line-length", "60", "--ignore", "E402"),
        ),
    ),
    "imports-sorted": Formatter(
        "ruff",
        (
            *("check", "-q", "--fix", "--isolated", "--no-cache", "--exit-zero", "--select", "I"),
            *("--config", "lint.isort.force-sort-within-sections=true"),
            *("--config", "lint.isort.order-by-type=false"),
        ),
    ),
    "imports-sorted-single": Formatter(
        "ruff",
        (
            *("check", "-q", "--fix", "--isolated", "--no-cache", "--exit-zero", "--select", "I"),
            *("--config", "lint.isort.force-single-line=true"),
            *("--config", "lint.isort.length-sort=true"),
        ),
    ),
}
"""By the kind of edit."""
