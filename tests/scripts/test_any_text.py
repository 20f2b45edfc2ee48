"""Any text, from the file to what is written: prepare.py, train.py, generate.py."""

import json
import math
import subprocess
import sys

import pytest
from conftest import FEW_WARMUP, ROOT, first_record, one_line_error, run
from gpt2_folder import make_tensors, write_tokens, write_weights

import config
from evaluate import evaluate
from generate import generate
from poetry.composing.subject import Samples, Text
from poetry.learning.checkpoint import heldout_perplexity, list_states, load_state, save_state
from poetry.learning.records import RECORDS
from poetry.text.orders import BatchSchedule, ByLength
from poetry.text.text_data import load, write
from prepare import prepare
from train import train

SAMPLE = ROOT / "work" / "sample_text.txt"
SMALL = ["--embedding_size", 16, "--hidden_size", 32, "--num_layers", 1, "--dropout", 0, *FEW_WARMUP]


def train_on(data, folder, *more):
    where = ["--data_path", data, "--checkpoint_dir", folder / "checkpoints", "--log_dir", folder / "logs"]
    return run(train, *where, *SMALL, "--epoch", 1, *more)


@pytest.fixture(scope="module")
def text_data_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "sample.tokens"
    source = path.with_suffix(".txt")
    source.write_text(SAMPLE.read_text()[:20_000])
    result = run(prepare, "--text", source, "--data_path", path)
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("20,000 tokens, ")
    return path


@pytest.fixture(scope="module")
def text_model(text_data_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    result = train_on(text_data_file, folder, "--sample_temperatures", "0 1", "--sample_starts", "MARCIUS: ")
    assert result.exit_code == 0, result.output
    assert "18,000 tokens to train on, 2,000 held out" in result.stderr
    assert "nats a token" in result.stderr and "bits a character" in result.stderr
    assert "[0] MARCIUS: |" in result.stderr and "[1] MARCIUS: |" in result.stderr
    return folder / "checkpoints" / "model.params.1"


def test_the_sample_is_a_text_of_about_100_kb():
    assert 90_000 < len(SAMPLE.read_bytes()) < 110_000
    assert SAMPLE.read_text(encoding="ascii").startswith("First Citizen:\n")


def test_records_tell_losses_in_nats_and_bits(text_model):
    logs = text_model.parent.parent / "logs"
    nats, bits = (first_record(logs, f"heldout/{name}") for name in ("loss", "bits_a_character"))
    assert nats == pytest.approx(math.log(heldout_perplexity(text_model)), rel=1e-4)
    assert bits == pytest.approx(nats / math.log(2), rel=1e-4)
    assert first_record(logs, "train/bits_a_character") == pytest.approx(
        first_record(logs, "train/loss") / math.log(2), rel=1e-4
    )


def test_it_goes_on_from_where_it_stopped(text_model, tmp_path):
    result = run(train, "--resume", "--checkpoint_dir", text_model.parent, "--epoch", 2)
    assert result.exit_code == 0, result.output
    assert "going on at epoch 2" in result.stderr and "[1] MARCIUS: |" in result.stderr


def test_it_writes_from_the_start_that_is_given(text_model):
    options = ["--model_path", text_model, "--start", "MARCIUS: ", "--temperature", 0.5, "--seed", 3]
    result = run(generate, *options, "--length", 50)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("MARCIUS: ") and len(result.stdout) == len("MARCIUS: ") + 50 + 1
    several = run(generate, *options, "--length", 50, "--num", 2, "--json")
    found = [json.loads(line) for line in several.stdout.splitlines()]
    assert found[0] == {"text": result.stdout[:-1], "start": "MARCIUS: ", "seed": 3}
    assert len(found) == 2 and found[1]["text"] != found[0]["text"]


def test_it_ends_with_a_whole_sentence(text_model):
    result = run(generate, "--model_path", text_model, "--length", 400, "--stop", "--seed", 1)
    assert result.exit_code == 0 and result.stdout.rstrip()[-1] in ".!?'\""


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--form", "wujue"], "--form is about verse"),
        (["--prefix", "x"], "--prefix is about verse"),
        (["--candidates", 2], "--candidates is about verse"),
        (["--traditional"], "--traditional is about verse"),
        (["--start", "To 春"], "--start: the model does not know 春 (U+6625) at position 4"),
    ],
)
def test_what_a_model_of_text_cannot_do(text_model, options, says):
    assert says in one_line_error(run(generate, "--model_path", text_model, *options))


@pytest.mark.parametrize("options", [["--length", 10], ["--stop"]])
def test_what_a_model_of_verse_cannot_do(small_model, options):
    says = one_line_error(run(generate, "--model_path", small_model, *options))
    assert f"{options[0]} is about text" in says


def test_models_are_measured_side_by_side(text_data_file, text_model):
    result = run(evaluate, text_model, text_model, "--data_path", text_data_file, "--json")
    rows = json.loads(result.stdout)
    assert list(rows) == [str(text_model), "5-gram"]
    of_model, counts = rows.values()
    trained = heldout_perplexity(text_model)
    assert of_model["perplexity"] == pytest.approx(trained, rel=1e-3)
    assert of_model["bits a character"] == pytest.approx(math.log2(trained), rel=1e-3)
    assert of_model["tokens"] == counts["tokens"] == "2,000 char"
    table = run(evaluate, text_model, "--data_path", text_data_file, "--markdown")
    assert table.exit_code == 0 and table.stdout.startswith("| model | network | parameters |")


def test_a_model_reads_a_data_file_of_other_tokens(text_data_file, text_model, tmp_path):
    path = tmp_path / "words.tokens"
    made = run(prepare, "--text", text_data_file.with_suffix(".txt"), "--tokens", "word", "--data_path", path)
    assert made.exit_code == 0
    rows = json.loads(run(evaluate, text_model, "--data_path", path, "--json").stdout)
    same = json.loads(run(evaluate, text_model, "--data_path", text_data_file, "--json").stdout)
    name = "bits a character"
    assert rows[str(text_model)][name] == pytest.approx(same[str(text_model)][name], rel=0.01)
    assert rows["5-gram"]["tokens"].endswith("word")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "is no data file of a text"),
        (["--poems"], "--poems is about poems"),
        (["--num", 3], "--num is about poems"),
        (["work/none"], "work/none does not exist"),
    ],
)
def test_what_cannot_be_measured(text_model, small_npz, more, says):
    assert says in one_line_error(run(evaluate, text_model, "--data_path", small_npz, *more))


def test_models_of_poems_and_text_are_not_measured_together(text_model, small_model, text_data_file):
    result = run(evaluate, text_model, small_model, "--data_path", text_data_file)
    assert "models of poems are measured one at a time" in one_line_error(result)


def test_samples_of_text_are_not_for_poems(small_npz, tmp_path):
    result = train_on(small_npz, tmp_path, "--sample_starts", "x")
    assert "--sample_starts is about text" in one_line_error(result)


def test_an_unknown_start_of_samples_is_named(text_data_file, tmp_path):
    result = train_on(text_data_file, tmp_path, "--sample_starts", "a春")
    assert "--sample_starts: the model does not know 春 (U+6625) at position 2" in one_line_error(result)
    assert not list(tmp_path.iterdir())


def test_documents_of_words(tmp_path):
    source, path = tmp_path / "a.csv", tmp_path / "a.tokens"
    rows = [f"{number},The {number}th story is short. (Source: x)" for number in range(60)]
    source.write_text("\n".join(["id,plot", *rows, "60,gone"]))
    how = ["--column", "plot", "--tokens", "word", "--lower", "--cut_at", "(Source", "--min_words", 2]
    result = run(prepare, "--csv", source, "--data_path", path, *how)
    assert result.exit_code == 0, result.output
    assert "60 kept, 60 of them cut" in result.stderr and "1 dropped: fewer than 2 words" in result.stderr
    result = train_on(path, tmp_path / "run", "--rows", 2, "--sample_temperatures", "")
    assert result.exit_code == 0, result.output
    model = tmp_path / "run" / "checkpoints" / "model.params.1"
    result = run(generate, "--model_path", model, "--start", "The story", "--length", 5, "--seed", 1)
    assert result.exit_code == 0 and result.stdout.startswith("the story")


def test_documents_can_be_read_in_every_order(tmp_path):
    source, path = tmp_path / "a.csv", tmp_path / "a.tokens"
    source.write_text("plot\n" + "\n".join(f"Story number {number} of many." for number in range(60)))
    assert run(prepare, "--csv", source, "--column", "plot", "--data_path", path).exit_code == 0
    for order in ("length", "consecutive", "random"):
        how = ["--order", order, "--rows", 4, "--seq_length", 16, "--sample_temperatures", ""]
        result = train_on(path, tmp_path / order, *how)
        assert result.exit_code == 0, result.output
        passed_over = "--rows is passed over: it is for --order consecutive or random" in result.stderr
        assert passed_over == (order == "length")
        again = run(train, "--resume", "--checkpoint_dir", tmp_path / order / "checkpoints", "--rows", 4)
        assert ("--rows is passed over" in again.stderr) == passed_over


@pytest.mark.parametrize("network", ["lstm", "gpt"])
def test_documents_that_are_read_one_by_one_are_measured_and_written_so(network, tmp_path):
    """The first letter says all but the length: a model that reads them as it learned them is nearly sure."""
    source, path = tmp_path / "a.csv", tmp_path / "a.tokens"
    texts = [letter * (3 + number % 4) for number in range(16) for letter in "abcdefgh"]
    source.write_text("text\n" + "\n".join(f"{text[0]}{ix} {text}" for ix, text in enumerate(texts)))
    assert run(prepare, "--csv", source, "--column", "text", "--data_path", path).exit_code == 0
    sizes = ["--network", network, "--heads", 2, "--context", 32, "--epoch", 15, "--learning_rate", 0.01]
    how = ["--order", "length", "--batch_chars", 128, "--sample_temperatures", "0", "--sample_starts", "c1"]
    result = train_on(path, tmp_path, *how, *sizes, "--hidden_size", 32)
    assert result.exit_code == 0, result.output
    model = tmp_path / "checkpoints" / "model.params.15"
    assert heldout_perplexity(model) < 3
    rows = json.loads(run(evaluate, model, "--data_path", path, "--json").stdout)
    assert rows[str(model)]["perplexity"] == pytest.approx(heldout_perplexity(model), rel=1e-4)
    written = run(generate, "--model_path", model, "--start", "c1", "--temperature", 0)
    assert written.stdout.rstrip("\n") in result.stderr.replace("|", "")
    assert set(written.stdout.split()[-1]) == {"c"}


def test_a_sample_of_documents_begins_as_one_does(tmp_path):
    stories = [f"story {number} of a great many more" for number in range(60)] + [f"b{n}" for n in range(60)]
    source, path = tmp_path / "a.csv", tmp_path / "a.tokens"
    source.write_text("plot\n" + "\n".join(stories))
    assert run(prepare, "--csv", source, "--column", "plot", "--data_path", path).exit_code == 0
    text = Text(load(path), Samples([]), by_document=True)
    starts = {text.vocabulary.decode(text._somewhere(seed)) for seed in range(300)}
    assert starts <= {story[:20] for story in stories} and {start[0] for start in starts} == {"s", "b"}


def test_a_run_that_read_documents_otherwise_is_not_gone_on_with(tmp_path):
    source, path = tmp_path / "a.csv", tmp_path / "a.tokens"
    source.write_text("plot\n" + "\n".join(f"Story number {number} of many." for number in range(60)))
    assert run(prepare, "--csv", source, "--column", "plot", "--data_path", path).exit_code == 0
    how = ["--order", "length", "--sample_temperatures", ""]
    assert train_on(path, tmp_path, *how).exit_code == 0
    state, *older = list_states(tmp_path / "checkpoints")
    for path_of_older in older:
        path_of_older.unlink()
    tensors, data = load_state(state)
    assert data.pop("by_document") is True
    go_on = ["--resume", "--checkpoint_dir", tmp_path / "checkpoints", "--epoch", 2]
    save_state(state, tensors, data)
    assert "begun by an earlier version" in one_line_error(run(train, *go_on))
    save_state(state, tensors, data | {"by_document": True})
    assert run(train, *go_on).exit_code == 0
    save_state(list_states(tmp_path / "checkpoints")[0], tensors, data | {"by_document": 1})
    assert "is a training state of another version" in run(train, *go_on).stderr


def test_too_little_for_one_step_says_how_much_is_needed(text_data_file, tmp_path):
    result = train_on(text_data_file, tmp_path, "--rows", 500, "--seq_length", 100)
    assert "a step needs 50,001" in one_line_error(result)


def test_one_text_has_no_order_of_lengths(text_data_file, tmp_path):
    result = train_on(text_data_file, tmp_path, "--order", "length")
    assert "--order length is for documents" in one_line_error(result)


def test_a_context_that_is_too_short(text_data_file, tmp_path):
    gpt = ["--network", "gpt", "--heads", 2, "--context", 8, "--order", "random"]
    said = one_line_error(train_on(text_data_file, tmp_path, *gpt))
    assert "--context 8 is too short" in said and "or a smaller --seq_length" in said


def test_the_first_token_of_every_document_is_a_target(tmp_path):
    """Even of one that is cut to that token, where what is held out begins."""
    texts = "ab" * 44 + "c", "d" + "ef" * 5
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    assert run(prepare, "--text", *paths, "--data_path", tmp_path / "a.tokens").exit_code == 0
    data = load(tmp_path / "a.tokens")
    assert data.held_out_from == data.starts[1] + 1
    order = ByLength(Text(data, Samples([])).documents(0), BatchSchedule.constant(10), 1)
    steps = [
        tuple("".join(data.vocabulary.words[ix] for ix in part[0]) for part in (batch.ids, batch.targets))
        for batch in order.batches(0)
    ]
    assert sorted(steps) == [("<END>", "d"), ("<END>" + texts[0], texts[0] + "<END>")]


@pytest.mark.parametrize("name", config.RECIPES)
def test_a_recipe_is_of_options_that_there_are(name):
    parameters = {parameter.name: parameter for parameter in train.params}
    for option, value in config.RECIPES[name].items():
        assert parameters[option].type.convert(value, parameters[option], None) == value
    text = json.dumps(config.RECIPES[name])
    assert "data_path" not in text and "checkpoint_dir" not in text


def test_a_recipe_yields_to_what_is_given(text_data_file, tmp_path):
    folder = tmp_path / "run"
    result = run(
        train, "--recipe", "lyrics", "--data_path", text_data_file, "--checkpoint_dir", folder, "--log_dir",
        folder / "logs", "--epoch", 1, "--hidden_size", 8, "--sample_temperatures", "",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    _, state = load_state(list_states(folder)[0])
    expected = config.RECIPES["lyrics"] | {"epoch": 1, "hidden_size": 8}
    assert {name: state["options"][name] for name in expected} == expected
    where = ["--resume", "--checkpoint_dir", folder]
    other = run(train, *where, "--recipe", "shakespeare", "--hidden_size", 8)
    assert "--recipe: --network gru contradicts the run, which has rnn" in one_line_error(other)
    assert run(train, *where, "--recipe", "lyrics", "--hidden_size", 8, "--epoch", 2).exit_code == 0


def test_a_gpt2_goes_on_with_another_text(tmp_path):
    pytest.importorskip("tokenizers")
    write_tokens(tmp_path)
    words = len(json.loads((tmp_path / "vocab.json").read_text()))
    write_weights(tmp_path, make_tensors(words=words))
    (tmp_path / "a.txt").write_text("the theme of the 春 theory of them\n" * 30)
    made = run(
        prepare, "--text", tmp_path / "a.txt", "--tokens", tmp_path, "--data_path", tmp_path / "a.tokens"
    )
    assert made.exit_code == 0, made.output
    where = ["--data_path", tmp_path / "a.tokens", "--init_from", tmp_path, "--epoch", 2]
    where += ["--checkpoint_dir", tmp_path / "run", "--log_dir", tmp_path / "run", "--rows", 2, *FEW_WARMUP]
    result = run(train, *where, "--seq_length", 6, "--sample_temperatures", "1")
    assert result.exit_code == 0, result.output
    again = run(train, "--resume", "--checkpoint_dir", tmp_path / "run", "--epoch", 3)
    assert again.exit_code == 0, again.output
    model = tmp_path / "run" / "model.params.3"
    written = run(generate, "--model_path", model, "--start", "the 春", "--length", 5, "--seed", 1)
    assert written.exit_code == 0 and written.stdout.startswith("the 春")
    table = run(evaluate, model, "--data_path", tmp_path / "a.tokens", "--json")
    assert json.loads(table.stdout)[str(model)]["tokens"].endswith("bpe")


def test_a_gpt2_of_other_tokens_or_sizes_is_refused(text_data_file, tmp_path):
    pytest.importorskip("tokenizers")
    write_weights(tmp_path, make_tensors(words=60))
    result = train_on(text_data_file, tmp_path / "run", "--init_from", tmp_path)
    assert "has 60 tokens" in one_line_error(result) and not (tmp_path / "run" / "logs" / RECORDS).exists()
    words = len(load(text_data_file).vocabulary)
    write_weights(tmp_path, make_tensors(words=words))
    write_tokens(tmp_path)
    result = train_on(text_data_file, tmp_path / "run", "--init_from", tmp_path)
    assert "has other tokens than" in one_line_error(result)
    data = tmp_path / "a.tokens"
    assert run(prepare, "--text", ROOT / "LICENSE", "--tokens", tmp_path, "--data_path", data).exit_code == 0
    write_weights(tmp_path, make_tensors(words=len(load(data).vocabulary)))
    result = train_on(data, tmp_path / "run", "--init_from", tmp_path)
    assert "--hidden_size 32 contradicts" in one_line_error(result)
    assert "cannot" not in result.stderr


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (b"", [], "is empty"),
        (b"x", [], "1 tokens in all; at least 20 are needed"),
        (b"\0" * 30, [], "is binary"),
        (b"\xff" * 30, [], "byte 1 (0xff) is not UTF-8"),
        (b"x" * 30, ["--min_words", 3], "--min_words is about the documents of a --csv"),
        (b"x" * 30, ["--ci"], "--ci is about poems"),
        (b"x" * 30, ["--encoding", "none"], "'none' is no encoding"),
        (b"x" * 30, ["--encoding", "base64"], "'base64' is no encoding"),
    ],
)
def test_what_cannot_be_prepared(tmp_path, content, options, says):
    (tmp_path / "a.txt").write_bytes(content)
    result = run(
        prepare, "--text", tmp_path / "a.txt", "--data_path", tmp_path / "out" / "a.tokens", *options
    )
    assert says in one_line_error(result)
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--tokens", "word"], "--tokens is about text; give --text or --csv too"),
        (["some.txt"], "some.txt is not expected"),
        (["--csv", SAMPLE], "--csv needs --column"),
        (["--csv", SAMPLE, "--column", "x", "--drop_where", "x"], "'x' is not COLUMN=VALUE"),
        (["--csv", SAMPLE, "--text", SAMPLE], "two kinds of source"),
        (["--text", SAMPLE, "--data_path", SAMPLE], "is a file that is read"),
    ],
)
def test_options_that_do_not_fit(options, says):
    before = SAMPLE.read_bytes()
    assert says in one_line_error(run(prepare, *options))
    assert SAMPLE.read_bytes() == before


def test_a_source_that_changes_meanwhile_is_told(tmp_path, monkeypatch):
    source = tmp_path / "a.txt"
    source.write_text("abc" * 20)

    def once_more(*arguments):
        source.write_text("xyz" * 20)
        return write(*arguments)

    monkeypatch.setattr("poetry.text.text_data.write", once_more)
    result = run(prepare, "--text", source, "--data_path", tmp_path / "a.tokens")
    assert "changed while it was read" in one_line_error(result)
    assert list(tmp_path.iterdir()) == [source]


def test_several_files_are_documents(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text(f"this is text {name}\n")
    result = run(prepare, "--text", tmp_path / "a", tmp_path / "b", "--data_path", tmp_path / "c.tokens")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("32 tokens")


@pytest.mark.parametrize("way", [">&-", "| true"])
def test_the_report_needs_no_stdout(tmp_path, way):
    (tmp_path / "a").write_text("this is a text\n" * 2)
    options = ["--text", tmp_path / "a", "--data_path", tmp_path / "a.tokens"]
    command = [
        "bash",
        "-c",
        f'set -o pipefail; "$@" {way}',
        "prepare",
        sys.executable,
        ROOT / "prepare.py",
        *options,
    ]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 0 and process.stderr.startswith("30 tokens, ")
    assert (tmp_path / "a.tokens").is_file()
