"""VisualDL records in one file, each written at once: a full disk or a kill leaves no partial record."""

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from visualdl import LogWriter
from visualdl.proto import record_pb2

from poetry.base.errors import PoetryError
from poetry.base.files import atomic_write, open_plain

RECORDS = "vdlrecords.train.log"
_RUN = "run/id"  # tag of the text record that holds the id of the run
_LENGTH = struct.Struct("<Q")  # before each record: its length in bytes


class Records(LogWriter):
    """Writes records of run ``run_id`` to RECORDS in ``folder``; ``fresh``: whether that file is new.

    A record that cannot be written is skipped; ``warn`` is called for the first one. Raises PoetryError when
    the file cannot be opened.
    """

    def __init__(self, folder: Path, run_id: str, warn: Callable[[str], None]):
        path = folder / RECORDS
        self.fresh = not path.exists()
        try:
            self._records = _RecordFile(path, warn)
        except OSError as error:
            raise PoetryError(f"cannot write records to {folder}: {error.strerror}") from None
        self._quiet = not self.fresh
        super().__init__(logdir=str(folder), display_name="train")
        self._quiet = False
        if self.fresh:
            self.add_text(_RUN, run_id, 0)

    def _get_file_writer(self) -> "_RecordFile":
        self._all_writers = {self._logdir: self._records}
        self._file_writer = self._records
        return self._records

    def add_meta(self, *arguments: Any, **named: Any) -> None:
        """As in LogWriter, but skip the one that LogWriter adds on opening a file that already has it."""
        if not self._quiet:
            super().add_meta(*arguments, **named)


class _RecordFile:
    """The file of a LogWriter: unbuffered, since VisualDL's own writer loses data when the disk is full."""

    def __init__(self, path: Path, warn: Callable[[str], None]):
        self._path = path
        self._warn = warn
        self._told = False
        if path.exists() and not path.is_file():
            raise OSError(0, "it is no plain file")
        self._file = open(path, "ab", buffering=0)

    def get_filename(self) -> str:
        """Return the path; LogWriter calls this."""
        return str(self._path)

    def add_record(self, record: record_pb2.Record) -> None:
        """Append a record, whole or not at all."""
        data = record.SerializeToString()
        data = _LENGTH.pack(len(data)) + data
        end = os.fstat(self._file.fileno()).st_size
        try:
            if self._file.write(data) == len(data):
                return
            reason = "No space left on device"
        except OSError as error:
            reason = error.strerror
        os.ftruncate(self._file.fileno(), end)
        if not self._told:
            self._told = True
            self._warn(f"cannot write records to {self._path}: {reason}; training goes on without them")

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def run_of(folder: Path) -> str | None:
    """Return the id of the run that the records in ``folder`` name, or ""; None without records."""
    if not (folder / RECORDS).exists():
        return None
    for record, _ in _read(folder / RECORDS):
        for value in record.values:
            if value.tag == _RUN:
                return value.text.encoded_text_string
    return ""


def cut_after(folder: Path, step: int) -> None:
    """Remove the records after ``step`` in ``folder``, and an incomplete record at the end of the file.

    At ``step`` 0 the whole file is removed.
    """
    path = folder / RECORDS
    if step == 0:
        path.unlink(missing_ok=True)
    if not path.exists():
        return
    kept = [data for record, data in _read(path) if all(value.id <= step for value in record.values)]
    content = b"".join(kept)
    if content != path.read_bytes():
        with atomic_write(path) as file:
            file.write(content)


def _read(path: Path) -> Iterator[tuple[record_pb2.Record, bytes]]:
    """Yield (record, its bytes in the file) up to the first record that is incomplete or damaged."""
    with open_plain(path) as file:
        while len(header := file.read(_LENGTH.size)) == _LENGTH.size:
            (length,) = _LENGTH.unpack(header)
            data = file.read(length) if length < 2**31 else b""
            record = record_pb2.Record()
            try:
                if len(data) != length:
                    return
                record.ParseFromString(data)
            except DecodeError:
                return
            yield record, header + data
