"""The files in the box: the model and the sample corpus, as MODEL.md describes them."""

import hashlib
import json

import pytest
from conftest import ROOT, run

import config
from generate import generate
from poetry.base.folders import BUNDLED, PRETRAINED
from poetry.composing.asked import Asked
from poetry.composing.calibration import calibration
from poetry.composing.composer import Composer
from poetry.composing.generator import Generator
from poetry.learning import checkpoint
from poetry.text import poem_data
from poetry.verse.form import FORMS
from poetry.verse.prosody import check_poem
from poetry.web.guard import MOST_BYTES


@pytest.fixture(scope="module")
def path():
    return checkpoint.newest_model([BUNDLED])


def test_the_model_is_the_one_that_its_card_describes(path):
    content = path.read_bytes()
    assert len(content) < 26_000_000
    card = (ROOT / "MODEL.md").read_text(encoding="utf-8")
    assert hashlib.sha256(content).hexdigest() in card and f"{len(content):,} bytes" in card
    provenance = checkpoint.load_model(path).provenance
    assert f"{provenance.heldout_perplexity['all']:.1f}" in card


def test_it_composes_by_the_rules_from_a_clone(path, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(config, "MODEL_FOLDERS", (tmp_path, PRETRAINED))  # no run of one's own
    result = run(generate, "--form", "五绝", "--acrostic", "春江花月", "--seed", 1)
    assert result.exit_code == 0 and f"model: {path.relative_to(ROOT)}" in result.stderr
    poem = result.stdout.replace("\n", "")
    report = check_poem(poem, FORMS[0])
    assert report.faults == [] and [line.text[0] for line in report.lines] == list("春江花月")


def test_the_calibration_is_of_the_model(path):
    loaded = checkpoint.load_model(path)
    for form in ("wulu", "qijue"):
        assert calibration(loaded.vocabulary, loaded.sha256, 0.45, form) is not None
        assert Composer(loaded).generator(Asked()).calibration(form) is not None
        assert Generator.of(loaded, Asked().sampling).calibration(form) is not None


def test_the_sample_corpus_is_of_the_models_words(path):
    sample = ROOT / config.SAMPLE
    assert len(sample.read_bytes()) < 1_000_000
    data = poem_data.load(sample)
    assert data.vocabulary.words == checkpoint.load_model(path).vocabulary.words
    assert 2_900 < len(poem_data.sequences(data)) <= 3_000


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"start": "泪落後庭床", "form": "五绝"}, "泪落後庭床"),
        ({"couplet": "群岩栖鶴適余懷"}, "群岩栖鶴適余懷"),
        ({"revise": "烟里飛鴻余亦去，？？？？？？？。", "form": "free"}, "烟里飛鴻余亦去"),
    ],
)
def test_what_is_typed_in_traditional_characters_is_printed_as_it_is(path, asked, line):
    composer = Composer(checkpoint.load_model(path))
    poem = composer.compose(1, traditional=True, candidates=1, **asked)
    assert poem.text.startswith(line)
    typed = composer.compose(
        1, acrostic="余后几里", theme="鬆髮 颱風床", traditional=True, title=True, candidates=1
    )
    assert "".join(line[0] for line in typed.lines) == "余后几里" and "鬆髮 颱風床" in typed.title


def test_the_card_of_a_long_ci_can_be_sent_to_be_verified(path):
    card = Composer(checkpoint.load_model(path)).compose(3, form="贺新郎", candidates=4).card()
    assert card["parts"] and 16 * 1024 < len(json.dumps(card)) < MOST_BYTES
