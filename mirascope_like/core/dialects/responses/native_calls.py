"""Calls of tools that OpenAI defines and the user's program runs: custom tools, shells, patches and computers.

Source: OpenAI's references of `custom_tool_call`, `shell_call`, `local_shell_call`, `apply_patch_call` and
`computer_call`. Calls of tools that OpenAI runs itself, such as a shell in its container, do not count as tool calls
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field
from pydantic_core import to_json

from ...base.parsing import as_list, as_object, settled
from ...base.tools import BaseTool, ToolCall, given_arguments, tool_name
from ..chat_completions import NativeTool, arguments_text, custom_arguments, custom_type


class ShellTool(NativeTool):
    """A call of OpenAI's shell tool: shell commands that the model asks the program to run."""

    commands: list[str]
    timeout_ms: int | None = None
    """The time limit of the commands, in milliseconds."""
    max_output_length: int | None = None
    """The maximum number of characters of output that the model asks for."""

    @classmethod
    def _name(cls) -> str:
        return "shell"


class LocalShellTool(NativeTool):
    """A call of OpenAI's local shell tool: one command that the model asks the program to run."""

    command: list[str]
    env: dict[str, str] = Field(default_factory=dict[str, str])
    timeout_ms: int | None = None
    """The time limit of the command, in milliseconds."""
    user: str | None = None
    working_directory: str | None = None

    @classmethod
    def _name(cls) -> str:
        return "local_shell"


class ApplyPatchTool(NativeTool):
    """A call of OpenAI's patch tool: a change of a file that the model asks the program to make."""

    type: Literal["create_file", "update_file", "delete_file"]
    path: str
    diff: str | None = None

    @classmethod
    def _name(cls) -> str:
        return "apply_patch"


class ComputerTool(NativeTool):
    """A call of OpenAI's computer tool: actions, such as clicks, that the model asks the program to perform."""

    actions: list[dict[str, Any]]
    pending_safety_checks: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    """Safety warnings of OpenAI, which the result must acknowledge."""

    @classmethod
    def _name(cls) -> str:
        return "computer"


_CALLS: dict[str, tuple[str, str]] = {
    "shell_call": ("shell", "action"),
    "local_shell_call": ("local_shell", "action"),
    "apply_patch_call": ("apply_patch", "operation"),
    "computer_call": ("computer", ""),
}
"""Maps the type of a call item to the tool's name and to the field that contains the arguments."""
_DECLARED: dict[str, type[NativeTool]] = {
    "shell": ShellTool,
    "local_shell": LocalShellTool,
    "apply_patch": ApplyPatchTool,
    "computer": ComputerTool,
    "computer_use": ComputerTool,
    "computer_use_preview": ComputerTool,
}


def native_types(tools: Sequence[Mapping[str, Any]]) -> list[type[BaseTool]]:
    """Return the tool types for those tools, declared in OpenAI's own format, that the program runs."""
    found = [_DECLARED.get(str(tool.get("type"))) or custom_type(tool) for tool in tools if not _is_hosted(tool)]
    return [kind for kind in found if kind is not None]


def not_native(types: Sequence[type[BaseTool]], tools: Sequence[Mapping[str, Any]]) -> list[type[BaseTool]]:
    """Return the tool types whose names are not also declared in OpenAI's own format."""
    names = {tool_name(kind) for kind in native_types(tools)}
    return [kind for kind in types if tool_name(kind) not in names]


def is_call(item: Mapping[str, Any]) -> bool:
    """Return True if an item is a tool call whose tool the program runs."""
    kind = item.get("type")
    if not isinstance(kind, str):
        return False
    return kind in ("function_call", "custom_tool_call") or (kind in _CALLS and not _is_hosted(item))


def call_name(item: Mapping[str, Any]) -> str:
    """Return the name of the tool that an item calls."""
    return _CALLS[item["type"]][0] if item.get("type") in _CALLS else str(item.get("name") or "")


def add_piece(item: dict[str, Any], subject: str, verb: str, data: Mapping[str, Any]) -> None:
    """Apply an event to the item of its call, if the event has a piece of a shell command or of a patch.

    `subject` and `verb` are the event's type before and after its last dot, `data` is the event. An event with the
    whole command or patch replaces the pieces. Any other event changes nothing.
    """
    if subject == "response.shell_call_command":
        action = item["action"] = as_object(item.get("action"))
        commands = action["commands"] = as_list(action.get("commands"))
        at = data.get("command_index")
        if isinstance(at, int) and 0 <= at <= len(commands):
            commands[at:] = commands[at:] or [""]
            _add_text(commands, at, verb, data.get("command"), data.get("delta"))
    elif subject == "response.apply_patch_call_operation_diff":
        operation = item["operation"] = as_object(item.get("operation"))
        operation.setdefault("diff", "")
        _add_text(operation, "diff", verb, data.get("diff"), data.get("delta"))


def _add_text(owner: Any, place: Any, verb: str, whole: Any, piece: Any) -> None:
    if verb == "delta" and isinstance(piece, str):
        owner[place] += piece
    elif isinstance(whole, str):
        owner[place] = whole


def call_in(item: Mapping[str, Any], native: Any, types: Sequence[type[BaseTool]]) -> ToolCall | None:
    """Return the tool call in an item; None for any other item, and if OpenAI runs the tool itself.

    `native` becomes the `tool_call` of the tool. `types` are the offered tools.
    """
    if not is_call(item):
        return None
    name, written = call_name(item), arguments_text(given_arguments(item))
    if item["type"] == "custom_tool_call":
        written = custom_arguments(name, str(item.get("input") or ""), types)
    elif item["type"] in _CALLS:
        written = to_json(_fields(item)).decode()
    return ToolCall(id=item.get("call_id"), name=name, arguments=written, native=native)


def _fields(item: Mapping[str, Any]) -> dict[str, Any]:
    name, place = _CALLS[item["type"]]
    if name == "computer":  # models of the preview did one action at a time
        actions = as_list(item.get("actions")) or [item["action"]] if item.get("action") else item.get("actions")
        checks = item.get("pending_safety_checks")
        return {"actions": actions or [], **({"pending_safety_checks": checks} if checks else {})}
    fields: dict[str, Any] = settled(as_object(item.get(place)))
    kept = {key: value for key, value in fields.items() if value is not None}
    return {key: value for key, value in kept.items() if not (name == "local_shell" and key == "type")}


def _is_hosted(item: Mapping[str, Any]) -> bool:
    """Return True if OpenAI runs the tool in its own container."""
    return as_object(item.get("environment")).get("type") not in (None, "local")
