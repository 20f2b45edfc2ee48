"""The options are stated once, used, and documented as they are."""

import re

import click
import pytest
from conftest import ROOT, one_line_error, run

import config
from train import OF_CHOICES

DOCS = (ROOT / "docs").glob("*.md")
SCRIPTS = ("prepare", "train", "generate", "evaluate", "check", "serve", "export")


def command(name):
    return getattr(__import__(name), name)


def test_the_page_of_options_is_what_the_scripts_tell():
    from tools.make_options import page

    text = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    assert text == page(), "make it anew with: python tools/make_options.py"
    assert all(f"`--{name}`" in text for name in config.OPTIONS)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", *sorted(f"docs/{p.name}" for p in DOCS)])
def test_every_command_of_the_documents_is_understood(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    seen = 0
    for line in re.findall(r"^[^#\n`]*?\bpython\S* .*$", text, flags=re.M):
        for name, arguments in re.findall(r"(\w+)\.py((?: (?:--?[\w-]+|[^\s&|#`-]\S*))*)", line):
            if name in SCRIPTS:
                options = re.findall(r"--(?:no-)?(\w+)", arguments)
                known = {parameter.name for parameter in command(name).params}
                assert set(options) <= known, line
                seen += 1
    assert seen > 7 or not page.startswith("README")


def test_both_readmes_have_the_same_commands():
    blocks = []
    for readme in ("README.md", "README.zh-CN.md"):
        text = (ROOT / readme).read_text(encoding="utf-8")
        lines = "\n".join(re.findall(r"```bash\n(.*?)```", text, flags=re.S)).splitlines()
        blocks.append([line.split("  #")[0].strip() for line in lines if not line.startswith("#")])
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_trial_of_training_is_the_one_that_train_names(readme):
    assert f"train.py {config.TRIAL}\n" in (ROOT / readme).read_text(encoding="utf-8")


def test_the_gpu_needs_what_the_cpu_needs():
    cpu, gpu = (
        set((ROOT / name).read_text().splitlines()) for name in ("requirements.txt", "requirements-gpu.txt")
    )
    assert {line for line in cpu ^ gpu if "paddle" not in line} == set()


def test_every_option_belongs_to_a_script():
    used = {
        parameter.name
        for name in SCRIPTS
        for parameter in command(name).params
        if isinstance(parameter, click.Option)
    }
    assert used == set(config.OPTIONS)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--plot_every", 2**31), "2147483648 is too large"),
        (("--epoch", 100_001), "100001 is too large"),
        (("--embedding_size", 2**24), "16777216 is too large"),
        (("--data_path", b"work/n\xff.npz".decode(errors="surrogateescape")), "its name is not UTF-8"),
        (("--checkpoint_dir", b"work/n\xff".decode(errors="surrogateescape")), "its name is not UTF-8"),
    ],
)
def test_what_records_and_states_cannot_hold_is_refused(arguments, says):
    assert says in one_line_error(run(command("train"), *arguments))


PATHS = [
    parameter
    for name in SCRIPTS
    for parameter in command(name).params
    if isinstance(parameter.type, click.Path | config.Tokens)
]


@pytest.mark.parametrize("parameter", PATHS, ids=lambda parameter: parameter.name)
def test_an_empty_path_is_refused(parameter):
    with pytest.raises(click.BadParameter, match="it is empty; give a path|nor is it a folder"):
        parameter.type.convert("", parameter, None)


@pytest.mark.parametrize(
    ("names", "group"),
    [
        ("东 東 一东 一東 上平声一东 上平聲一東 東韻", "东"),
        ("一先 下平一先", "先"),
        ("十三元 元", "元"),
        ("十四鹽", "盐"),
    ],
)
def test_rhyme_groups_by_all_their_names(names, group):
    for name in names.split():
        assert config.OPTIONS["rhyme"].type.convert(name, None, None) == group, name
        assert config.OPTIONS["rhymes"].type.convert(name, None, None) == group, name


@pytest.mark.parametrize("name", ["二先", "一先一先", "\ud800"])
def test_what_is_no_rhyme_group(name):
    with pytest.raises(click.BadParameter, match="no group of the 平水韵"):
        config.OPTIONS["rhyme"].type.convert(name, None, None)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_short_and_shows_defaults(name):
    result = run(command(name), "--help")
    assert result.exit_code == 0 and len(result.output.splitlines()) < 90
    for parameter in command(name).params:
        assert f"--{parameter.name}" in result.output or isinstance(parameter, click.Argument)
    if name == "generate":
        assert "default: 0.4" in result.output


def test_what_one_choice_alone_gives_a_meaning_is_an_option():
    for name, (other, choices) in OF_CHOICES.items():
        assert name in config.OPTIONS and set(choices) < set(config.OPTIONS[other].type.choices)
