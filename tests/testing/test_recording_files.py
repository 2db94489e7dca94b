"""The file of a recording: what is no recording is refused with the place, and files are written whole."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx2
import pytest

from mirascope_like.testing import RecordingFormatError, fake, record, replay
from mirascope_like.testing.plugin import recording_path
from mirascope_like.testing.recording import rows
from tests.harness.clocks import PATIENCE
from tests.harness.server import Reply, Server
from tests.testing.senders import BODY, PATH

FIRST = {"recording": 1}
REQUEST = {"request": 1, "method": "POST", "url": "https://x/v1/chat/completions", "headers": {}, "json": {}}
RESPONSE = {"response": 1, "time": 0.5, "status": 200, "headers": {}}
PIECE = {"piece": 1, "time": 0.6, "text": "a"}
END = {"end": 1, "time": 0.7, "how": "complete"}
DEEP = "[" * 200_000 + "]" * 200_000

WRONG: dict[str, tuple[list[Any], str]] = {
    "an empty file": ([], "line 1: expected a row with 'recording', but the file ends"),
    "another file": (["<html>"], "line 1: not JSON"),
    "bytes": ([b"\xff\xfe\x00"], "line 1: not JSON"),
    "other JSON": (["[1]"], "line 1: not a row of a recording"),
    "other rows": (['{"a": 1}'], "line 1: not a row of a recording"),
    "no first row": ([REQUEST, END], "line 1: expected a row with 'recording'"),
    "a newer version": ([{"recording": 2}], "line 1: recording: Input should be 1"),
    "the end is missing": ([FIRST, REQUEST, RESPONSE], "line 4: expected a row with 'end', but the file ends"),
    "half a row": ([FIRST, REQUEST, '{"response": 1, "ti'], "line 3: not JSON"),
    "no request": ([FIRST, RESPONSE, END], "line 2: expected a row with 'request'"),
    "a piece of another": (
        [FIRST, REQUEST, RESPONSE, {**PIECE, "piece": 2}, END],
        "line 4: belongs to request 2, among",
    ),
    "no response, but complete": ([FIRST, REQUEST, END], "line 3: a response that ended as 'complete' has no status"),
    "a field that nobody knows": ([FIRST, {**REQUEST, "run": "x"}], "line 2: run: Extra inputs are not permitted"),
    "a text for a number": (
        [FIRST, REQUEST, {**RESPONSE, "status": "200"}],
        "line 3: status: Input should be a valid integer",
    ),
    "an impossible status": (
        [FIRST, REQUEST, {**RESPONSE, "status": 10**9}],
        "line 3: status: Input should be less than",
    ),
    "a time without end": ([FIRST, REQUEST, {**RESPONSE, "time": 1e308}], "line 3: time: Input should be less than"),
    "infinity": ([FIRST, REQUEST, '{"response": 1, "time": Infinity}'], "line 3: not JSON .Infinity is not JSON"),
    "a negative time": ([FIRST, REQUEST, {**RESPONSE, "time": -1}], "line 3: time: Input should be greater than"),
    "another end": ([FIRST, REQUEST, {**END, "how": "x"}], "line 3: how: Input should be 'complete', 'closed'"),
    "a header in a header": (
        [FIRST, REQUEST, {**RESPONSE, "headers": {"a": "b\r\nc: d"}}],
        "line 3: headers.a: String should",
    ),
    "a name of no header": ([FIRST, REQUEST, {**RESPONSE, "headers": {"a b": "c"}}], "line 3: headers.a b"),
    "a file": ([FIRST, {**REQUEST, "url": "file:///etc/passwd"}], "line 2: url: String should match"),
    "a method": ([FIRST, {**REQUEST, "method": "GET / HTTP/1.1\r\n"}], "line 2: method: String should match"),
    "base64": ([FIRST, REQUEST, RESPONSE, {"piece": 1, "time": 1, "base64": "%%%"}, END], "line 4: invalid base64"),
    "a style": (
        [FIRST, REQUEST, RESPONSE, {"body": 1, "json": 1, "style": "x", "pieces": []}, END],
        "line 4: unknown style 'x'",
    ),
    "too deep": ([FIRST, DEEP], "line 2: not JSON .nested too deeply"),
    "a bit less deep": ([FIRST, json.dumps(REQUEST).replace("{}}", "[" * 5000 + "]" * 5000 + "}")], "line [23]: "),
    "terminal escapes": ([FIRST, {**REQUEST, "\x1b[2J\x9b": 1}], r"line 2: \\u001b\[2J\\u009b: Extra inputs"),
}


@pytest.mark.parametrize(("lines", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_recording(lines: list[Any], message: str, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    texts = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
    file.write_bytes(b"\n".join(text if isinstance(text, bytes) else text.encode() for text in texts))
    with pytest.raises(RecordingFormatError, match=rf"x\.jsonl, {message}") as raised:
        replay(file)
    assert len(str(raised.value)) < 500
    assert "\x1b" not in str(raised.value)


def test_a_huge_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not read into memory."""
    monkeypatch.setattr(rows, "LONGEST_ROW", 2**20)
    file = tmp_path / "x.jsonl"
    file.write_text(f"{json.dumps(FIRST)}\n{'a' * 2**21}\n")
    with pytest.raises(RecordingFormatError, match="line 2: longer than 1 MiB"):
        replay(file)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no recording yet, make it with record\(path\): '.*x\.jsonl'"):
        replay(tmp_path / "x.jsonl")


def test_a_folder(tmp_path: Path) -> None:
    """Before a request is spent on it."""
    with pytest.raises(IsADirectoryError, match="a recording is a file"), record(tmp_path):
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), record(tmp_path / "file" / "x.jsonl"):
        pass


def test_folders_are_made_and_a_file_is_replaced(tmp_path: Path, server: Server) -> None:
    file = tmp_path / "a" / "b" / "x.jsonl"
    for number in (1, 2):
        server.reply(Reply.json({"a": number}))
        with record(str(file)):
            httpx2.post(f"{server.url}{PATH}", json=BODY)
        assert [one["json"] for one in map(json.loads, file.read_text().splitlines()) if "body" in one] == [
            {"a": number}
        ]
    assert [one.name for one in file.parent.iterdir()] == ["x.jsonl"]


def test_a_program_that_changes_its_folder(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    server.reply(Reply.json({"a": 1}))
    with record("x.jsonl") as recording:
        httpx2.post(f"{server.url}{PATH}", json=BODY)
        monkeypatch.chdir("other")
    assert {one.name for one in tmp_path.iterdir()} == {"other", "x.jsonl"}
    assert list((tmp_path / "other").iterdir()) == []
    assert repr(recording) == "<Recorder 'x.jsonl': 1 requests>"
    assert repr(fake("Hi")) == "<fake model: 0 requests, 1 replies left>"


def test_a_block_that_fails_leaves_what_was_recorded(tmp_path: Path, server: Server) -> None:
    server.reply(Reply.json({"a": 1}))
    file = tmp_path / "x.jsonl"
    with pytest.raises(ZeroDivisionError), record(file):  # noqa: PT012
        httpx2.post(f"{server.url}{PATH}", json=BODY)
        raise ZeroDivisionError
    with replay(file, pace=0):
        assert httpx2.post(f"{server.url}{PATH}", json=BODY).json() == {"a": 1}


def test_a_block_that_fails_keeps_the_file_of_an_earlier_one(tmp_path: Path, server: Server) -> None:
    server.reply(*[Reply.json({"a": number}) for number in (1, 2)], Reply.json({"error": {}}, status=429))
    file = tmp_path / "x.jsonl"
    with record(file):
        httpx2.post(f"{server.url}{PATH}", json=BODY)
    whole = file.read_text()
    for error in (ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(error), record(file):
            raise error
    with pytest.raises(ZeroDivisionError), record(file):  # noqa: PT012
        httpx2.post(f"{server.url}{PATH}", json=BODY)
        raise ZeroDivisionError
    assert file.read_text() == whole
    with record(file), pytest.raises(httpx2.HTTPStatusError):  # an error that the block handles
        httpx2.post(f"{server.url}{PATH}", json=BODY).raise_for_status()
    assert [one.response.status for one in rows.read(file)] == [429]
    assert [one.name for one in tmp_path.iterdir()] == ["x.jsonl"]


def test_recorders_do_not_mix_a_file(tmp_path: Path, server: Server) -> None:
    """In threads here, and likewise in processes: each writes a file of its own and then puts it in place."""
    server.always(Reply.json({"a": 1}))
    file = tmp_path / "x.jsonl"
    begun, ended = Barrier(8), Barrier(8)

    def run(number: int) -> None:
        with record(file):
            begun.wait(PATIENCE)
            for _ in range(5):
                httpx2.post(f"{server.url}{PATH}", json={**BODY, "user": f"{number}"})
            ended.wait(PATIENCE)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(run, range(8)))
    found = rows.read(file)
    assert len(found) == 5
    assert len({one.request.key for one in found}) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["x.jsonl"]


def test_names_of_tests(tmp_path: Path) -> None:
    """Each test has a file of its own, inside of the folder, whatever its parameters are."""
    file = tmp_path / "test_x.py"
    names = [
        "test_a",
        "TestB::test_a",
        "test_a[1]",
        "test_a[../../x]",
        "test_a[..]",
        "test_a[\x1b]",
        "test_a[é]",
        "test_a[",
    ]
    names += ["test_" + "a" * 300, "test_" + "a" * 301]
    paths = [recording_path(file, name) for name in names]
    assert len({str(path).lower() for path in paths}) == len(names)
    assert {path.parent for path in paths} == {tmp_path / "recordings" / "test_x"}
    assert all(len(path.name) < 110 and path.name.isascii() and path.name.isprintable() for path in paths)
    assert [path.name for path in paths[:3]] == ["test_a.jsonl", "TestB.test_a.jsonl", "test_a[1].jsonl"]
