"""Ctrl-C, SIGTERM and SIGHUP end a script at any moment, without a traceback and without hanging."""

import os
import re
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

from poetry.base.files import atomic_writes
from poetry.base.signals import KILLING, removed_when_killed


def python(code):
    run = [sys.executable, "-c", code]
    return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", ["check", "evaluate", "export", "generate", "prepare", "serve", "train"])
def test_scripts_are_quiet_from_their_first_import_on(name):
    first = re.search(r"^(?:from|import) .*$", (ROOT / f"{name}.py").read_text(encoding="utf-8"), re.M)
    assert first[0].startswith("import quiet")
    light = re.findall(r"^(?:from|import) (\w+)", (ROOT / "quiet.py").read_text(encoding="utf-8"), re.M)
    assert light == ["_signal", "os", "sys"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), *((each, -each) for each in KILLING)])
def test_an_early_signal_waits_for_the_command(number, code):
    result = python(
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job may ignore it
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "import quiet\n"
        f"import os, click, numpy; os.kill(os.getpid(), {int(number)})\n"
        "from poetry.base.cli import Command\n"
        "click.command(cls=Command)(lambda: print('alive'))()"
    )
    assert (result.returncode, result.stdout) == (code, "") and "Traceback" not in result.stderr


def test_a_c_locale_takes_utf_8():
    run = [sys.executable, "check.py", "--json", "春江水暖柳丝长，两岸人家半夕阳。"]
    env = os.environ | {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    result = subprocess.run(run, cwd=ROOT, env=env, capture_output=True, timeout=120)
    assert (result.returncode, result.stderr) == (0, b"") and "春江水暖柳丝长".encode() in result.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_paddle_catches_and_blocks_no_signal():
    code = "import poetry.learning.model\nprint(open('/proc/self/status').read())"
    masks = dict(re.findall(r"^(Sig\w+):\s*(\w+)$", python(code).stdout, re.M))
    term = 1 << signal.SIGTERM - 1
    assert not int(masks["SigCgt"], 16) & term and not int(masks["SigBlk"], 16)


@pytest.mark.parametrize("script", ["generate", "serve --port 0", "export"])
def test_signals_wait_while_a_script_imports_paddle(script):
    name, *arguments = script.split()
    code = f"""
import builtins, os, signal
import {name}
known = builtins.__import__
def importing(name, *rest, **named):
    if name == "paddle":
        waiting = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        os._exit(42 if {{signal.SIGINT, signal.SIGTERM, signal.SIGHUP}} <= waiting else 1)
    return known(name, *rest, **named)
builtins.__import__ = importing
{name}.{name}({arguments})
"""
    assert python(code).returncode == 42


def test_a_signal_while_paddle_is_imported_ends_the_process():
    code = """
import builtins, os
from poetry.base import runtime
known = builtins.__import__
def importing(name, *rest):
    if name == "paddle" and not importing.sent:
        importing.sent = True
        os.kill(os.getpid(), 15)
    return known(name, *rest)
importing.sent = False
builtins.__import__ = importing
runtime.load_paddle()
print("alive")
"""
    result = python(code)
    assert (result.returncode, result.stdout) == (-signal.SIGTERM, "")


def test_signals_wait_while_paddle_records_an_export(tmp_path):
    code = f"""
import sys, signal, tempfile, pathlib, paddle
from poetry.learning import exported
from poetry.learning.model import choose_sizes, make_model
def save(*_, **__):
    waiting = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    made = pathlib.Path(tempfile.gettempdir())
    print({{signal.SIGINT, signal.SIGTERM, signal.SIGHUP}} <= waiting, len(list(made.iterdir())))
    signal.raise_signal(signal.SIGTERM)
paddle.jit.save = save
class loaded:
    model = make_model(choose_sizes("lstm", 9, {{"embedding_size": 2, "hidden_size": 3, "num_layers": 1}}))
tempfile.tempdir = {str(tmp_path)!r}
try:
    exported.save(pathlib.Path("not made"), loaded)
finally:
    print("alive")
"""
    result = python(code)
    assert (result.returncode, result.stdout) == (-signal.SIGTERM, "True 1\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_killing_signal_leaves_nothing_half_written(tmp_path, number):
    result = python(
        "import os, signal; from poetry.base.files import atomic_writes\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # nohup ignores it
        f"with atomic_writes([{str(tmp_path / 'data')!r}, {str(tmp_path / 'more')!r}]) as files:\n"
        f"    files[0].write(b'half'); os.kill(os.getpid(), {int(number)}); print('alive')"
    )
    assert (result.returncode, result.stdout, result.stderr) == (-number, "", "")
    assert not list(tmp_path.iterdir())


def test_a_signal_between_two_renames_waits(tmp_path, monkeypatch):
    paths, noted = [tmp_path / "a", tmp_path / "b"], []
    replace = os.replace

    def replace_and_signal(old, new):
        replace(old, new)
        signal.raise_signal(signal.SIGTERM)
        noted.append([path.exists() for path in paths])

    before = signal.signal(signal.SIGTERM, lambda *_: noted.append("signal"))
    try:
        monkeypatch.setattr(os, "replace", replace_and_signal)
        with atomic_writes(paths):
            pass
    finally:
        signal.signal(signal.SIGTERM, before)
    assert noted == [[True, False], [True, True], "signal"]


def test_sigterm_is_left_to_those_who_wait_for_it(tmp_path):
    noted = []
    before = signal.signal(signal.SIGTERM, lambda *_: noted.append(1))
    try:
        with removed_when_killed([tmp_path]):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert noted and tmp_path.is_dir()
