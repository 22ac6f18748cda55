"""docs/configuration.md describes every key of `[tool.impact]`."""

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

from impact_select.config import DEFAULTS, KEYS, load_settings

TEXT = (Path(__file__).parents[2] / "docs/configuration.md").read_text(encoding="utf-8")


def test_every_key_has_a_section() -> None:
    """The sections are the keys, in their order."""
    assert re.findall(r"^## `(.+)`$", TEXT, re.MULTILINE) == list(KEYS)


def test_every_section_gives_the_default() -> None:
    """The defaults are those of the code, as TOML writes them."""
    values = [getattr(DEFAULTS, field.name) for field in fields(DEFAULTS)]
    expected = ["none" if value is None else f"`{json.dumps(value)}`" for value in values]

    assert re.findall(r"^Default: (.+)$", TEXT, re.MULTILINE) == expected


def test_the_example_is_valid() -> None:
    """The example gives every key a value that is accepted."""
    (example,) = re.findall(r"^```toml\n(.+?)^```$", TEXT, re.MULTILINE | re.DOTALL)

    assert list(tomllib.loads(example)["tool"]["impact"]) == list(KEYS)
    load_settings(example, "docs/configuration.md")
