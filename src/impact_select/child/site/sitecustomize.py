"""Found on PYTHONPATH where installation put no hook; steps aside for the program's own.

Any version of Python may meet this, so it is written for all of them.
"""

import os
import sys


def _step_aside(here):
    # type: (str) -> None
    sys.path[:] = [name for name in sys.path if os.path.abspath(name) != here]
    names = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if os.path.abspath(names[0]) == here:
        if names[1:]:
            os.environ["PYTHONPATH"] = os.pathsep.join(names[1:])
        else:
            del os.environ["PYTHONPATH"]


def _begin(here):
    # type: (str) -> None
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    sys.path.insert(0, root)
    try:
        from impact_select.child.start import begin
    except Exception:
        return
    finally:
        sys.path.remove(root)
    begin()


def _chain():
    # type: () -> None
    own = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except ImportError:
        if getattr(sys.exc_info()[1], "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", own)


_here = os.path.dirname(os.path.abspath(__file__))
_step_aside(_here)
if sys.version_info >= (3, 11):
    _begin(_here)
else:
    os.environ.pop("IMPACT_CHILD", None)
_chain()
