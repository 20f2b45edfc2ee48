from collections import Counter

import pytest
from gpt2_folder import write_tokens
from test_text_data import write

from poetry.base.errors import PoetryError
from poetry.text import retokenising, text_data
from poetry.text.retokenising import in_tokens_of
from poetry.text.tokens import Characters


def test_in_other_tokens_the_context_begins_with_a_character(tmp_path, monkeypatch):
    pieces = pytest.importorskip("poetry.text.bpe").Pieces
    vocabulary = pieces.read_folder(write_tokens(tmp_path))
    text = "春风吹水上，明月照寒江。" * 50
    text_data.write(tmp_path / "a.tokens", lambda: [[text]], 1, len(text), vocabulary)
    data, other = text_data.load(tmp_path / "a.tokens"), Characters.of(Counter(text), 1, False, False)
    for before in range(30, 36):  # a character is three tokens
        monkeypatch.setattr(retokenising, "_BEFORE", before)
        ids, first = in_tokens_of(data, other)
        assert text.endswith(other.decode(ids)) and first == before // 3
        assert other.decode(ids[first:]) == vocabulary.decode(data.held_out)


def test_what_a_data_file_does_not_know_is_not_measured_in_other_tokens(tmp_path):
    text = "ab" * 100 + "z" + "ab" * 3
    _, data = write(tmp_path / "a.tokens", [text], min_count=3)
    other = Characters.of(Counter(text), 1, False, False)
    with pytest.raises(PoetryError, match="1 characters that its data file does not know"):
        in_tokens_of(data, other)
