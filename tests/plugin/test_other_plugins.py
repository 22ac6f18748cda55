"""Beside other plugins and other kinds of tests: each records and selects by the function."""

import textwrap
from pathlib import Path

import pytest
from tests.checkout import ALL, Checkout, make_checkout

SETTINGS = '[tool.pytest.ini_options]\npythonpath = ["."]\n'
NUMBERS = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def make(top: Path, *options: str, settings: str = SETTINGS, **files: str) -> Checkout:
    """Make and record a project of numbers.py and other files, by their names without `.py`."""
    texts = {f"{name}.py": textwrap.dedent(text) for name, text in files.items()}
    checkout = make_checkout(
        top, {"numbers_.py": NUMBERS, "pyproject.toml": settings, ".gitignore": "*.pyc\n", **texts}
    )
    checkout.record(*options)
    return checkout


def change_one(checkout: Checkout) -> None:
    """Edit the body of the first function of numbers_.py, without a consequence."""
    checkout.edit("numbers_.py", "return 1", "return 2 - 1")


def test_random_order(shop: Checkout) -> None:
    """pytest-randomly shuffles what is left; the map does not depend on the order."""
    pytest.importorskip("pytest_randomly")
    shop.map.unlink()
    recorded = shop.pytest("--impact-record", "-p", "randomly", "-p", "randomly")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    done = shop.pytest("--impacted", "-p", "randomly")

    assert recorded.ran == ALL
    assert (done.ran, done.count("deselected")) == (["test_food"], 6)


def test_asyncio(tmp_path: Path) -> None:
    """Coroutine tests and fixtures resume in their own context, interleaved tasks too."""
    pytest.importorskip("pytest_asyncio")
    checkout = make(
        tmp_path / "project",
        *("-p", "asyncio"),
        settings=f'{SETTINGS}asyncio_default_fixture_loop_scope = "function"\n',
        test_async="""\
            import asyncio
            import numbers_
            import pytest
            import pytest_asyncio

            async def later(function):
                await asyncio.sleep(0)
                return function()

            @pytest_asyncio.fixture
            async def number():
                await asyncio.sleep(0)
                yield numbers_.one()

            @pytest.mark.asyncio
            async def test_fixture(number):
                assert number == 1

            @pytest.mark.asyncio
            async def test_task():
                assert await asyncio.gather(later(numbers_.one), later(int)) == [1, 0]

            @pytest.mark.asyncio
            async def test_other():
                assert await later(numbers_.two) == 2
        """,
    )
    change_one(checkout)

    assert checkout.pytest("--impacted", "-p", "asyncio").ran == ["test_fixture", "test_task"]


def test_anyio(tmp_path: Path) -> None:
    """Coroutine tests of anyio, with a thread."""
    pytest.importorskip("anyio")
    checkout = make(
        tmp_path / "project",
        *("-p", "anyio"),
        test_any="""\
            import anyio
            import numbers_
            import pytest

            @pytest.fixture
            def anyio_backend():
                return "asyncio"

            @pytest.mark.anyio
            async def test_one():
                await anyio.sleep(0)
                assert await anyio.to_thread.run_sync(numbers_.one) == 1

            @pytest.mark.anyio
            async def test_two():
                await anyio.sleep(0)
                assert numbers_.two() == 2
        """,
    )
    change_one(checkout)

    assert checkout.pytest("--impacted", "-p", "anyio").ran == ["test_one"]


def test_unittest(tmp_path: Path) -> None:
    """Methods, setUpClass and subTest of unittest classes."""
    checkout = make(
        tmp_path / "project",
        test_cases="""\
            import unittest
            import numbers_

            class Prepared(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    cls.number = numbers_.one()

                def test_first(self):
                    self.assertEqual(self.number, 1)

                def test_second(self):
                    self.assertTrue(self.number)

            class Plain(unittest.TestCase):
                def test_one(self):
                    for number in range(2):
                        with self.subTest(number=number):
                            self.assertEqual(numbers_.one(), 1)

                def test_two(self):
                    self.assertEqual(numbers_.two(), 2)

            class Async(unittest.IsolatedAsyncioTestCase):
                async def test_await(self):
                    self.assertEqual(numbers_.one(), 1)

                async def test_nothing(self):
                    pass
        """,
    )
    change_one(checkout)

    done = checkout.pytest("--impacted")

    assert done.ran == [
        "Async::test_await",
        "Plain::test_one",
        "Prepared::test_first",
        "Prepared::test_second",
    ]


def test_failed_subtests(tmp_path: Path) -> None:
    """A test with a failed part is a failed test, by pytest's fixture and by unittest's."""
    checkout = make_checkout(
        tmp_path / "project",
        {
            "test_parts.py": textwrap.dedent("""\
                import os
                import unittest

                import pytest

                def check(number):
                    assert number or "BREAK" not in os.environ

                def test_fixture(subtests):
                    for number in range(3):
                        with subtests.test(number=number):
                            check(number)

                def test_good(subtests):
                    with subtests.test("good"):
                        check(1)

                class Case(unittest.TestCase):
                    def test_unittest(self):
                        for number in range(3):
                            with self.subTest(number=number):
                                check(number)
            """)
        },
    )
    if "subtests" not in checkout.pytest("--fixtures").out:
        pytest.skip("this pytest has no subtests of its own")
    checkout.pytest("--impact-record", BREAK="1")

    assert checkout.pytest("--impacted").ran == ["Case::test_unittest", "test_fixture"]
    assert checkout.pytest("--impacted").ran == []


DOCUMENTED = (
    'def one():\n    """Give one.\n\n    >>> one()\n    1\n    """\n    return 1\n\n\n'
    'def two():\n    """Give two.\n\n    >>> two()\n    2\n    """\n    return 2\n'
)
THREE = '\n\ndef three():\n    """Give three.\n\n    >>> three()\n    3\n    """\n    return 3\n'


def test_doctests(tmp_path: Path) -> None:
    """Doctests of modules and of text files are tests, and their text is their code."""
    checkout = make_checkout(
        tmp_path / "project",
        {
            "numbers_.py": DOCUMENTED,
            "guide.md": ">>> import numbers_\n>>> numbers_.one()\n1\n",
            "other.md": ">>> 1 + 1\n2\n",
            "pyproject.toml": f'{SETTINGS}addopts = ["--doctest-modules", "--doctest-glob=*.md"]\n',
            ".gitignore": "__pycache__/\n",
        },
    )
    checkout.record()

    change_one(checkout)
    assert checkout.pytest("--impacted").ran == ["guide.md", "numbers_.one"]
    checkout.edit("numbers_.py", ">>> two()\n", ">>> two() + 0\n")
    assert "numbers_.two" in checkout.pytest("--impacted").ran
    checkout.edit("other.md", "1 + 1", "2 + 0")
    assert checkout.pytest("--impacted").ran == ["other.md"]
    checkout.write("numbers_.py", (checkout.top / "numbers_.py").read_text() + THREE)
    checkout.write("more.md", ">>> 3\n3\n")
    assert {"numbers_.py", "more.md"} <= set(checkout.selected())
    assert {"numbers_.three", "more.md"} <= set(checkout.pytest("--impacted").ran)


DJANGO = {
    "site_/__init__.py": "",
    "site_/settings.py": (
        "SECRET_KEY = 'x'\nROOT_URLCONF = 'site_.urls'\nINSTALLED_APPS = ['books']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n"
        "TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates',\n"
        "              'APP_DIRS': True}]\n"
        "DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\nPAGE = 10\n"
    ),
    "site_/urls.py": (
        "from django.urls import path\n\nfrom books import views\n\n"
        "urlpatterns = [path('', views.index), path('about', views.about)]\n"
    ),
    "books/__init__.py": "",
    "books/models.py": (
        "from django.db import models\n\n\n"
        "class Book(models.Model):\n"
        "    title = models.CharField(max_length=50)\n\n"
        "    def __str__(self):\n        return self.title\n\n"
        "    def loud(self):\n        return self.title.upper()\n"
    ),
    "books/views.py": (
        "from django.conf import settings\nfrom django.http import HttpResponse\n"
        "from django.shortcuts import render\n\nfrom books.models import Book\n\n\n"
        "def index(request):\n"
        "    books = Book.objects.all()[:settings.PAGE]\n"
        "    return render(request, 'index.html', {'books': books})\n\n\n"
        "def about(request):\n    return HttpResponse('about')\n"
    ),
    "books/templates/index.html": "{% for book in books %}{{ book }}{% endfor %}",
    "books/migrations/__init__.py": "",
    "books/migrations/0001_initial.py": (
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n    initial = True\n"
        "    operations = [migrations.CreateModel('Book', [\n"
        "        ('id', models.AutoField(primary_key=True)),\n"
        "        ('title', models.CharField(max_length=50)),\n    ])]\n"
    ),
    "test_books.py": (
        "import pytest\n\nfrom books.models import Book\n\n\n"
        "@pytest.mark.django_db\ndef test_index(client):\n"
        "    Book.objects.create(title='Emma')\n"
        "    assert client.get('/').content == b'Emma'\n\n\n"
        "def test_about(client):\n    assert client.get('/about').content == b'about'\n\n\n"
        "def test_loud():\n    assert Book(title='a').loud() == 'A'\n\n\n"
        "def test_plain():\n    pass\n"
    ),
    "pyproject.toml": (
        '[tool.pytest.ini_options]\npythonpath = ["."]\n'
        'DJANGO_SETTINGS_MODULE = "site_.settings"\naddopts = ["-p", "django"]\n'
    ),
    ".gitignore": "__pycache__/\n",
}
"""A Django site with a model, a migration, two views and a template."""


@pytest.fixture(scope="module")
def recorded_site(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give the site with a map; to be copied, not used."""
    pytest.importorskip("pytest_django")
    pytest.importorskip("django")
    checkout = make_checkout(tmp_path_factory.mktemp("django") / "site", DJANGO)
    checkout.record()
    return checkout


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("books/views.py", "HttpResponse('about')", "HttpResponse(b'about')", {"test_about"}),
        ("books/models.py", "self.title.upper()", "str(self.title).upper()", {"test_loud"}),
        ("books/models.py", "return self.title\n", "return str(self.title)\n", {"test_index"}),
        ("books/templates/index.html", "{{ book }}", "{{book}}", {"test_index"}),
    ],
    ids=["view", "method", "str", "template"],
)
def test_django(
    recorded_site: Checkout, tmp_path: Path, path: str, before: str, after: str, expected: set[str]
) -> None:
    """What runs in a request selects the tests that make the request."""
    site = recorded_site.copy(tmp_path / "site")
    site.edit(path, before, after)

    assert {one.partition("::")[2] for one in site.selected()} == expected


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("books/models.py", "max_length=50", "max_length=60", {"test_index", "test_loud"}),
        ("site_/settings.py", "PAGE = 10", "PAGE = 20", {"test_index"}),
        ("site_/urls.py", "path('about'", "path('info'", {"test_about"}),
        ("books/migrations/0001_initial.py", "max_length=50", "max_length=60", {"test_index"}),
    ],
    ids=["field", "setting", "url", "migration"],
)
def test_what_django_keeps(
    recorded_site: Checkout, tmp_path: Path, path: str, before: str, after: str, expected: set[str]
) -> None:
    """What the framework reads once and keeps belongs to more than the test that came first."""
    site = recorded_site.copy(tmp_path / "site")
    site.edit(path, before, after)

    assert expected <= {one.partition("::")[2] for one in site.selected()}


def test_django_runs(recorded_site: Checkout, tmp_path: Path) -> None:
    """The selected tests pass with the database as pytest-django sets it up."""
    site = recorded_site.copy(tmp_path / "site")
    site.edit("books/templates/index.html", "{{ book }}", "{{book}}")

    done = site.pytest("--impacted")

    assert (done.status, done.ran) == (0, ["test_index"]), done.out
