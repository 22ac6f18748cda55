"""`pytest --impacted` and `--impact-record`: what runs, what is written, what is said."""

import re
import shutil

from tests.checkout import ALL, Checkout


def test_a_changed_function_selects_its_tests(shop: Checkout) -> None:
    """The others are deselected, and pytest's last line counts them."""
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    done = shop.pytest("--impacted")

    assert done.ran == ["test_food"], done.out
    assert done.status == 0
    assert (done.count("passed"), done.count("deselected")) == (1, 6)
    assert "collected 7 items / 6 deselected / 1 selected" in done.out


def test_what_ran_is_kept(shop: Checkout) -> None:
    """The next run selects nothing, succeeds, and says why it ran nothing."""
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")
    shop.pytest("--impacted")

    done = shop.pytest("--impacted")

    assert (done.status, done.ran) == (0, [])
    assert done.count("deselected") == 7
    assert "no test is affected: nothing was run" in done.out


def test_lines_of_a_run(shop: Checkout) -> None:
    """A header and a summary; the causes come with -v."""
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    done = shop.pytest("--impacted", "--impact-readonly", "-v")

    assert re.fullmatch("impact: map of 7 tests, recorded .+ ago", done.impact[0])
    assert done.impact[1] == "impact: 1 of 7 known tests are affected"
    assert done.impact[2].startswith("impact: 1 selected, 6 left out, saves about ")
    assert "tests/test_tax.py::test_food: shop/tax.py::rate block-changed" in done.out


def test_no_causes_without_v(shop: Checkout) -> None:
    """They would drown the results."""
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    done = shop.pytest("--impacted", "--impact-readonly")

    assert "block-changed" not in done.out


def test_quiet(shop: Checkout) -> None:
    """With -q there is one line of ours, with -qq none."""
    once = shop.pytest("--impacted", "--impact-readonly", "-q")
    twice = shop.pytest("--impacted", "--impact-readonly", "-qq")

    assert [line[:40] for line in once.impact] == ["impact: 0 selected, 7 left out, saves ab"]
    assert "= impact =" not in once.out
    assert twice.impact == []
    assert (once.status, twice.status) == (0, 0)


def test_without_a_map(shop: Checkout) -> None:
    """All tests run, the reason is given, and the map is made."""
    shutil.rmtree(shop.top / ".impact")

    done = shop.pytest("--impacted")

    assert done.ran == ALL
    assert "all tests run: there is no map at " in done.impact[0]
    assert done.impact[0].endswith("make one with pytest --impact-record [no-map]")
    assert "refreshed 7 tests in .impact/map.sqlite" in done.out
    assert shop.selected() == ["--impact-none"]


def test_without_a_map_quietly(shop: Checkout) -> None:
    """The reason is given even with -q, where there is no header."""
    shutil.rmtree(shop.top / ".impact")

    done = shop.pytest("--impacted", "--impact-readonly", "-q")

    assert [line for line in done.impact if "[no-map]" in line]


def test_readonly_writes_nothing(shop: Checkout) -> None:
    """Neither the map, nor a lock, nor anything else; so the test is selected again."""
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")
    before = shop.map.read_bytes()
    files = sorted((shop.top / ".impact").iterdir())

    done = shop.pytest("--impacted", "--impact-readonly")

    assert done.ran == ["test_food"]
    assert shop.map.read_bytes() == before
    assert sorted((shop.top / ".impact").iterdir()) == files


def test_readonly_without_a_map(shop: Checkout) -> None:
    """All tests run and none is recorded; no folder is made either."""
    shutil.rmtree(shop.top / ".impact")

    done = shop.pytest("--impacted", "--impact-readonly")

    assert done.count("passed") == 7
    assert not (shop.top / ".impact").exists()


def test_record_runs_all(shop: Checkout) -> None:
    """Recording selects nothing, whatever the map says."""
    done = shop.pytest("--impact-record")

    assert done.count("passed") == 7
    assert done.impact[0].startswith("impact: recording with ")
    assert "recorded 7 tests in .impact/map.sqlite" in done.out


def test_another_map(shop: Checkout) -> None:
    """`--impact-map` names another file; the usual one stays as it is."""
    before = shop.map.read_bytes()

    done = shop.pytest("--impacted", "--impact-map=tests/other.sqlite")

    assert done.count("passed") == 7
    assert (shop.top / "tests/other.sqlite").is_file()
    assert shop.map.read_bytes() == before


def test_a_map_among_the_tests_hides_none(shop: Checkout) -> None:
    """Only the map itself is left out of the project's state, not the folder around it."""
    shop.pytest("--impact-record", "-q", "--impact-map=tests/other.sqlite")
    shop.write("tests/conftest.py", "import pytest\n@pytest.fixture(autouse=True)\ndef a(): ...\n")

    done = shop.pytest("--impacted", "--impact-map=tests/other.sqlite")

    assert done.count("passed") == 7


def test_base(shop: Checkout) -> None:
    """With a base, a change that was tested before the commit still counts."""
    shop.git("switch", "--quiet", "--create", "topic")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")
    shop.commit()
    shop.pytest("--impacted")

    plain = shop.pytest("--impacted", "--impact-readonly")
    based = shop.pytest("--impacted", "--impact-readonly", "--impact-base=main")

    assert plain.ran == []
    assert based.ran == ["test_food"]
    assert any("base main" in line for line in based.impact)


def test_staged(shop: Checkout) -> None:
    """With --impact-staged the index counts, and not what was edited since."""
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")
    shop.git("add", "shop/tax.py")
    shop.edit("shop/names.py", "name.upper()", "str(name).upper()")

    done = shop.pytest("--impacted", "--impact-readonly", "--impact-staged")

    assert done.ran == ["test_food"]


def test_both_options(shop: Checkout) -> None:
    """Recording and selecting exclude each other."""
    done = shop.pytest("--impacted", "--impact-record")

    assert done.status == 4
    assert "--impacted and --impact-record are both given" in done.err
    assert "[usage]" in done.err
    assert "Traceback" not in done.out + done.err


def test_none(shop: Checkout) -> None:
    """`--impact-none` runs nothing, says so, and succeeds."""
    done = shop.pytest("--impact-none")

    assert (done.status, done.count("deselected")) == (0, 7)
    assert done.impact == ["impact: no test is affected, so none runs (--impact-none)"]


def test_all(shop: Checkout) -> None:
    """`--impact-all` changes nothing."""
    done = shop.pytest("--impact-all")

    assert (done.status, done.count("passed")) == (0, 7)
    assert done.impact == []


def test_installed_and_not_used(shop: Checkout) -> None:
    """Without an option of ours nothing of ours is loaded but the plugin's options."""
    shop.write(
        "tests/test_loaded.py",
        "import sys\n\n\ndef test_loaded():\n"
        "    names = {name for name in sys.modules if name.startswith('impact_select')}\n"
        "    assert names == {'impact_select', 'impact_select.pytest_plugin'}\n",
    )

    done = shop.pytest("tests/test_loaded.py")

    assert done.status == 0, done.out
