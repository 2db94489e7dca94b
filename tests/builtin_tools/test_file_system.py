"""`FileSystemToolKit`: what its tools do, and what they refuse."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mirascope_like.core.base.tools import ToolCall, tool_name
from mirascope_like.tools import FileSystemToolKit, FileSystemToolKitConfig

REFUSED = "Error: Invalid path (attempted path traversal)"  # v1's text


class Tools:
    """Calls the tools of a toolkit as a model does."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.kit = FileSystemToolKit(base_directory=folder, config=FileSystemToolKitConfig(**config))
        self.kinds = {tool_name(kind): kind for kind in self.kit.create_tools()}

    def call(self, name: str, arguments: str) -> str:
        kind = self.kinds[f"file_system_{name}"]
        tool: Any = kind.from_call(ToolCall("call_1", tool_name(kind), arguments))
        result: str = tool.call()
        return result


def test_the_names_of_the_tools(tmp_path: Path) -> None:
    assert list(Tools(tmp_path).kinds) == [
        f"file_system_{name}" for name in ("ReadFile", "WriteFile", "ListDirectory", "CreateDirectory", "DeleteFile")
    ]
    assert "ReadFile" in FileSystemToolKit.usage_description()


def test_files(tmp_path: Path) -> None:
    tools = Tools(tmp_path)
    assert tools.call("WriteFile", '{"path": "notes/a.txt", "content": "Grüße"}') == "Successfully wrote to notes/a.txt"
    assert (tmp_path / "notes" / "a.txt").read_text("utf-8") == "Grüße"
    assert tools.call("ReadFile", '{"path": "notes/a.txt"}') == "Grüße"
    assert tools.call("CreateDirectory", '{"path": "notes/more"}') == "Successfully created directory notes/more"
    assert tools.call("ListDirectory", '{"path": "notes"}') == (
        "Contents of notes :\n- a.txt [file] (7 bytes)\n- more [directory]\n"  # as v1
    )
    assert tools.call("ListDirectory", "{}") == "Contents of . :\n- notes [directory]\n"
    assert tools.call("DeleteFile", '{"path": "notes/a.txt"}') == "Successfully deleted notes/a.txt"
    assert tools.call("ReadFile", '{"path": "notes/a.txt"}') == "Error: File notes/a.txt not found"
    assert tools.call("DeleteFile", '{"path": "notes/a.txt"}') == "Error: File notes/a.txt not found"
    assert tools.call("ListDirectory", '{"path": "x"}') == "Error: Directory x not found"


@pytest.mark.parametrize(
    "path", ["../secret.txt", "a/../../secret.txt", "/etc/secret.txt", "link/secret.txt", "out.txt"]
)
def test_nothing_outside_of_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(tmp_path)
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    tools = Tools(folder)
    for name in ("ReadFile", "DeleteFile", "ListDirectory", "CreateDirectory"):
        assert tools.call(name, f'{{"path": "{path}"}}') == REFUSED
    assert tools.call("WriteFile", f'{{"path": "{path}", "content": "x"}}') == REFUSED
    assert (tmp_path / "secret.txt").read_text() == "secret"


def test_extensions(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("x")
    (tmp_path / "a.txt").symlink_to(tmp_path / "run.py")
    tools = Tools(tmp_path, allowed_extensions=["txt"])
    for path in ("run.py", "a.txt", "none"):
        assert tools.call("ReadFile", f'{{"path": "{path}"}}') == "Error: Invalid file extension. Allowed: ['txt']"
        assert tools.call("DeleteFile", f'{{"path": "{path}"}}') == "Error: Invalid file extension. Allowed: ['txt']"
    assert (tmp_path / "run.py").exists()


def test_sizes(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_text("x" * 11)
    tools = Tools(tmp_path, max_file_size=10)
    refused = "Error: File exceeds maximum size of 10 bytes"
    assert tools.call("ReadFile", '{"path": "big.txt"}') == refused
    assert tools.call("WriteFile", '{"path": "new.txt", "content": "xxxxxxxxxxx"}') == refused
    assert not (tmp_path / "new.txt").exists()


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")  # reading it would wait for ever
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe")
    tools = Tools(tmp_path)
    assert tools.call("ReadFile", '{"path": "a.txt"}') == "Error: File a.txt not found"
    assert tools.call("ReadFile", '{"path": "pipe.txt"}') == "Error: File pipe.txt not found"
    assert tools.call("WriteFile", '{"path": "pipe.txt", "content": "x"}') == "Error: pipe.txt is not a file"
    assert tools.call("DeleteFile", '{"path": "a.txt"}') == "Error: a.txt is not a file"
    assert tools.call("ReadFile", '{"path": "bytes.txt"}').startswith("Error reading file: ")
    assert tools.call("ReadFile", r'{"path": "a\u0000.txt"}').startswith("Error")


def test_a_long_listing_is_cut(tmp_path: Path) -> None:
    for number in range(1002):
        (tmp_path / f"{number:04}.txt").touch()
    assert Tools(tmp_path).call("ListDirectory", "{}").splitlines()[-1] == "... and 2 more"


def test_the_base_directory_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="does not exist"):
        FileSystemToolKit(base_directory=tmp_path / "x")
    (tmp_path / "file").touch()
    with pytest.raises(ValidationError, match="is not a directory"):
        FileSystemToolKit(base_directory=tmp_path / "file")
