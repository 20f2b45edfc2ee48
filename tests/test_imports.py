"""Imports run one way: text -> corpus -> npz -> dataset -> trainer -> checkpoint -> generator, never back."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "poetry"

# The arrows: module -> what it may import of the package. A module that is not in the table may not be there.
LEAVES = {"errors", "tables", "runtime", "safe_pickle", "form", "script", "hashing"}
ALLOWED = dict.fromkeys(LEAVES, set()) | {
    "__init__": {"runtime"},
    "script": {"tables"},
    "vocab": {"errors", "form", "script", "tables"},
    "readings": {"tables"},
    "prosody": {"form", "readings"},
    "scheme": {"form", "prosody", "readings"},
    "plan": {"errors", "form", "prosody", "readings", "scheme", "vocab"},
    "files": {"errors"},
    "cli": {"errors"},
    "npz": {"errors", "files", "safe_pickle"},
    "download": {"errors", "files", "tables"},
    "corpus": {"errors", "form", "script", "vocab"},
    "dataset": {"errors", "form", "npz", "script", "vocab"},
    "model": {"errors"},
    "lines": {"errors", "hashing"},
    "sampling": {"errors", "hashing"},
    "checkpoint": {"errors", "files", "lines", "model", "vocab"},
    "constraints": {"errors", "form", "lines", "readings", "scheme", "vocab"},
    "generator": {"constraints", "errors", "form", "hashing", "lines", "model", "plan", "sampling", "vocab"},
    "metrics": {"form", "hashing", "prosody", "readings"},
    "trainer": {"dataset", "errors", "model"},
    "run": {"checkpoint", "errors", "files", "lines", "model", "trainer", "vocab"},
}
# Everything else does its work without Paddle; runtime imports it late, when asked for the device.
WITH_PADDLE = {"checkpoint", "generator", "model", "run", "runtime", "trainer"}
# What knows Paddle and nothing of poems.
NO_POEMS = {"vocab", "form", "readings", "prosody", "script", "constraints", "generator", "corpus"}
SCRIPTS = {path.stem for path in ROOT.glob("*.py")} | {
    "config",
    "prepare",
    "train",
    "generate",
    "evaluate",
    "check",
}

MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imported(source):
    """Dotted names that a module of the package imports anywhere in its text; ``from a import b`` as a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(filter(None, ["poetry" if node.level else "", node.module]))
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
            "import_module",
            "__import__",
            "files",
        ):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def arrows(source):
    """(modules of the package, top-level names from elsewhere) that ``source`` imports."""
    inside, outside = set(), set()
    for name in imported(source):
        first, *rest = name.split(".")
        if first == "poetry":
            inside.add(rest[0] if rest else "__init__")
        else:
            outside.add(first)
    return inside, outside


ARROWS = {name: arrows((PACKAGE / f"{name}.py").read_text(encoding="utf-8")) for name in MODULES}


def reached(name):
    """Every module of the package that importing ``name`` loads, by its arrows; itself included."""
    found, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += ARROWS[module][0] & set(MODULES)
    return found


@pytest.mark.parametrize(
    ("line", "inside", "outside"),
    [
        ("from poetry import script", {"script"}, set()),
        ("from poetry.form import MARKS, COMMA", {"form"}, set()),
        ("import poetry.vocab as v, os.path", {"vocab"}, {"os"}),
        ("from . import script", {"script"}, set()),
        ("from .form import MARKS", {"form"}, set()),
        ("import poetry", {"__init__"}, set()),
        ("def f():\n    import config", set(), {"config"}),
        ("if TYPE_CHECKING:\n    from poetry.model import State", {"model"}, set()),
        ("from paddle.nn import functional", set(), {"paddle"}),
        ("importlib.import_module('poetry.generator')", {"generator"}, set()),
        ("resources.files('poetry.tables')", {"tables"}, set()),
        ("x = 'import config'  # import config", set(), set()),
    ],
)
def test_every_way_of_importing_is_seen(line, inside, outside):
    assert arrows(line) == (inside, outside)


def test_the_table_has_no_circle():
    order = []
    waiting = dict(ALLOWED)
    while waiting:
        free = [name for name, below in waiting.items() if below.isdisjoint(waiting)]
        assert free, f"a circle among {sorted(waiting)}"
        order += free
        waiting = {name: below for name, below in waiting.items() if name not in free}
    assert set(order) == set(ALLOWED)


@pytest.mark.parametrize("name", MODULES)
def test_arrows_run_the_right_way(name):
    assert name in ALLOWED, "a new module: write its arrows into the table"
    inside, outside = ARROWS[name]
    assert inside <= ALLOWED[name], f"poetry/{name}.py may not import {sorted(inside - ALLOWED[name])}"
    assert not outside & SCRIPTS, f"poetry/{name}.py may not import a script or config"
    if name not in WITH_PADDLE:
        assert "paddle" not in outside


@pytest.mark.parametrize("name", sorted({"model", "sampling", "trainer"}))
def test_what_knows_paddle_knows_no_poems(name):
    assert not ARROWS[name][0] & NO_POEMS


@pytest.mark.parametrize("name", sorted(set(MODULES) - WITH_PADDLE))
def test_no_detour_leads_to_paddle(name):
    heavy = {module for module in reached(name) - {"runtime"} if "paddle" in ARROWS[module][1]}
    assert not heavy


def test_the_packages_own_start_is_light():
    """``import poetry`` comes first: it loads runtime alone, and that the standard library alone."""
    assert reached("__init__") == {"__init__", "runtime"}
    tree = ast.parse((PACKAGE / "runtime.py").read_text(encoding="utf-8"))
    on_import = {
        name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in arrows(ast.unparse(node))[1]
    }
    assert on_import <= set(sys.stdlib_module_names)


def test_the_leaves_are_loaded_without_paddle():
    light = sorted(
        set(MODULES)
        & {"vocab", "form", "readings", "prosody", "script", "corpus", "npz", "dataset", "cli", "download"}
    )
    names = ", ".join(f"poetry.{name}" for name in light)
    code = f"import {names}, prepare, sys; print('paddle' in sys.modules)"
    run = [sys.executable, "-c", code]
    result = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
