"""Other ways in: an exported model, and the hub of Paddle."""

import paddle
import pytest
from conftest import ROOT, one_line_error, run

from export import export
from poetry import Composer
from poetry.base.errors import PoetryError
from poetry.learning import checkpoint
from poetry.learning.folders import LOCK
from poetry.learning.model import make_model
from poetry.learning.network import Architecture
from poetry.learning.records import RECORDS

ASKED = [
    {"form": "七绝", "acrostic": "春江花月"},
    {"form": "浣溪沙"},
    {"prefix": "江湖"},
    {"couplet": "春风又绿江南岸"},
]


def test_an_export_composes_what_the_checkpoint_does(small_model, tmp_path):
    folder = tmp_path / "exported"
    result = run(export, "--model_path", small_model, "--export_dir", folder)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith(f"{small_model} exported to {folder}\n")
    usual, other = Composer.load(small_model), Composer.load(folder)
    for asked in ASKED:
        poems = [
            [poem.text for poem in composer.poems(3, 5, candidates=3, **asked)] for composer in (usual, other)
        ]
        assert poems[0] == poems[1]
    assert other.model_hash == usual.model_hash
    assert other.verify(usual.compose(1, candidates=2).card()).same
    with pytest.raises(PoetryError, match="runs on the processor alone"):
        Composer.load(folder, use_gpu=True)


def test_what_cannot_be_exported_is_refused_in_one_line(small_model, tmp_path):
    loaded = checkpoint.load_model(small_model)
    path = tmp_path / "model.params.1"
    model = make_model(Architecture(len(loaded.vocabulary), 0, 8, 1, "gpt", 2, 16))
    checkpoint.save_model(path, model, loaded.vocabulary, loaded.provenance, loaded.extras)
    where = ("--export_dir", tmp_path / "exported")
    assert "a gpt is not exported" in one_line_error(run(export, "--model_path", path, *where))
    assert "does not exist" in one_line_error(run(export, "--model_path", tmp_path / "none", *where))
    assert not (tmp_path / "exported").exists()


@pytest.mark.parametrize("name", ["model.params.3", "training.state.3", RECORDS, LOCK])
def test_nothing_is_exported_beside_a_run(small_model, tmp_path, name):
    (tmp_path / name).touch()
    result = run(export, "--model_path", small_model, "--export_dir", tmp_path)
    assert "holds checkpoints or a run, left untouched; give another --export_dir" in one_line_error(result)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_hub_finds_the_composer_here(small_model):
    assert paddle.hub.list(str(ROOT), source="local") == ["composer"]
    assert "a composer of classical Chinese verse" in paddle.hub.help(str(ROOT), "composer", source="local")
    composer = paddle.hub.load(str(ROOT), "composer", source="local", model_path=str(small_model))
    asked = {"form": "七绝", "candidates": 2}
    assert composer.compose(3, **asked).text == Composer.load(small_model).compose(3, **asked).text


def test_the_hub_finds_the_composer_in_what_it_downloaded(small_model, tmp_path, monkeypatch):
    (tmp_path / "someone_verse_main").symlink_to(ROOT)  # where the hub keeps github.com/someone/verse
    monkeypatch.setattr(paddle.hapi.hub, "HUB_DIR", str(tmp_path))
    composer = paddle.hub.load("someone/verse", "composer", source="github", model_path=str(small_model))
    assert composer.model.path == small_model


def test_without_a_path_the_bundled_model_is_found_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Composer.load().model.path.parent == ROOT / "work" / "pretrained"
