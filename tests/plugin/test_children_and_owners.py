"""Processes that live longer than a test, that others share, or that cannot be recorded."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.checkout import Checkout, make_checkout

SERVER = {
    "web/__init__.py": "",
    "web/pages.py": (
        "def home():\n    return 200\n\n\n"
        "def other():\n    return 404\n\n\n"
        "def spare():\n    return 500\n"
    ),
    "web/serve.py": (
        "import sys\n"
        "from http.server import BaseHTTPRequestHandler, HTTPServer\n\n"
        "from web import pages\n\n\n"
        "class Handler(BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        page = getattr(pages, self.path.strip('/'))\n"
        "        self.send_response(page())\n"
        "        self.end_headers()\n\n"
        "    def log_message(self, *parts):\n"
        "        pass\n\n\n"
        "def main(pipe=None):\n"
        "    server = HTTPServer(('127.0.0.1', 0), Handler)\n"
        "    if pipe is not None:\n"
        "        pipe.send(server.server_port)\n"
        "    print(server.server_port, flush=True)\n"
        "    server.serve_forever()\n\n\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    ),
    "tests/test_web.py": (
        "from urllib.error import HTTPError\n"
        "from urllib.request import urlopen\n\n\n"
        "def status(url):\n"
        "    try:\n"
        "        return urlopen(url).status\n"
        "    except HTTPError as error:\n"
        "        return error.code\n\n\n"
        "def test_home(server):\n    assert status(f'{server}/home') == 200\n\n\n"
        "def test_other(server):\n    assert status(f'{server}/other') == 404\n\n\n"
        "def test_none():\n    pass\n"
    ),
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    ".gitignore": "__pycache__/\n",
}
POPEN = (
    "import subprocess\nimport sys\n\nimport pytest\n\n\n"
    "@pytest.fixture(scope='session')\n"
    "def server():\n"
    "    child = subprocess.Popen(\n"
    "        [sys.executable, '-m', 'web.serve'], stdout=subprocess.PIPE, text=True\n"
    "    )\n"
    "    yield f'http://127.0.0.1:{child.stdout.readline().strip()}'\n"
    "    child.HOW()\n"
    "    child.communicate()\n"
)
PROCESS = (
    "import multiprocessing\n\nimport pytest\n\nfrom web.serve import main\n\n\n"
    "@pytest.fixture(scope='session')\n"
    "def server():\n"
    "    context = multiprocessing.get_context('METHOD')\n"
    "    here, there = context.Pipe()\n"
    "    child = context.Process(target=main, args=(there,))\n"
    "    child.start()\n"
    "    yield f'http://127.0.0.1:{here.recv()}'\n"
    "    child.HOW()\n"
    "    child.join()\n"
)
HOME, OTHER, NONE = (f"tests/test_web.py::test_{name}" for name in ("home", "other", "none"))

pytestmark = pytest.mark.usefixtures("own_settings")


def make(top: Path, files: Mapping[str, str], *arguments: str) -> Checkout:
    """Give a repository with a map of its tests."""
    checkout = make_checkout(top / "project", dict(files))
    checkout.record("-W", "ignore::DeprecationWarning", *arguments)
    return checkout


@pytest.mark.parametrize(
    "fixture",
    [
        POPEN.replace("HOW", "terminate"),
        POPEN.replace("HOW", "kill"),
        PROCESS.replace("METHOD", "spawn").replace("HOW", "terminate"),
        PROCESS.replace("METHOD", "fork").replace("HOW", "kill"),
        PROCESS.replace("METHOD", "forkserver").replace("HOW", "terminate"),
    ],
    ids=["terminated", "killed", "spawn", "fork", "forkserver"],
)
@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_a_server_of_a_session_fixture(
    tmp_path: Path, fixture: str, workers: tuple[str, ...]
) -> None:
    """What a server ran concerns all who use the fixture that started it, and nobody else."""
    if workers:
        pytest.importorskip("xdist")
    checkout = make(tmp_path, {**SERVER, "tests/conftest.py": fixture}, *workers)

    checkout.edit("web/pages.py", "return 500", "return 501")
    assert checkout.selected() == ["--impact-none"]
    checkout.edit("web/pages.py", "return 200", "return 100 + 100")
    assert set(checkout.selected()) == {HOME, OTHER}


UNSEEN = {
    "without_site": "subprocess.run([sys.executable, '-S', 'script.py'], check=True)",
    "by_a_shell": "subprocess.run(f'{sys.executable} script.py; true', shell=True, check=True)",
    "by_git": "subprocess.run(['git', '--version'], check=True)",
}


@pytest.mark.parametrize("name", UNSEEN)
def test_a_process_that_is_not_recorded(tmp_path: Path, name: str) -> None:
    """Who starts one that the hook does not get into is selected by any change."""
    text = f"import subprocess\nimport sys\n\n\ndef test_it():\n    {UNSEEN[name]}\n"
    files = {
        "script.py": "print(1)\n",
        "test_it.py": text,
        "test_none.py": "def test_none():\n    pass\n",
    }
    checkout = make(tmp_path, files)
    checkout.write("README.md", "text")

    assert checkout.selected() == ["test_it.py::test_it"]


CHILD = (
    "import os\n"
    "import sys\n"
    "from pathlib import Path\n\n"
    "try:\n    import extra\nexcept ImportError:\n    extra = None\n\n"
    "print(sorted(name for name in os.environ if 'IMPACT' in name or 'PYTHON' in name))\n"
    "print([name for name in sys.path if 'impact' in name])\n"
    "print(sys.argv, len(os.listdir('/proc/self/fd')) if len(sys.argv) > 1 else '')\n"
    "Path('data.txt').read_text()\n"
    "sorted(Path('folder').iterdir())\n"
    "Path('absent.txt').exists()\n"
)
LOOKS = {
    "child.py": CHILD,
    "data.txt": "one\n",
    "folder/one.txt": "",
    "test_child.py": (
        "import subprocess\nimport sys\n\n\n"
        "def test_child():\n"
        "    done = subprocess.run([sys.executable, 'child.py'], env={}, check=True,\n"
        "        capture_output=True, text=True)\n"
        "    assert done.stdout == \"[]\\n[]\\n['child.py'] \\n\"\n"
        "    assert not done.stderr\n\n\n"
        "def test_none():\n    pass\n"
    ),
    ".gitignore": "__pycache__/\n",
}


def test_what_a_process_looks_at(tmp_path: Path) -> None:
    """Files, folders, and what is not there count as in the test itself; no trace is left."""
    checkout = make(tmp_path, LOOKS)
    child = ["test_child.py::test_child"]

    for path in ("data.txt", "folder/two.txt", "absent.txt", "extra.py"):
        before = (checkout.top / path).exists()
        checkout.write(path, "changed")
        assert checkout.selected() == child, path
        if before:
            checkout.git("checkout", "--quiet", path)
        else:
            (checkout.top / path).unlink()
    checkout.write("unread.txt", "text")
    assert checkout.selected() == ["--impact-none"]


def test_an_installed_command(tmp_path: Path) -> None:
    """A script that names its Python in its first line is recorded, and its text counts."""
    command = f"#!{sys.executable}\nfrom tool import used\n\nprint(used())\n"
    test = (
        "import os\nimport subprocess\n\n\n"
        "def test_command():\n"
        "    path = os.path.abspath('bin')\n"
        "    done = subprocess.run(['tool'], env={'PATH': path}, capture_output=True, check=True)\n"
        "    assert done.stdout == b'1\\n'\n\n\n"
        "def test_none():\n    pass\n"
    )
    files = {
        "bin/tool": command,
        "bin/tool.py": "def used():\n    return 1\n\n\ndef spare():\n    return 2\n",
        "test_command.py": test,
        ".gitignore": "__pycache__/\n",
    }
    checkout = make_checkout(tmp_path / "project", files)
    (checkout.top / "bin/tool").chmod(0o755)
    checkout.commit()
    checkout.record()

    checkout.edit("bin/tool.py", "return 2", "return 3")
    assert checkout.selected() == ["--impact-none"]
    checkout.edit("bin/tool.py", "return 1", "return 2 - 1")
    assert checkout.selected() == ["test_command.py::test_command"]
    checkout.git("checkout", "--quiet", ".")
    checkout.edit("bin/tool", "print(used())", "print(used(), end='')")
    assert checkout.selected() == ["test_command.py::test_command"]


def test_a_module_of_another_name_in_another_process(tmp_path: Path) -> None:
    """Two processes may have two files by one name."""
    run = "    subprocess.run([sys.executable, 'run.py'], cwd='{}', check=True)\n"
    files = {
        **{
            f"{name}/{file}.py": text
            for name in ("one", "two")
            for file, text in {
                "run": "import helper\n\nhelper.work()\n",
                "helper": f"LIMIT = 1\n\n\ndef work():\n    return LIMIT, '{name}'\n",
            }.items()
        },
        "test_one.py": "import subprocess\nimport sys\n\n\ndef test_one():\n" + run.format("one"),
        "test_two.py": "import subprocess\nimport sys\n\n\ndef test_two():\n" + run.format("two"),
        ".gitignore": "__pycache__/\n",
    }
    checkout = make(tmp_path, files)

    checkout.edit("one/helper.py", "LIMIT = 1", "LIMIT = 2")
    assert checkout.selected() == ["test_one.py::test_one"]
