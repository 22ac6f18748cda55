"""docs/map-schema.md is what this module makes of the text of the tables.

To write it again: `python tests/docs/test_map_schema.py > docs/map-schema.md`.
"""

import re
from pathlib import Path

from impact_select.adapters.map_schema import SCHEMA, TABLES

PAGE = Path(__file__).parents[2] / "docs/map-schema.md"

INTRODUCTION = """\
# The map's schema

<!-- Made from src/impact_select/adapters/map_schema.py by tests/docs/test_map_schema.py. -->

The impact map is one SQLite file, `.impact/map.sqlite` by default.
This is schema {schema}.
A map of another schema is set aside and never converted; without a usable map all tests run.

The map travels between machines through caches, so nothing in it is trusted.
The `user_version` field of SQLite's header holds the CRC-32 of the file, made while it is zero.
A reader checks it before anything else, and then the types and sizes of what it reads.
The checksum finds truncation and decay, not forgery.
So fill the cache of a trusted branch from trusted runs only.

Sets of numbers are Roaring bitmaps in their portable serialisation.
Outlines and facts are JSON, outlines compressed with zlib; nothing is pickled.
Paths are relative to the top of the repository, with POSIX separators.
What a unit, an outline, an owner and a recording are is in [glossary.md](glossary.md).

The tables are not a public interface.
Read the map with `impact status`, `impact explain` and `impact select --format json`.
"""


def page(tables: str, schema: int) -> str:
    """Make the page: a section for each group of statements that a comment introduces."""
    sections = [INTRODUCTION.format(schema=schema)]
    for group in re.split(r"\n\n+", tables.strip("\n")):
        names = re.findall(r"CREATE TABLE (\w+)", group)
        comment = "".join(re.findall(r"^--(.*)$", group, re.MULTILINE)).strip()
        sql = re.sub(r"^--.*\n", "", group, flags=re.MULTILINE)
        title = ", ".join(f"`{name}`" for name in names)
        prose = f"{comment}\n\n" if comment else ""
        sections.append(f"## {title}\n\n{prose}```sql\n{sql}\n```\n")
    return "\n".join(sections)


def test_the_page_is_up_to_date() -> None:
    """The page holds the tables as they are now."""
    assert PAGE.read_text(encoding="utf-8") == page(TABLES, SCHEMA)


def test_every_table_has_a_section() -> None:
    """No statement that makes a table is lost on the way."""
    titles = re.findall(r"^## (.+)$", page(TABLES, SCHEMA), re.MULTILINE)
    named = [name for title in titles for name in re.findall(r"`(\w+)`", title)]

    assert named == re.findall(r"CREATE TABLE (\w+)", TABLES)


if __name__ == "__main__":
    print(page(TABLES, SCHEMA), end="")
