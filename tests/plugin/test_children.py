"""Processes that tests start: what they ran counts for whoever started them, and no more."""

import sys
from pathlib import Path

import pytest
from tests.checkout import Checkout, make_checkout

HELPERS = """
    import os
    import signal
    import subprocess
    import sys
    import time

    def python(*words, **named):
        return subprocess.run([sys.executable, *words], check=True, timeout=60, **named)
"""

TOOL = {
    "tool/__init__.py": "",
    "tool/core.py": """
        def used():
            return 1


        def spare():
            return 2


        def worker(queue=None):
            if queue is not None:
                queue.put(used())
            return used()
    """,
    "tool/__main__.py": """
        from tool.core import used

        print(used())
    """,
    "tool/cli.py": """
        from tool.core import used


        def main():
            print(used())
    """,
    "tool/serve.py": """
        import sys
        from http.server import BaseHTTPRequestHandler, HTTPServer


        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                from tool.core import used

                self.send_response(200 + used() - 1)
                self.end_headers()

            def log_message(self, *parts):
                pass


        server = HTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
    """,
    "script.py": """
        from tool.core import used

        print(used())
    """,
    "grandparent.py": """
        import subprocess
        import sys

        subprocess.run([sys.executable, "script.py"], check=True, env={})
    """,
    "waits.py": """
        import time

        from tool.core import used

        print(used(), flush=True)
        time.sleep(100)
    """,
    "daemon.py": """
        import os
        import sys

        from tool.core import used

        if not os.fork():
            os.setsid()
            os.closerange(0, 1000)
            for _ in range(10):
                os.open(os.devnull, os.O_RDWR)
            if not os.fork():
                used()
                open(sys.argv[1], "w").close()
            os._exit(0)
        os.wait()
    """,
    "threads.py": """
        import threading

        from tool.core import used

        thread = threading.Thread(target=used)
        thread.start()
        thread.join()
    """,
    "handles.py": """
        import signal
        import sys
        import time

        from tool.core import used


        def stop(number, frame):
            print(used(), flush=True)
            sys.exit()


        signal.signal(signal.SIGTERM, stop)
        print("ready", flush=True)
        time.sleep(100)
    """,
    "inner/test_inner.py": """
        from tool.core import used


        def test_used():
            assert used() == 1
    """,
    "tests/helpers.py": HELPERS,
    "tests/test_none.py": """
        def test_none():
            pass
    """,
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = [".", "tests"]\ntestpaths = ["tests"]\n',
    ".gitignore": "__pycache__/\n",
}

# What a test does, by the name of the test.
WAYS = {
    "script": "python('script.py')",
    "module": "python('-m', 'tool')",
    "code": "python('-c', 'import tool.core; tool.core.used()')",
    "no_variables": "python('script.py', env={})",
    "shell": "assert os.system(f'{sys.executable} script.py') == 0",
    "with_shell": "subprocess.run(f'{sys.executable} script.py', shell=True, check=True)",
    "spawned": """
        pid = os.posix_spawn(sys.executable, [sys.executable, 'script.py'], {})
        os.waitpid(pid, 0)
    """,
    "input": "python('-', input=b'import tool.core; tool.core.used()')",
    "grandchild": "python('grandparent.py')",
    "preexec": "python('script.py', preexec_fn=os.getpid)",
    "forked": """
        from tool.core import used
        pid = os.fork()
        if not pid:
            used()
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
    """,
    "forked_and_replaced": """
        pid = os.fork()
        if not pid:
            os.execv(sys.executable, [sys.executable, 'script.py'])
        os.waitpid(pid, 0)
    """,
    "terminated": """
        child = subprocess.Popen([sys.executable, 'waits.py'], stdout=subprocess.PIPE)
        assert child.stdout.readline() .strip() == b'1'
        child.terminate()
        child.communicate()
    """,
    "killed": """
        child = subprocess.Popen([sys.executable, 'waits.py'], stdout=subprocess.PIPE)
        assert child.stdout.readline() .strip() == b'1'
        child.kill()
        child.communicate()
    """,
    "left_running": """
        quiet = {'stdout': subprocess.PIPE, 'stderr': subprocess.DEVNULL}
        child = subprocess.Popen([sys.executable, 'waits.py'], **quiet)
        assert child.stdout.readline() .strip() == b'1'
    """,
    "left_at_once": "python('-c', 'import os, tool.core; tool.core.used(); os._exit(0)')",
    "aborted": """
        code = 'import os, tool.core; tool.core.used(); os.abort()'
        assert subprocess.run([sys.executable, '-c', code]).returncode == -signal.SIGABRT
    """,
    "daemon": """
        done = tmp_path / 'done'
        python('daemon.py', str(done))
        while not done.exists():
            time.sleep(0.01)
    """,
    "in_a_thread": """
        import threading
        thread = threading.Thread(target=python, args=('script.py',))
        thread.start()
        thread.join()
    """,
    "its_threads": "python('threads.py')",
    "its_handler": """
        child = subprocess.Popen([sys.executable, 'handles.py'], stdout=subprocess.PIPE)
        assert child.stdout.readline()
        time.sleep(0.2)  # a signal that meets a watcher at work makes it give up
        child.terminate()
        assert child.communicate()[0].strip() == b'1'
    """,
    "its_tests": "python('-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'inner', env={})",
    "its_recording": """
        import shutil
        inner = shutil.copytree('inner', tmp_path / 'inner')
        (inner / '.git/objects').mkdir(parents=True)
        (inner / '.git/refs').mkdir()
        (inner / '.git/HEAD').write_text('ref: refs/heads/main')
        path = os.pathsep.join([os.getcwd(), os.environ.get('PYTHONPATH', '')])
        variables = {**os.environ, 'PYTHONPATH': path}
        python('-m', 'pytest', '-q', '--impact-record', cwd=inner, env=variables)
        assert (inner / '.impact/map.sqlite').is_file()
    """,
    "asynchronous": """
        import asyncio

        async def run():
            child = await asyncio.create_subprocess_exec(sys.executable, 'script.py')
            await child.wait()

        asyncio.run(run())
    """,
}
for method in ("spawn", "fork", "forkserver"):
    WAYS[f"process_{method}"] = f"""
        import multiprocessing
        from tool.core import worker
        context = multiprocessing.get_context({method!r})
        queue = context.Queue()
        process = context.Process(target=worker, args=(queue,))
        process.start()
        assert queue.get(timeout=60) == 1
        process.join()
    """
    WAYS[f"terminated_{method}"] = f"""
        import multiprocessing
        import time
        from waiting import wait
        context = multiprocessing.get_context({method!r})
        here, there = context.Pipe()
        process = context.Process(target=wait, args=(there,))
        process.start()
        assert here.recv() == 1
        process.terminate()
        process.join()
    """
    WAYS[f"pool_{method}"] = f"""
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        from tool.core import worker
        context = multiprocessing.get_context({method!r})
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            assert pool.submit(worker).result(timeout=60) == 1
    """
WAITING = """
    import time


    def wait(pipe):
        from tool.core import used
        pipe.send(used())
        time.sleep(100)
"""


def written(text: str, indent: int = 4) -> str:
    """Cut the common indentation off, and put another one there."""
    from textwrap import dedent
    from textwrap import indent as shifted

    return shifted(dedent(text).strip("\n") + "\n", " " * indent)


def project() -> dict[str, str]:
    """Give a repository with a file of one test for each way."""
    files = {path: written(text, 0).lstrip("\n") for path, text in TOOL.items()}
    files["tests/waiting.py"] = written(WAITING, 0)
    for name, body in WAYS.items():
        files[f"tests/test_{name}.py"] = (
            "from helpers import *\n\n\n" + f"def test_{name}(tmp_path):\n" + written(body)
        )
    return files


COLLECTORS = ["monitoring", "coverage", "calls"]
if sys.version_info < (3, 12):
    COLLECTORS.remove("monitoring")


@pytest.fixture(scope="module", params=COLLECTORS)
def recorded(
    request: pytest.FixtureRequest,
    own_settings: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Checkout:
    """Give the tool with a map of all ways; to be copied, not used."""
    checkout = make_checkout(tmp_path_factory.mktemp("ways") / "tool", project())
    checkout.record(f"--impact-collector={request.param}", "-W", "ignore::DeprecationWarning")
    return checkout


def names(selected: object) -> set[str]:
    """Cut arguments for pytest down to the names of tests."""
    assert isinstance(selected, list)
    return {one.rpartition("::test_")[2] or one for one in selected}


def test_what_a_process_ran_selects_its_test(recorded: Checkout, tmp_path: Path) -> None:
    """All tests whose processes ran a function are selected when it changes."""
    checkout = recorded.copy(tmp_path / "tool")
    checkout.edit("tool/core.py", "return 1", "return 2 - 1")

    assert names(checkout.selected()) == set(WAYS)


def test_what_no_process_ran_selects_nothing(recorded: Checkout, tmp_path: Path) -> None:
    """A function beside the one that they ran concerns none of them."""
    checkout = recorded.copy(tmp_path / "tool")
    checkout.edit("tool/core.py", "return 2\n", "return 3\n")

    assert checkout.selected() == ["--impact-none"]


def test_no_test_is_opaque(recorded: Checkout, tmp_path: Path) -> None:
    """A file that nobody looks at concerns none of them."""
    checkout = recorded.copy(tmp_path / "tool")
    checkout.write("README.md", "text")

    assert checkout.selected() == ["--impact-none"]
    assert "not recorded" not in checkout.impact("status").out


def test_a_script(recorded: Checkout, tmp_path: Path) -> None:
    """The statements of a script concern those that ran it, comments nobody."""
    checkout = recorded.copy(tmp_path / "tool")
    checkout.edit("waits.py", "time.sleep(100)", "time.sleep(99)")
    statement = names(checkout.selected())
    checkout.edit("waits.py", "time.sleep(99)", "time.sleep(100)  # long")

    assert statement == {"terminated", "killed", "left_running"}
    assert checkout.selected() == ["--impact-none"]
