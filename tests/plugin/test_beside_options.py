"""The plugin beside pytest's own options: what they leave out stays owed, and is never lost."""

import shutil

import pytest
from tests.checkout import LOUD, Checkout


@pytest.fixture
def edited(shop: Checkout) -> Checkout:
    """Give the shop with an edit that affects both tests of tax.py."""
    shop.edit("shop/tax.py", "if kind == 'food'", "if 'food' == kind")
    return shop


@pytest.fixture
def broken(shop: Checkout) -> Checkout:
    """Give the shop with an edit that breaks the first test of tax.py and affects the second."""
    shop.edit("shop/tax.py", "if kind == 'food'", "if kind == 'feed'")
    return shop


@pytest.mark.parametrize(
    "options",
    [
        ["-k", "food"],
        ["-m", "not slow"],
        ["tests/test_tax.py::test_food"],
        ["--deselect", "tests/test_tax.py::test_other"],
        ["--maxfail=1", "-k", "food"],
    ],
    ids=["k", "m", "node-id", "deselect", "maxfail"],
)
def test_what_the_user_leaves_out_stays_owed(edited: Checkout, options: list[str]) -> None:
    """Only an affected test that the user wants runs; the next run has the other one."""
    first = edited.pytest("--impacted", *options)
    second = edited.pytest("--impacted")

    assert (first.status, first.ran) == (0, ["test_food"]), first.out
    assert (second.status, second.ran) == (0, ["test_other"]), second.out


def test_nothing_left_by_the_user(edited: Checkout) -> None:
    """When -k alone leaves nothing, pytest's own exit status 5 stands."""
    done = edited.pytest("--impacted", "-k", "nowhere")

    assert done.status == 5
    assert "nothing was run" not in done.out


def test_nothing_left_by_us(edited: Checkout) -> None:
    """When -k leaves tests and none of them is affected, that is a success."""
    done = edited.pytest("--impacted", "-k", "loud")

    assert (done.status, done.ran) == (0, [])
    assert "no test is affected: nothing was run" in done.out
    assert done.count("deselected") == 7


def test_stop_at_the_first_failure(broken: Checkout) -> None:
    """The failed test and those behind it are selected next time, until they pass."""
    first = broken.pytest("--impacted", "-x")
    second = broken.pytest("--impacted", "-x")
    broken.edit("shop/tax.py", "'feed'", "'food'")
    third = broken.pytest("--impacted")

    assert (first.status, first.ran) == (1, ["test_food"]), first.out
    assert (second.status, second.ran) == (1, ["test_food"]), second.out
    # Back in the state that was recorded first, in which all of them passed.
    assert (third.status, third.ran) == (0, []), third.out


def test_last_failed(broken: Checkout) -> None:
    """--lf runs the failed test only; the other one stays owed."""
    broken.pytest("--impacted", "-x")

    failed = broken.pytest("--impacted", "--lf")
    rest = broken.pytest("--impacted", "--impact-readonly")

    assert failed.ran == ["test_food"], failed.out
    assert rest.ran == ["test_food", "test_other"], rest.out


def test_last_failed_hides_no_new_file(broken: Checkout) -> None:
    """A file that --lf passed over still counts as one that may hold tests."""
    broken.pytest("--impacted", "-x")
    broken.write("tests/test_new.py", "def test_new():\n    pass\n")

    broken.pytest("--impacted", "--lf")

    assert "tests/test_new.py" in broken.selected()


def test_failed_first(broken: Checkout) -> None:
    """--ff changes the order of the affected tests, and nothing else."""
    broken.edit("tests/test_tax.py", "import pytest\n", "import pytest\nimport math\n")
    broken.pytest("--impacted")
    broken.edit("shop/tax.py", "    return RATE", "    return RATE + 1")

    done = broken.pytest("--impacted", "--ff", "-v")

    assert done.ran == ["test_food", "test_other"]


def test_stepwise(broken: Checkout) -> None:
    """--sw stops at the failure and goes on there; what it skips on the way stays owed."""
    first = broken.pytest("--impacted", "--sw")
    second = broken.pytest("--impacted", "--sw", "--sw-skip")
    third = broken.pytest("--impacted")

    assert first.ran == ["test_food"], first.out
    assert second.ran == ["test_food", "test_other"], second.out
    assert third.ran == ["test_food"], third.out


@pytest.mark.parametrize("option", ["--impacted", "--impact-record"])
def test_collect_only_changes_nothing(edited: Checkout, option: str) -> None:
    """--co shows what would run; the map stays as it is."""
    before = edited.map.read_bytes()

    done = edited.pytest(option, "--co", "-q")

    expected = 2 if option == "--impacted" else 7
    assert sum(line.startswith("tests/") for line in done.out.splitlines()) == expected
    assert edited.map.read_bytes() == before


@pytest.mark.parametrize("option", ["--impacted", "--impact-record"])
def test_a_partial_run_takes_nothing_away(shop: Checkout, option: str) -> None:
    """A run of one file leaves what the map knows of the others."""
    shop.edit("shop/names.py", "name.lower()", "str(name).lower()")

    shop.pytest(option, "tests/test_names.py")

    assert shop.selected() == ["--impact-none"]
    assert shop.pytest("--impacted", "-q").count("deselected") == 7


def test_a_partial_recording_adds(shop: Checkout) -> None:
    """A map that starts with one file grows by each run; unknown tests always run."""
    shop.map.unlink()
    shop.pytest("--impact-record", "tests/test_names.py::test_loud")

    done = shop.pytest("--impacted")

    assert done.ran == ["test_food", "test_other", "test_rates", "TestQuiet::test_quiet"]
    assert shop.selected() == ["--impact-none"]


def test_a_class_and_a_variant(shop: Checkout) -> None:
    """Node ids of classes and of variants narrow a run like any others."""
    shop.edit("shop/names.py", "name.upper()", "str(name).upper()")
    shop.edit("shop/names.py", "name.lower()", "str(name).lower()")

    variant = shop.pytest("--impacted", "tests/test_names.py::test_loud[b [1]]")
    group = shop.pytest("--impacted", "tests/test_names.py::TestQuiet")
    rest = shop.pytest("--impacted")

    assert variant.ran == [LOUD[1]]
    assert group.ran == ["TestQuiet::test_quiet"]
    assert rest.ran == [LOUD[0], LOUD[2]]


def test_without_the_cache(edited: Checkout) -> None:
    """The plugin needs nothing of pytest's cache."""
    shutil.rmtree(edited.top / ".pytest_cache")

    done = edited.pytest("--impacted", "-p", "no:cacheprovider")

    assert done.ran == ["test_food", "test_other"]
    assert not (edited.top / ".pytest_cache").exists()


def test_from_a_folder_below(edited: Checkout) -> None:
    """The root of pytest counts, not the current folder."""
    done = edited.pytest("--impacted", cwd="tests")

    assert done.ran == ["test_food", "test_other"], done.out
    assert not (edited.top / "tests/.impact").exists()
