"""The `impact` command in real repositories, through real shells where a shell is the point."""

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.checkout import LOUD, SHOP, Checkout, Done, make_checkout

import impact_select

SCHEMA = Path(__file__).parents[2] / "docs/select.schema.json"
FOOD = "tests/test_tax.py::test_food"


def edit_food(shop: Checkout) -> None:
    """Make a change that affects one test."""
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")


def shell(shop: Checkout, script: str, cwd: str = "") -> Done:
    """Run a script as a user would type it."""
    return shop.run("bash", "-ec", script, cwd=cwd)


def answer(shop: Checkout, *arguments: str, cwd: str = "") -> dict[str, object]:
    """Give the JSON answer, after checking it against the published schema."""
    jsonschema = pytest.importorskip("jsonschema")
    done = shop.impact("select", "--format", "json", *arguments, cwd=cwd)
    assert done.status == 0, done.err
    found = json.loads(done.out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    return dict(found)


# -- the answer ----------------------------------------------------------------


def test_ids(shop: Checkout) -> None:
    """The answer is on standard output, one id a line; what is said about it is not."""
    edit_food(shop)

    done = shop.impact("select")

    assert (done.status, done.out) == (0, f"{FOOD}\n")
    assert re.fullmatch(r"impact: 1 selected, 6 left out, saves about \d\.\d s\n", done.err)


def test_args(shop: Checkout) -> None:
    """One line, quoted for a shell, each variant by itself."""
    shop.edit("tests/test_names.py", "'anna', 'b [1]'", "'anna', 'it\\'s', 'b [1]'")
    shop.pytest("--impacted")
    shop.pytest("--impacted", "-k", "not anna")
    shop.edit("shop/names.py", "name.upper()", "str(name).upper()")
    shop.pytest("--impacted", "-k", "anna")

    done = shop.impact("select", "--format", "args")
    ran = shell(shop, "eval pytest $(impact select --format args)")

    assert done.out.count("\n") == 1
    assert ran.ran == sorted([*LOUD[1:], "test_loud[it's]"]), ran.out + ran.err


def test_none_and_all(shop: Checkout) -> None:
    """Both answers without ids are options, in every format; so pytest runs nothing or all."""
    assert shop.impact("select").out == "--impact-none\n"
    assert shop.impact("select", "--format", "args").out == "--impact-none\n"
    assert answer(shop)["verdict"] == "none"
    assert shell(shop, "pytest $(impact select)").count("deselected") == 7

    shop.map.unlink()

    assert shop.impact("select").out == "--impact-all\n"
    assert "[no-map]" in shop.impact("select").err
    assert answer(shop)["verdict"] == "all"
    assert shell(shop, "pytest $(impact select)").count("passed") == 7


def test_json(shop: Checkout) -> None:
    """The subset, its causes, and files that nobody reads."""
    edit_food(shop)
    shop.write("notes.md", "text\n")

    found = answer(shop)

    assert found["verdict"] == "subset"
    assert found["selected"] == [
        {
            "id": FOOD,
            "causes": [
                {"kind": "block-changed", "change": "shop/tax.py::rate block-changed", "chain": []}
            ],
        }
    ]
    assert (found["left_out"], found["known"], found["unread"]) == (6, 7, ["notes.md"])
    assert found["arguments"] == [FOOD]


def test_json_of_new_tests(shop: Checkout) -> None:
    """New files and new functions are among the selected, with a cause."""
    shop.write("tests/test_new.py", "def test_new():\n    pass\n")
    tax = shop.top / "tests/test_tax.py"
    tax.write_text(f"{tax.read_text()}\n\ndef test_more():\n    pass\n")

    found = answer(shop)

    assert found["arguments"] == ["tests/test_new.py", "tests/test_tax.py::test_more"]
    assert [item["causes"][0]["kind"] for item in found["selected"]] == ["new", "new"]


def test_a_file_of_arguments(shop: Checkout) -> None:
    """`-o FILE` and `pytest @FILE` pass ids on exactly, spaces and brackets included."""
    shop.edit("shop/names.py", "name.upper()", "str(name).upper()")
    shop.pytest("--impacted", "-k", "anna")

    done = shell(shop, "impact select -o ../answer && cat ../answer && pytest @../answer")

    assert done.out.startswith(
        "tests/test_names.py::test_loud[b [1]]\ntests/test_names.py::test_loud[c d]\n"
    )
    assert done.ran == LOUD[1:]


def test_words_of_a_shell(shop: Checkout) -> None:
    """In `$(impact select)` a function stands for variants that a shell would split."""
    shop.edit("shop/names.py", "name.upper()", "str(name).upper()")
    shop.pytest("--impacted", "-k", "anna")

    done = shell(shop, "pytest $(impact select)")

    assert shop.impact("select").out == "tests/test_names.py::test_loud\n"
    assert done.ran == LOUD


def test_an_answer_that_cannot_be_written(shop: Checkout) -> None:
    """One line says so, and nothing is on standard output."""
    done = shop.impact("select", "-o", "nowhere/answer")

    assert (done.status, done.out) == (2, "")
    assert "nowhere/answer was not written" in done.err
    assert "[usage]" in done.err


def test_definitions_that_are_no_tests(shop: Checkout) -> None:
    """Helpers that are named like tests do not make pytest stop at an id that names nothing."""
    tax = shop.top / "tests/test_tax.py"
    tax.write_text(
        f"{tax.read_text()}\n\n"
        "@pytest.fixture\ndef test_client():\n    pass\n\n\n"
        "class TestServer:\n    __test__ = False\n\n    def test_connection(self):\n        pass\n"
    )

    done = shell(shop, "pytest $(impact select)")

    assert done.status == 0, done.out + done.err


# -- which states are compared -------------------------------------------------


@pytest.fixture
def branched(shop: Checkout) -> Checkout:
    """Give a branch with a tested change, of which main has moved on with another one."""
    shop.git("switch", "--quiet", "--create", "topic")
    edit_food(shop)
    shop.commit()
    shop.git("switch", "--quiet", "main")
    shop.edit("shop/names.py", "name.lower()", "str(name).lower()")
    shop.commit()
    shop.git("switch", "--quiet", "topic")
    shop.pytest("--impacted")
    return shop


def test_base_is_the_merge_base(branched: Checkout) -> None:
    """What main did since does not count, though it differs."""
    assert branched.selected() == ["--impact-none"]
    assert branched.selected("--base", "main") == [FOOD]


def test_base_equals_head(branched: Checkout) -> None:
    """No difference, no test; whatever the map was recorded with."""
    branched.git("switch", "--quiet", "main")

    assert branched.selected("--base", "main") == ["--impact-none"]
    assert branched.selected("--base", "HEAD~1") == ["tests/test_names.py::TestQuiet::test_quiet"]


def test_base_in_the_settings(branched: Checkout) -> None:
    """`tool.impact.base` is the base where none is given."""
    with (branched.top / "pyproject.toml").open("a") as stream:
        stream.write('[tool.impact]\nbase = "main"\n')

    assert branched.selected() == [FOOD]


def test_detached_head(branched: Checkout) -> None:
    """A commit is enough; no branch is needed, and no upstream."""
    branched.git("switch", "--quiet", "--detach")

    assert branched.selected("--base", "main") == [FOOD]


def test_staged(shop: Checkout) -> None:
    """The index counts; what is changed on disk alone does not."""
    edit_food(shop)
    shop.git("add", "--all")
    shop.edit("shop/tax.py", "return RATE", "return RATE + 0")
    shop.edit("shop/names.py", "name.lower()", "str(name).lower()")

    assert shop.selected("--staged") == [FOOD]
    assert len(shop.selected()) == 3


def test_worktree(shop: Checkout, tmp_path: Path) -> None:
    """A second work tree of the repository is a project of its own."""
    shop.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "second"))
    second = Checkout(tmp_path / "second")
    edit_food(second)

    assert second.selected() == ["--impact-all"]
    assert second.selected("--map", str(shop.map)) == [FOOD]
    assert shop.selected() == ["--impact-none"]


def test_shallow_clone(shop: Checkout, tmp_path: Path) -> None:
    """Content decides, so a map from elsewhere serves in a clone without history."""
    edit_food(shop)
    shop.commit()
    clone = Checkout(tmp_path / "clone")
    shop.git("clone", "--quiet", "--depth=1", f"file://{shop.top}", str(clone.top))

    assert clone.selected("--map", str(shop.map)) == [FOOD]
    done = clone.impact("select", "--base", "HEAD~1", "--map", str(shop.map))
    assert (done.status, done.out) == (2, "")
    assert "[unknown-revision]" in done.err


def test_submodule(shop: Checkout, tmp_path: Path) -> None:
    """Code in a submodule counts as the project's, by its files."""
    library = make_checkout(
        tmp_path / "library",
        {"tools.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n"},
    )
    shop.git("submodule", "--quiet", "add", str(library.top), "vendor")
    shop.write(
        "tests/test_tools.py",
        "from vendor.tools import one, two\n\n\ndef test_one():\n    assert one() == 1\n\n\n"
        "def test_two():\n    assert two() == 2\n",
    )
    shop.commit()
    shop.pytest("--impacted")
    assert shop.selected() == ["--impact-none"]

    shop.edit("vendor/tools.py", "return 1", "return 2 - 1")

    assert "tests/test_tools.py::test_one" in shop.selected()
    assert "tests/test_tools.py::test_two" not in shop.selected()


# -- where the project is ------------------------------------------------------


@pytest.fixture(scope="module")
def recorded_monorepo(own_settings: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give a repository with a recorded project in a sub-folder, which imports code above it."""
    checkout = make_checkout(
        tmp_path_factory.mktemp("monorepo") / "all",
        {
            **{f"projects/shop/{path}": text for path, text in SHOP.items()},
            "common/money.py": "def euro(amount):\n    return f'{amount} EUR'\n",
            "projects/shop/pyproject.toml": (
                '[tool.pytest.ini_options]\npythonpath = [".", "../../common"]\n'
                'markers = ["slow"]\n'
            ),
            "projects/shop/tests/test_money.py": (
                "from money import euro\n\n\ndef test_money():\n    assert euro(1) == '1 EUR'\n"
            ),
            "projects/other/test_other.py": "def test_elsewhere():\n    pass\n",
        },
    )
    done = checkout.pytest("--impact-record", "-q", cwd="projects/shop")
    assert done.status == 0, done.out
    return checkout


@pytest.fixture
def monorepo(recorded_monorepo: Checkout, tmp_path: Path) -> Checkout:
    """Give a copy of it."""
    return recorded_monorepo.copy(tmp_path / "all")


def test_a_project_below_the_top(monorepo: Checkout) -> None:
    """Ids are relative to the project; code above it is found; its neighbours do not matter."""
    monorepo.edit("common/money.py", "{amount} EUR", "{amount:d} EUR")
    monorepo.edit("projects/shop/shop/tax.py", "return 7", "return 6 + 1")
    monorepo.write("projects/other/test_new.py", "def test_new():\n    pass\n")

    done = shell(monorepo, "impact select && pytest $(impact select)", cwd="projects/shop")

    assert done.out.startswith("tests/test_money.py::test_money\ntests/test_tax.py::test_food\n")
    assert done.ran == ["test_food", "test_money"]
    assert (monorepo.top / "projects/shop/.impact/map.sqlite").is_file()


def test_from_a_folder_of_the_project(monorepo: Checkout) -> None:
    """Arguments are relative to the current folder, as pytest takes them."""
    monorepo.edit("projects/shop/shop/tax.py", "return 7", "return 6 + 1")
    monorepo.write("projects/shop/tests/test_new.py", "def test_new():\n    pass\n")

    done = shell(monorepo, "impact select && pytest $(impact select)", cwd="projects/shop/tests")
    up = shell(monorepo, "impact select", cwd="projects/shop/shop")

    assert done.out.startswith("test_tax.py::test_food\ntest_new.py\n")
    assert done.ran == ["test_food", "test_new"], done.out
    assert up.out == "../tests/test_tax.py::test_food\n../tests/test_new.py\n"


ODD = "my täsks/test_ünïcode.py"


@pytest.fixture
def odd(tmp_path: Path) -> Checkout:
    """Give a recorded project whose paths have spaces and letters of other alphabets."""
    checkout = make_checkout(
        tmp_path / "größe 1",
        {
            "shöp 2/täx.py": "def rate():\n    return 7\n",
            ODD: "from täx import rate\n\n\ndef test_rate():\n    assert rate() == 7\n",
            "my täsks/test_other.py": "def test_other():\n    pass\n",
            "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["shöp 2"]\n',
            ".gitignore": "__pycache__/\n",
        },
    )
    checkout.record()
    return checkout


def test_odd_paths(odd: Checkout) -> None:
    """Spaces and umlauts survive in files of arguments, in quoted words and in JSON."""
    odd.edit("shöp 2/täx.py", "return 7", "return 6 + 1")

    listed = shell(odd, "impact select -o ../answer && pytest @../answer")
    quoted = shell(odd, "eval pytest $(impact select --format args)")

    assert listed.ran == quoted.ran == ["test_rate"]
    assert answer(odd)["arguments"] == [f"{ODD}::test_rate"]


def test_odd_paths_as_words(odd: Checkout) -> None:
    """A shell would split such a path: all tests run, rather than a command that fails."""
    odd.edit("shöp 2/täx.py", "return 7", "return 6 + 1")

    done = shell(odd, "pytest $(impact select)")

    assert done.status == 0
    assert done.ran == ["test_other", "test_rate"]


def test_odd_paths_in_the_c_locale(odd: Checkout) -> None:
    """The bytes of a path go through, whatever the locale calls them."""
    odd.edit("shöp 2/täx.py", "return 7", "return 6 + 1")

    done = odd.impact("select", "--format", "args", LC_ALL="C")

    assert done.status == 0, done.err
    assert "täx" not in done.out
    assert done.out == f"'{ODD}::test_rate'\n"


# -- what can happen to files --------------------------------------------------


def test_a_renamed_module(shop: Checkout) -> None:
    """Its importers are selected, whether they were changed with it or not."""
    shop.git("mv", "shop/tax.py", "shop/taxes.py")

    assert shop.selected() == [FOOD, "tests/test_tax.py::test_other"]


def test_a_deleted_data_file(shop: Checkout) -> None:
    """Those that read it are selected."""
    (shop.top / "shop/rates.csv").unlink()

    assert shop.selected() == ["tests/test_rates.py::test_rates"]


def test_a_deleted_test_file(shop: Checkout) -> None:
    """Its tests are gone: pytest is not asked for them."""
    shop.git("rm", "--quiet", "tests/test_rates.py")

    assert shop.selected() == ["--impact-none"]


def test_a_renamed_test_file(shop: Checkout) -> None:
    """The new name stands for its tests."""
    shop.git("mv", "tests/test_rates.py", "tests/test_prices.py")

    assert shop.selected() == ["tests/test_prices.py"]


def test_an_added_conftest(shop: Checkout) -> None:
    """It governs all tests beside and below it."""
    shop.write("tests/conftest.py", "import os\n")

    assert len(shop.selected()) == 5  # the variants of one function count once


def test_a_changed_mode(shop: Checkout) -> None:
    """A file that became executable concerns those that look at it."""
    (shop.top / "shop/rates.csv").chmod(0o755)

    assert shop.selected() == ["tests/test_rates.py::test_rates"]


# -- the other commands --------------------------------------------------------


def test_record_and_run(shop: Checkout) -> None:
    """They are pytest with an option, pass arguments on, and give its exit status."""
    shop.map.unlink()

    recorded = shop.impact("record", "--", "-q")
    edit_food(shop)
    run = shop.impact("run", "--", "-v", "-p", "no:cacheprovider")
    shop.edit("shop/tax.py", "return 6 + 1", "return 6 + 2")
    failed = shop.impact("run")

    assert recorded.status == 0
    assert recorded.count("passed") == 7
    assert (run.status, run.ran) == (0, ["test_food"])
    assert "tests/test_tax.py::test_food: shop/tax.py::rate block-changed" in run.out
    assert (failed.status, failed.ran) == (1, ["test_food"])


def test_run_with_a_base_and_another_map(branched: Checkout) -> None:
    """--base, --staged and --map become the options of the plugin."""
    assert branched.impact("run", "--base", "main").ran == ["test_food"]
    assert branched.impact("run", "--staged").ran == []
    assert branched.impact("run", "--map", "other.sqlite").count("passed") == 7
    assert (branched.top / "other.sqlite").is_file()


def test_status(shop: Checkout) -> None:
    """What the map holds, and where it fits."""
    done = shop.impact("status")

    assert done.status == 0, done.err
    assert done.out.startswith(f"map: {shop.map} (")
    assert "tests: 7, " in done.out
    head = shop.git("rev-parse", "HEAD")[:10]
    assert re.search(rf"recorded \d{{4}}-.* UTC at {head}: 7 recordings \(cpython 3\.\d+", done.out)


def test_explain_a_selected_test(shop: Checkout) -> None:
    """The change, the chain to the test, and what the test depends on."""
    shop.edit("shop/tax.py", "RATE = 19", "RATE = 20 - 1")

    done = shop.impact("explain", "tests/test_tax.py::test_other")

    assert done.status == 0, done.err
    assert "tests/test_tax.py::test_other is selected:\n" in done.out
    assert "  shop/tax.py::RATE variable-changed > shop/tax.py::rate" in done.out
    assert "  depends on shop/tax.py: rate\n" in done.out


def test_explain_what_is_left_out(shop: Checkout) -> None:
    """A function of variants: each is left out, and its evidence listed, inputs too."""
    done = shop.impact("explain", "tests/test_names.py::test_loud")
    rates = shop.impact("explain", "tests/test_rates.py::test_rates")

    assert done.out.count(" is left out: nothing that it depends on changed") == 3
    assert "  depends on shop/names.py: loud\n" in done.out
    assert "  reads shop/rates.csv\n" in rates.out


@pytest.mark.parametrize(
    ("subject", "first", "tests"),
    [
        ("shop/tax.py", "2 tests depend on shop/tax.py", [FOOD, "tests/test_tax.py::test_other"]),
        (
            "shop/names.py::quiet",
            "1 test depends on shop/names.py::quiet",
            ["tests/test_names.py::TestQuiet::test_quiet"],
        ),
        (
            "shop/rates.csv",
            "1 test depends on shop/rates.csv",
            ["tests/test_rates.py::test_rates"],
        ),
    ],
    ids=["path", "symbol", "data"],
)
def test_explain_a_file(shop: Checkout, subject: str, first: str, tests: list[str]) -> None:
    """Files, symbols and data files: which tests depend on them."""
    done = shop.impact("explain", subject)

    assert done.out.splitlines() == [first, *(f"  {test}" for test in tests)]


def test_explain_from_a_folder(monorepo: Checkout) -> None:
    """Paths are those of the current folder, of the project, or of the repository."""
    expected = "1 test depends on common/money.py::euro\n  tests/test_money.py::test_money\n"

    for cwd, path in [
        ("projects/shop", "../../common/money.py"),
        ("projects/shop", "common/money.py"),
        ("projects/shop/tests", "../../../common/money.py"),
    ]:
        assert monorepo.impact("explain", f"{path}::euro", cwd=cwd).out == expected
    test = monorepo.impact("explain", "test_tax.py::test_food", cwd="projects/shop/tests")
    assert test.out.startswith("tests/test_tax.py::test_food is left out")


def test_explain_the_unknown(shop: Checkout) -> None:
    """One line says what can be asked."""
    for subject in ["nothing.py", "shop/tax.py::nothing", "tests/test_tax.py::test_nothing"]:
        done = shop.impact("explain", subject)

        assert (done.status, done.out) == (2, "")
        assert done.err.startswith(f"impact: the map knows no test, file or symbol '{subject}'; ")
        assert "[usage]" in done.err


def test_explain_without_a_subset(shop: Checkout) -> None:
    """Without a map there is an error; with one that does not fit, the reason."""
    shop.map.unlink()

    done = shop.impact("explain", "tests/test_tax.py::test_food")

    assert (done.status, done.out) == (2, "")
    assert "[no-map]" in done.err


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion(shop: Checkout, name: str) -> None:
    """The script of each shell, and in bash a completion by it."""
    done = shop.impact("completion", name)

    assert done.status == 0, done.err
    assert "_IMPACT_COMPLETE" in done.out
    if name == "bash" and shutil.which("bash"):
        (shop.top.parent / "script").write_text(done.out)
        words = shell(
            shop,
            "source ../script; COMP_WORDS=(impact sel); COMP_CWORD=1; _impact_completion impact;"
            ' echo "${COMPREPLY[@]}"',
        )
        assert words.out == "select\n", words.err


def test_no_colours_in_a_pipe(shop: Checkout) -> None:
    """Nothing of ours has colours of its own; with NO_COLOR pytest has none either."""
    edit_food(shop)
    for done in (
        shop.impact("select", NO_COLOR="1"),
        shop.impact("status", NO_COLOR="1"),
        shop.impact("run", NO_COLOR="1", FORCE_COLOR=""),
    ):
        assert "\x1b" not in done.out + done.err


def test_version_and_help(shop: Checkout) -> None:
    """Every command has a line in the help."""
    done = shop.impact("--help")

    assert shop.impact("--version").out == f"impact, version {impact_select.__version__}\n"
    for name in ["completion", "demo", "explain", "record", "run", "select", "status"]:
        assert re.search(rf"^  {name} +\S", done.out, re.MULTILINE), done.out


def test_a_mistake_on_the_command_line(shop: Checkout) -> None:
    """An unknown option is told with the usage, and standard output stays empty."""
    done = shop.impact("select", "--bace", "main")

    assert (done.status, done.out) == (2, "")
    assert "No such option" in done.err
