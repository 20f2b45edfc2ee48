import hashlib
import re
import socket
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

import pytest

from poetry.base.errors import PoetryError
from poetry.text import download
from poetry.text.download import BASE_URLS, COMMIT, fetch, known_files

FILES = {f"poet.tang.{number}.json": f"[{number}, 春]".encode() * 1000 for number in (0, 1000, 2000)}
HASHES = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
FIRST, SECOND, THIRD = FILES
SILENCE = "silence"
CUT = "cut"


class Server(ThreadingHTTPServer):
    """Serves FILES on loopback.

    ``faults`` holds for a name what goes wrong before it is served: a status, CUT (half of the body) or
    SILENCE. ``asked`` counts the requests by path.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = Counter()
        self.faults = {}
        self.content = dict(FILES)
        self.over = threading.Event()

    def url(self, folder="poems"):
        return f"http://127.0.0.1:{self.server_port}/{folder}"

    def count(self, name):
        return sum(number for path, number in self.asked.items() if path.endswith(f"/{name}"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked[unquote(self.path)] += 1
        name = self.path.rsplit("/", 1)[1]
        faults = self.server.faults.get(name, [])
        fault = faults.pop(0) if faults else None
        if fault == SILENCE:
            self.server.over.wait(10)
            return
        content = self.server.content.get(name)
        self.send_response(fault if isinstance(fault, int) else 200 if content else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write((content or b"")[: len(content) // 2 if fault == CUT else None])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "_RETRIES", download._RETRIES.new(backoff_factor=0))
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def there(folder):
    """What ``folder`` holds, hidden files and all."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def refused(*args):
    with pytest.raises(PoetryError) as caught:
        fetch(*args)
    message = str(caught.value)
    assert message.splitlines() == [message]
    return message


def test_every_file_is_fetched_once(server, tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    fetch(folder, HASHES, server.url())
    assert there(folder) == FILES
    assert server.asked == {f"/poems/{name}": 1 for name in FILES}
    out, err = capsys.readouterr()
    assert out == "" and "downloading" in err and "3/3" in err

    fetch(folder, HASHES, server.url())
    assert there(folder) == FILES
    assert server.asked.total() == 3  # nothing anew


@pytest.mark.parametrize(
    "folder",
    [
        "poems",
        "全唐诗",
    ],
)
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again(server, tmp_path, folder, status):
    server.faults[SECOND] = [status, status]
    fetch(tmp_path, HASHES, server.url(folder))
    assert there(tmp_path) == FILES
    assert [server.count(name) for name in FILES] == [1, 3, 1]


def test_a_server_that_stays_busy_is_given_up(server, tmp_path):
    server.faults[FIRST] = [503] * 50
    message = refused(tmp_path, HASHES, server.url())
    assert FIRST in message and "503" in message and "run the command again" in message
    assert there(tmp_path) == {}
    assert 2 <= server.count(FIRST) <= 10 and server.count(SECOND) == 0


def test_a_folder_of_the_real_name_is_asked_for_in_utf8(server, tmp_path):
    fetch(tmp_path, HASHES, server.url("全唐诗"))
    assert there(tmp_path) == FILES
    assert set(server.asked) == {f"/全唐诗/{name}" for name in FILES}


def test_a_missing_file_is_named_and_not_asked_for_again(server, tmp_path):
    del server.content[SECOND]
    message = refused(tmp_path, HASHES, server.url())
    assert SECOND in message and "404" in message and "--source" in message
    assert there(tmp_path) == {FIRST: FILES[FIRST]}
    assert [server.count(name) for name in FILES] == [1, 1, 0]


@pytest.mark.parametrize("content", [b"<html>log in</html>", FILES[THIRD], FILES[SECOND] + b"\n"])
def test_a_wrong_file_is_not_written(server, tmp_path, content):
    server.content[SECOND] = content
    message = refused(tmp_path, HASHES, server.url())
    assert message.startswith(f"{SECOND} from {server.url()} is not the expected file")
    assert "SHA-256" in message
    assert there(tmp_path) == {FIRST: FILES[FIRST]}


def test_a_download_that_broke_off_goes_on_where_it_stopped(server, tmp_path):
    server.faults[SECOND] = [CUT] * 50
    message = refused(tmp_path, HASHES, server.url())
    assert SECOND in message and "run the command again to go on" in message
    assert there(tmp_path) == {FIRST: FILES[FIRST]}  # no half file

    server.faults.clear()
    server.asked.clear()
    fetch(tmp_path, HASHES, server.url())
    assert there(tmp_path) == FILES
    assert server.asked == {f"/poems/{name}": 1 for name in (SECOND, THIRD)}


def test_a_body_that_breaks_off_once_is_asked_for_again(server, tmp_path):
    server.faults[SECOND] = [CUT]
    fetch(tmp_path, HASHES, server.url())
    assert there(tmp_path) == FILES


@pytest.mark.parametrize("damaged", [b"", FILES[SECOND][:-1], FILES[FIRST]])
def test_a_damaged_file_on_the_disk_is_fetched_anew(server, tmp_path, damaged):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(damaged if name == SECOND else content)
    fetch(tmp_path, HASHES, server.url())
    assert there(tmp_path) == FILES
    assert server.asked == {f"/poems/{SECOND}": 1}


def test_files_of_others_are_left_alone(server, tmp_path):
    (tmp_path / "notes.txt").write_bytes(b"mine")
    fetch(tmp_path, HASHES, server.url())
    assert there(tmp_path) == FILES | {"notes.txt": b"mine"}


def test_a_server_that_says_nothing_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_TIMEOUT", (5, 0.05))
    server.faults[FIRST] = [SILENCE] * 50
    message = refused(tmp_path, HASHES, server.url())
    assert FIRST in message and "timed out" in message
    assert there(tmp_path) == {}


def test_the_timeouts_are_set():
    connect, read = download._TIMEOUT
    assert 0 < connect <= 60 and 0 < read <= 300


@pytest.fixture
def refusal(server, tmp_path):
    """(address, message) of a fetch from a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    return url, refused(tmp_path / "folder", HASHES, url)


def test_a_connection_that_is_refused(refusal, tmp_path):
    url, message = refusal
    assert message.startswith(f"cannot fetch {url}/{FIRST}: ")
    assert message.endswith("or give a folder as --source") and len(message) < 500
    assert not (tmp_path / "folder").exists()


def test_a_refused_connection_is_called_so(refusal):
    assert "refused" in refusal[1]


def test_a_folder_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    assert "cannot write" in refused(tmp_path / "file", HASHES, server.url())
    assert there(tmp_path) == {"file": b"mine"}


@pytest.mark.parametrize(("dynasty", "count"), [("tang", 58), ("song", 255)])
def test_the_table_of_hashes(dynasty, count):
    table = known_files(dynasty)
    assert list(table) == [f"poet.{dynasty}.{number * 1000}.json" for number in range(count)]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in table.values())
    assert len(set(table.values())) == count


def test_the_table_of_the_files_of_ci():
    assert {*known_files("ci")} == {f"ci.song.{number * 1000}.json" for number in range(22)} | {
        "ci.song.2019y.json"
    }


def test_the_address_names_one_commit():
    assert re.fullmatch("[0-9a-f]{40}", COMMIT)
    poems, ci = "%E5%85%A8%E5%94%90%E8%AF%97", "%E5%AE%8B%E8%AF%8D"
    for kind, url in BASE_URLS.items():
        assert url.startswith("https://") and f"/{COMMIT}/" in url
        assert quote(url, safe=":/").endswith("/" + (ci if kind == "ci" else poems))
