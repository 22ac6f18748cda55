"""The sample project as a git repository: how it is made, and the edits that the demo makes."""

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

from impact_select.errors import GitFailed, GitMissing, ImpactError

SHOP: Final = Path(__file__).parent / "shop"
"""The sample project. It is data: it gets copied, and nothing imports it from here."""


@dataclass(eq=False)
class DemoFolderNotEmpty(ImpactError):
    """The demo would mix its files with somebody's own."""

    slug: ClassVar[str] = "demo-folder"
    folder: Path

    def message(self) -> str:
        """Advise to name another folder."""
        return (
            f"{self.folder} exists and is not an empty folder; "
            "name one for the demo that is empty or new"
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of the shop's history.

    Attributes:
        subject: The commit's message.
        adds: How the paths of the files start that come with it.
            What no step names comes with the first one.
        words: Until this step, lines with one of these are missing from the shared files.
    """

    subject: str
    adds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that the demo makes; `old` occurs in the file exactly once.

    Attributes:
        name: What kind of thing changes, in one word.
        story: Why somebody would do that, in one sentence; the subject of its commit.
        path: Relative to the shop's folder.
        old: Whole lines, or a part of one.
        new: What stands there afterwards; every test of the shop still passes.
    """

    name: str
    story: str
    path: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Write the new text into a copy of the shop."""
        file = folder / self.path
        text = file.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path} of the sample project has changed under {self.name!r}")
        file.write_text(text.replace(self.old, self.new), encoding="utf-8", newline="\n")


STEPS: Final = (
    Step("Begin a shop: application, tables and seed data"),
    Step(
        "Show the catalogue and let customers sign in",
        adds=(
            "shop/accounts/",
            "shop/catalogue/",
            "shop/templates/accounts/",
            "shop/templates/catalogue/",
            "shop/templates/macros.html",
            "tests/test_accounts.py",
            "tests/test_catalogue.py",
        ),
        words=("accounts", "catalogue"),
    ),
    Step(
        "Sell things: cart, prices, payment and letters",
        adds=(
            "shop/basket.py",
            "shop/cart/",
            "shop/mail.py",
            "shop/orders/",
            "shop/payment.py",
            "shop/pricing.py",
            "shop/rates.py",
            "shop/shipping.py",
            "shop/templates/cart/",
            "shop/templates/mail/",
            "shop/templates/orders/",
            "shop/zones.json",
            "tests/test_cart.py",
            "tests/test_orders.py",
            "tests/test_pricing.py",
            "tests/test_shipping.py",
        ),
        words=("cart", "orders", "outbox"),
    ),
    Step(
        "Report sales, stock and customers",
        adds=(
            "shop/migrations/0005_report_indexes.sql",
            "shop/reports/",
            "shop/templates/reports/",
            "tests/test_reports.py",
        ),
        words=("reports",),
    ),
)

EDITS: Final = (
    Edit(
        name="function",
        story="Round a bulk discount to the nearest penny instead of down.",
        path="shop/pricing.py",
        old="            pence += line.total * tier(line.quantity, rates.BULK_TIERS) // 100",
        new="            pence += round(line.total * tier(line.quantity, rates.BULK_TIERS) / 100)",
    ),
    Edit(
        name="constant",
        story="Pay the courier's new price.",
        path="shop/rates.py",
        old="EXPRESS_SURCHARGE = 6_00",
        new="EXPRESS_SURCHARGE = 6_50",
    ),
    Edit(
        name="template",
        story="Tell customers when their order is packed.",
        path="shop/templates/mail/order_confirmation.txt",
        old="thank you for your order {{ order.number }}.",
        new="thank you for your order {{ order.number }}. We pack it today.",
    ),
    Edit(
        name="comment",
        story="Say more clearly why the cart is kept.",
        path="shop/orders/views.py",
        old="# Nothing was taken; the cart stays as it is for the next try.",
        new="# No money was taken, so the cart is kept for another try.",
    ),
)

_SHARED: Final = (
    "shop/app.py",
    "shop/templates/base.html",
    "shop/templates/catalogue/product.html",
    "shop/templates/not_found.html",
)
"""Files that grow with every step, by whole lines."""

_LEFT_OVERS: Final = frozenset(
    {"__pycache__", ".impact", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)

_FIRST_DAY: Final = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
"""Chosen; fixed, so that the history has the same commit ids everywhere."""

_KEPT: Final = ("GIT_EXEC_PATH", "GIT_PYTHON_")
"""They say where git is, not what to do."""

_PLAIN_GIT: Final = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", f"core.excludesFile={os.devnull}"),
    *("-c", f"core.attributesFile={os.devnull}"),
    *("-c", "core.autocrlf=false"),
    *("-c", "commit.gpgSign=false"),
)
"""Nothing of the user's own set-up; git reads ignore and attribute files even without a config."""


def create_shop(folder: Path) -> None:
    """Copy the shop to a new folder and make its history; the work tree is clean afterwards.

    Raises:
        DemoFolderNotEmpty: There is something already; nothing is touched.
        GitMissing: No git command; the folder may have been made.
        GitFailed: Git could not do it.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise DemoFolderNotEmpty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, 0, "init", "--quiet", "--initial-branch=main", "--template=")
    shop = _shop_files()
    for number, step in enumerate(STEPS):
        for path, text in _files_after(number, shop).items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        _git(folder, number, "add", "--all")
        commit(folder, step.subject, number)


def commit(folder: Path, subject: str, day: int) -> None:
    """Commit what has changed in known files, so many days after the shop's first commit."""
    _git(folder, day, "commit", "--quiet", "--all", "--message", subject)


def project_environment() -> dict[str, str]:
    """Give the environment without what steers git or pytest elsewhere.

    A git hook sets GIT_DIR, which would send git to the repository of the hook; PYTEST_ADDOPTS
    and the variables of pytest-xdist's workers are meant for the tests of somebody else.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_KEPT) or not name.startswith(("GIT_", "PYTEST_"))
    }


def _shop_files() -> dict[str, str]:
    # Installing compiles the data too, and somebody may have run the tests in place.
    return {
        file.relative_to(SHOP).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(SHOP.rglob("*"))
        if file.is_file() and not _is_left_over(file.relative_to(SHOP))
    }


def _is_left_over(path: Path) -> bool:
    return path.suffix == ".sqlite" or not _LEFT_OVERS.isdisjoint(path.parts)


def _files_after(number: int, shop: dict[str, str]) -> dict[str, str]:
    later = STEPS[number + 1 :]
    missing = tuple(start for step in later for start in step.adds)
    words = tuple(word for step in later for word in step.words)
    return {
        path: _without(words, text) if path in _SHARED else text
        for path, text in shop.items()
        if not path.startswith(missing)
    }


def _without(words: tuple[str, ...], text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not any(word in line.lower() for word in words))


def _git(folder: Path, day: int, *arguments: str) -> None:
    when = (_FIRST_DAY + timedelta(days=day)).isoformat()
    identity = {
        "GIT_AUTHOR_NAME": "Corner Shop",
        "GIT_AUTHOR_EMAIL": "keeper@shop.example",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_NAME": "Corner Shop",
        "GIT_COMMITTER_EMAIL": "keeper@shop.example",
        "GIT_COMMITTER_DATE": when,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    try:
        done = subprocess.run(
            [os.environ.get("GIT_PYTHON_GIT_EXECUTABLE", "git"), *_PLAIN_GIT, *arguments],
            cwd=folder,
            env=project_environment() | identity,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise GitMissing from error
    if done.returncode:
        raise GitFailed(f"git {arguments[0]}", done.stderr.strip())
