"""A client of pyright's language server: what an editor shows at a place of a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

JSON = dict[str, Any]


class LanguageServer:
    """Asks about one file. A place is a line of it that contains "^", which stands for the cursor and is taken out."""

    def __init__(self, folder: Path, text: str, root: Path) -> None:
        self._uri = (folder / "program.py").as_uri()
        self._folder = folder
        self._lines = text.splitlines()
        self._settings = {"pythonPath": sys.executable, "analysis": {"extraPaths": [str(root)]}}
        self._count = 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-c", "from pyright.langserver import entrypoint; entrypoint()", "--stdio"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self._folder)
        plain = ["plaintext"]
        shown = {
            "hover": {"contentFormat": plain},
            "completion": {"completionItem": {"documentationFormat": plain}},
            "signatureHelp": {"signatureInformation": {"documentationFormat": plain}},
        }
        folders = [{"uri": self._folder.as_uri(), "name": "program"}]
        wishes = {"workspace": {"configuration": True}, "textDocument": shown}
        root = {"rootUri": self._folder.as_uri(), "workspaceFolders": folders}
        self._ask("initialize", {"processId": None, **root, "capabilities": wishes})
        self._send({"method": "initialized", "params": {}})
        document = {"uri": self._uri, "languageId": "python", "version": 0, "text": "\n".join(self._lines)}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._server:  # closes its pipes and waits for it
            self._ask("shutdown", {})
            self._send({"method": "exit"})

    def hover(self, place: str) -> str:
        """The text that the editor shows for the name at a place."""
        found = self._ask("textDocument/hover", self._at(place))
        return str(found["contents"]["value"]) if found else ""

    def completions(self, place: str) -> list[JSON]:
        """What may follow at a place; with "documentation" for those that have one, once resolved."""
        found = self._ask("textDocument/completion", self._at(place))
        items: list[JSON] = (found or {}).get("items", [])
        return items

    def resolved(self, item: JSON) -> JSON:
        """A completion with its documentation."""
        found: JSON = self._ask("completionItem/resolve", item)
        return found

    def signatures(self, place: str) -> list[JSON]:
        """The signatures that the editor shows within parentheses."""
        found = self._ask("textDocument/signatureHelp", self._at(place))
        signatures: list[JSON] = found["signatures"]
        return signatures

    def _at(self, place: str) -> JSON:
        """Put the line of a place at the end of the file, where it sees all names; return its position."""
        self._count += 1
        text = "\n".join([*self._lines, place.replace("^", "")])
        document = {"uri": self._uri, "version": self._count}
        changed = {"textDocument": document, "contentChanges": [{"text": text}]}
        self._send({"method": "textDocument/didChange", "params": changed})
        *before, last = place[: place.index("^")].split("\n")
        position = {"line": len(self._lines) + len(before), "character": len(last)}
        return {"textDocument": {"uri": self._uri}, "position": position}

    def _ask(self, method: str, params: JSON) -> Any:
        self._count += 1
        own = self._count
        self._send({"id": own, "method": method, "params": params})
        while True:
            message = self._received()
            if "method" not in message and message.get("id") == own:
                assert "error" not in message, message
                return message["result"]
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": self._answer(message)})

    def _answer(self, message: JSON) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        return [self._settings if one.get("section") == "python" else None for one in message["params"]["items"]]

    def _send(self, message: JSON) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe: IO[bytes] | None = self._server.stdin
        assert pipe is not None
        pipe.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        pipe.flush()

    def _received(self) -> JSON:
        pipe: IO[bytes] | None = self._server.stdout
        assert pipe is not None
        length = 0
        while line := pipe.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        assert length, "the language server has ended"
        message: JSON = json.loads(pipe.read(length))
        return message
