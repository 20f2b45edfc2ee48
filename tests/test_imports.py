"""Imports run one way: base <- verse, text <- learning <- composing, and no module is in a circle."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "poetry"

# The arrows: wing -> wings below it that it may import. A wing that is not in the table may not be there.
WINGS = {
    "base": set(),
    "verse": {"base"},
    "text": {"base"},
    "learning": {"base", "text"},
    "composing": {"base", "verse", "text", "learning"},
    "web": {"base", "verse", "text", "composing"},
}
# Where a module may reach into one wing more, and why.
MORE = {
    "__init__": {"base", "composing"},
    "text.cleaning": {"verse"},
    "text.corpus": {"verse"},
    "text.headings": {"verse"},
    "text.nearest": {"verse"},
    "text.poem_data": {"verse"},
    "text.poem_vocabulary": {"verse"},
}
SCRIPTS = {path.stem for path in ROOT.glob("*.py")} | {"config", "prepare", "train", "generate"}


def module_name(path):
    """The dotted name of a module within the package: "text.npz"; "__init__" of the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


SOURCES = {module_name(path): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


def imported(source):
    """Dotted names that a module of the package imports anywhere in its text; ``from a import b`` as a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the wing: from poetry.text import script"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
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
        if first != "poetry":
            outside.add(first)
        else:
            while rest and ".".join(rest) not in SOURCES:
                rest.pop()
            inside.add(".".join(rest) or "__init__")
    return inside, outside


ARROWS = {name: arrows(source) for name, source in SOURCES.items()}


def wing(name):
    """The wing of a module."""
    return name.partition(".")[0]


# Everything else does its work without Paddle; runtime imports it late, when asked for the device.
WITH_PADDLE = {name for name in SOURCES if wing(name) == "learning"} | {
    "__init__",
    "base.runtime",
    "composing.request",
    "composing.composed",
    "composing.composer",
    "composing.decoding",
    "composing.generator",
    "composing.known",
    "composing.poem_figures",
    "composing.ranking",
    "composing.reader",
    "composing.subject",
    "composing.text_figures",
    "composing.why",
    "composing.scheduler",
    "composing.writer",
    "web.cluster",
    "web.engine",
}


def on_import(name):
    """As ``arrows``, of what is imported at once: neither in functions nor for type checkers."""
    nodes = ast.parse(SOURCES[name]).body
    return arrows(
        "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    )


def reached(name):
    """Every module of the package that importing ``name`` loads, by its arrows; itself included."""
    found, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += ARROWS[module][0]
    return found


@pytest.mark.parametrize(
    ("line", "inside", "outside"),
    [
        ("from poetry.text import script", {"text.script"}, set()),
        ("from poetry.verse.form import MARKS, COMMA", {"verse.form"}, set()),
        ("import poetry.text.vocabulary as v, os.path", {"text.vocabulary"}, {"os"}),
        ("import poetry", {"__init__"}, set()),
        ("def f():\n    import config", set(), {"config"}),
        ("if TYPE_CHECKING:\n    from poetry.learning.model import State", {"learning.model"}, set()),
        ("from paddle.nn import functional", set(), {"paddle"}),
        ("importlib.import_module('poetry.composing.generator')", {"composing.generator"}, set()),
        ("resources.files('poetry.verse.tables')", {"verse.tables"}, set()),
        ("x = 'import config'  # import config", set(), set()),
    ],
)
def test_every_way_of_importing_is_seen(line, inside, outside):
    assert arrows(line) == (inside, outside)


def test_the_wings_have_no_circle():
    above = []
    waiting = dict(WINGS)
    while waiting:
        free = [name for name, below in waiting.items() if below.isdisjoint(waiting)]
        assert free, f"a circle among {sorted(waiting)}"
        above += free
        waiting = {name: below for name, below in waiting.items() if name not in free}
    assert set(above) == set(WINGS)


def test_no_module_is_in_a_circle():
    waiting = {name: inside - {name} for name, (inside, _) in ARROWS.items()}
    while waiting:
        free = [name for name, below in waiting.items() if below.isdisjoint(waiting)]
        assert free, f"a circle among {sorted(waiting)}"
        waiting = {name: below for name, below in waiting.items() if name not in free}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_arrows_run_the_right_way(name):
    inside, outside = ARROWS[name]
    allowed = WINGS.get(wing(name), set()) | {wing(name)} | MORE.get(name, set())
    wrong = {module for module in inside if wing(module) not in allowed}
    assert name == "__init__" or wing(name) in WINGS, "a new wing: write its arrows into the table"
    assert not wrong, f"{name} may not import {sorted(wrong)}"
    assert not outside & SCRIPTS, f"{name} may not import a script or config"
    if wing(name) != "learning" and name != "base.runtime":
        assert "paddle" not in outside, "from poetry.learning import paddle: see runtime.load_paddle"


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_benchmarks_measure_the_package_not_the_scripts(path):
    _, outside = arrows(path.read_text(encoding="utf-8"))
    assert not outside & (SCRIPTS - {"config"})


def test_every_exception_is_used():
    unused = {
        name: more for name, more in MORE.items() if not more <= {wing(module) for module in ARROWS[name][0]}
    }
    assert not unused


@pytest.mark.parametrize(
    "name", [*(name for name in SOURCES if wing(name) == "learning"), "composing.sampling"]
)
def test_what_computes_knows_no_poems(name):
    assert not {wing(module) for module in ARROWS[name][0]} & {"verse"}


@pytest.mark.parametrize("name", sorted(set(SOURCES) - WITH_PADDLE))
def test_no_detour_leads_to_paddle(name):
    heavy = {module for module in reached(name) - {"base.runtime"} if "paddle" in ARROWS[module][1]}
    assert not heavy


def test_the_packages_own_start_is_light():
    """``import poetry`` comes first: it loads runtime alone, and that the standard library alone."""
    assert on_import("__init__")[0] == {"base.runtime"}
    inside, outside = on_import("base.runtime")
    assert not inside and outside <= set(sys.stdlib_module_names)


def test_ray_which_few_need_is_imported_in_one_place():
    assert {name for name in SOURCES if "ray" in ARROWS[name][1]} == {"web.cluster"}


def test_the_package_offers_what_it_names_when_it_is_asked_for():
    code = (
        "import poetry, sys; loaded = 'poetry.verse' in sys.modules; poetry.check('春眠不觉晓'); "
        "light = 'paddle' in sys.modules; poetry.Composer; print(loaded, light, 'paddle' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False", "True"]


def test_what_needs_no_paddle_is_loaded_without_it():
    light = sorted(f"poetry.{name}" for name in set(SOURCES) - WITH_PADDLE - {"__init__"})
    code = f"import {', '.join(light)}, prepare, sys; print('paddle' in sys.modules)"
    run = [sys.executable, "-c", code]
    result = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
