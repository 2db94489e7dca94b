"""`FileSystemToolKit`: tools that read and change files below one folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ClassVar, ParamSpec

from pydantic import Field, field_validator

from ..core.base.tools import toolkit_tool
from .base import ConfigurableToolKit, ToolConfiguration

P = ParamSpec("P")

_EXTENSIONS = ("txt", "md", "csv", "json", "yml", "yaml", "html")
_ENTRIES = 1000
"""The maximum number of entries that `ListDirectory` shows."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class FileSystemToolKitConfig(ToolConfiguration):
    """The configuration of a `FileSystemToolKit`."""

    max_file_size: int = 10 * 1024 * 1024
    """The maximum size of a file that is read or written, in bytes."""
    allowed_extensions: list[str] = Field(default_factory=lambda: list(_EXTENSIONS))
    """The extensions of files that may be read, written and deleted."""


class _RefusedError(Exception):
    """A path that the tools do not use. Its text is for the model."""


def _errors_as_text(doing: str) -> Callable[[Callable[P, str]], Callable[P, str]]:
    """Return a decorator of a tool that returns errors of files and paths as a text, for the model."""

    def decorate(tool: Callable[P, str]) -> Callable[P, str]:
        @wraps(tool)
        def call(*args: P.args, **kwargs: P.kwargs) -> str:
            try:
                return tool(*args, **kwargs)
            except _RefusedError as refused:
                return str(refused)
            except (OSError, ValueError) as error:
                return f"Error {doing}: {error}"

        return call

    return decorate


class FileSystemToolKit(ConfigurableToolKit[FileSystemToolKitConfig]):
    """Tools for files below `base_directory`. A path that leads outside of it, also through a symbolic link, is
    refused.

    The tools return a text that begins with "Error" instead of raising an exception, so that the model can react.
    """

    __namespace__: ClassVar[str | None] = "file_system"
    __prompt_usage_description__: ClassVar[str] = """
    - Tools for files:
        - ReadFile: returns the content of a file
        - WriteFile: writes a file
        - ListDirectory: lists a folder
        - CreateDirectory: creates a folder
        - DeleteFile: deletes a file
    """

    config: FileSystemToolKitConfig = FileSystemToolKitConfig()
    base_directory: Path = Field(default_factory=Path.cwd)
    """The folder that contains all files the tools may use."""

    @field_validator("base_directory")
    @classmethod
    def _check_base_directory(cls, value: Path) -> Path:
        if not value.exists():
            raise ValueError(f"Base directory {value} does not exist")
        if not value.is_dir():
            raise ValueError(f"{value} is not a directory")
        return value

    @toolkit_tool
    @_errors_as_text("reading file")
    def ReadFile(self, path: str) -> str:
        """Read a text file.

        Args:
            path: The path of the file, relative to the base directory.
        """
        file = self._file(path)
        if not file.is_file():
            return f"Error: File {path} not found"
        descriptor = os.open(file, os.O_RDONLY | _NO_FOLLOW | _BINARY)
        with open(descriptor, "rb") as opened:
            content = opened.read(self.config.max_file_size + 1)
        self._check_size(content)
        return content.decode()

    @toolkit_tool
    @_errors_as_text("writing file")
    def WriteFile(self, path: str, content: str) -> str:
        """Write a text file. An existing file is replaced.

        Args:
            path: The path of the file, relative to the base directory.
            content: The new content of the file.
        """
        file = self._file(path)
        data = content.encode()
        self._check_size(data)
        if file.exists() and not file.is_file():
            return f"Error: {path} is not a file"
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_FOLLOW | _BINARY, 0o666)
        with open(descriptor, "wb") as opened:
            opened.write(data)
        return f"Successfully wrote to {path}"

    @toolkit_tool
    @_errors_as_text("listing directory")
    def ListDirectory(self, path: str = "") -> str:
        """List the files and folders in a folder.

        Args:
            path: The path of the folder, relative to the base directory.
        """
        folder = self._within(path)
        if not folder.is_dir():
            return f"Error: Directory {path} not found"
        entries = sorted(folder.iterdir())
        lines = [f"Contents of {path or '.'} :", *map(_described, entries[:_ENTRIES])]
        if len(entries) > _ENTRIES:
            lines.append(f"... and {len(entries) - _ENTRIES} more")
        return "\n".join([*lines, ""])

    @toolkit_tool
    @_errors_as_text("creating directory")
    def CreateDirectory(self, path: str) -> str:
        """Create a folder.

        Args:
            path: The path of the folder, relative to the base directory.
        """
        self._within(path).mkdir(parents=True, exist_ok=True)
        return f"Successfully created directory {path}"

    @toolkit_tool
    @_errors_as_text("deleting file")
    def DeleteFile(self, path: str) -> str:
        """Delete a file.

        Args:
            path: The path of the file, relative to the base directory.
        """
        file = self._file(path)
        if not file.exists():
            return f"Error: File {path} not found"
        if not file.is_file():
            return f"Error: {path} is not a file"
        file.unlink()
        return f"Successfully deleted {path}"

    def _within(self, path: str) -> Path:
        """Return the real path, with all symbolic links resolved."""
        base = self.base_directory.resolve()
        found = (base / path).resolve()
        if not found.is_relative_to(base):
            raise _RefusedError("Error: Invalid path (attempted path traversal)")
        return found

    def _file(self, path: str) -> Path:
        found = self._within(path)
        allowed = self.config.allowed_extensions
        if any(Path(one).suffix.lstrip(".") not in allowed for one in (path, found)):
            raise _RefusedError(f"Error: Invalid file extension. Allowed: {allowed}")
        return found

    def _check_size(self, content: bytes) -> None:
        if len(content) > self.config.max_file_size:
            raise _RefusedError(f"Error: File exceeds maximum size of {self.config.max_file_size} bytes")


def _described(entry: Path) -> str:
    if entry.is_file():
        return f"- {entry.name} [file] ({entry.stat().st_size} bytes)"
    return f"- {entry.name} [directory]"
