"""Download of the corpus: the files of chinese-poetry at one commit, each checked by its SHA-256."""

import hashlib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from tqdm import tqdm
from urllib3.util import Retry

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, open_plain

COMMIT = "99ebbef7e1345c0985c44b9fd96a3f9e776f117b"
_ROOT_URL = f"https://raw.githubusercontent.com/chinese-poetry/chinese-poetry/{COMMIT}"
BASE_URLS = {"tang": f"{_ROOT_URL}/全唐诗", "song": f"{_ROOT_URL}/全唐诗", "ci": f"{_ROOT_URL}/宋词"}
_PREFIXES = {"tang": "poet.tang.", "song": "poet.song.", "ci": "ci.song."}
_TIMEOUT = (10, 60)  # seconds to connect, seconds without a byte
_BODY_TRIES = 3
_RETRIES = Retry(total=5, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504))


def known_files(kind: str) -> dict[str, str]:
    """Return the SHA-256 of every file of a kind (a key of BASE_URLS) by file name, in the corpus's order."""
    text = resources.files("poetry.text.tables").joinpath("chinese-poetry.sha256").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines())
    return {name: digest for digest, name in rows if name.startswith(_PREFIXES[kind])}


def fetch(folder: Path, hashes: Mapping[str, str], base_url: str) -> None:
    """Download the files named in ``hashes`` into ``folder``; skip those already there and intact.

    A progress bar runs on stderr. A file is written only when its SHA-256 is right, so an interrupted call
    can be repeated and continues where it stopped. Raises PoetryError when a file cannot be downloaded or is
    not the expected one.
    """
    with requests.Session() as session, tqdm(hashes.items(), unit="file", desc="downloading") as bar:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=_RETRIES))
        for name, digest in bar:
            if _is_sound(folder / name, digest):
                continue
            content = _get(session, f"{base_url}/{name}")
            if hashlib.sha256(content).hexdigest() != digest:
                raise PoetryError(
                    f"{name} from {base_url} is not the expected file (its SHA-256 differs); "
                    "run the command again, or give a folder of chinese-poetry as --source"
                )
            with atomic_write(folder / name) as file:
                file.write(content)


def _is_sound(path: Path, digest: str) -> bool:
    try:
        with open_plain(path) as file:
            return hashlib.sha256(file.read()).hexdigest() == digest
    except OSError:
        return False


def _get(session: requests.Session, url: str) -> bytes:
    """Return the body at ``url``; request it again when it breaks off, which ``Retry`` does not do."""
    tries_left = _BODY_TRIES
    while True:
        tries_left -= 1
        try:
            response = session.get(quote(url, safe=":/"), timeout=_TIMEOUT)
            response.raise_for_status()
            return response.content
        except requests.RequestException as error:
            broke_off = isinstance(error, requests.exceptions.ChunkedEncodingError)
            if not (broke_off and tries_left):
                raise _cannot_fetch(url, error) from None


def _cannot_fetch(url: str, error: Exception) -> PoetryError:
    reason = " ".join(str(error).split())[-200:]  # the cause is at the end
    return PoetryError(
        f"cannot fetch {url}: {reason}; run the command again to go on, or give a folder as --source"
    )
