"""Converts results of the tools that OpenAI defines to items. Each kind of call requires its own form of result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ...base.errors import PromptError
from ...base.messages import ImagePart, ImageURLPart, ToolResultPart
from ...base.parsing import as_list, as_object, dumped
from ...base.response import tool_results
from ...base.tools import BaseTool, call_of
from .messages import encode_part, encode_tool_result
from .native_calls import ComputerTool

_ACKNOWLEDGED = "acknowledged_safety_checks"


def encode_results(tools_and_outputs: Sequence[tuple[BaseTool, Any]]) -> list[dict[str, Any]]:
    """Return one item for each tool result. An output that is an exception is sent as an error.

    Raises `PromptError` if the output of a computer call is not an image.
    """
    results = tool_results(tools_and_outputs)
    return [_encode(tool, output, one) for (tool, output), one in zip(tools_and_outputs, results, strict=True)]


def _encode(tool: BaseTool, output: Any, result: ToolResultPart) -> dict[str, Any]:
    native = call_of(tool).native
    call = dumped(native) if isinstance(native, BaseModel) else as_object(native)
    kind = f"{call.get('type')}_output"
    head = {"type": kind, "call_id": result.id}
    caller = {"caller": call["caller"]} if call.get("caller") else {}
    match call.get("type"):
        case "custom_tool_call":
            return {**encode_tool_result(result), **head, **caller}
        case "shell_call":
            limit = as_object(call.get("action")).get("max_output_length")
            limits = {"max_output_length": limit} if limit is not None else {}
            return {**head, "output": _shell_output(output, result), **limits, **caller}
        case "local_shell_call":
            return {"type": kind, "id": result.id, "output": result.text}
        case "apply_patch_call":
            status = "failed" if result.is_error else "completed"
            return {**head, "status": status, "output": result.text, **caller}
        case "computer_call":
            return {**head, "output": _screenshot(output, result), **_acknowledged(tool, call, output)}
        case _:
            return {**encode_tool_result(result), **caller}


def _shell_output(output: Any, result: ToolResultPart) -> list[dict[str, Any]]:
    """Return the output of each command, in OpenAI's format. If the tool returned only a text, it becomes the output
    of one command.
    """
    ran: list[Any] = [output] if isinstance(output, Mapping) else as_list(output)
    if ran and all("stdout" in as_object(one) or "stderr" in as_object(one) for one in ran):
        ended = {"type": "exit", "exit_code": 0}
        return [{"stdout": "", "stderr": "", "outcome": ended, **as_object(one)} for one in ran]
    text, failed = result.text, result.is_error
    streams = {"stdout": "" if failed else text, "stderr": text if failed else ""}
    return [{**streams, "outcome": {"type": "exit", "exit_code": int(failed)}}]


def _acknowledged(tool: BaseTool, call: Mapping[str, Any], output: Any) -> dict[str, Any]:
    """Return the safety checks that a result acknowledges: those in the output, or else those that were passed to
    the tool's function.
    """
    checks: list[Any] = as_list(as_object(output).get(_ACKNOWLEDGED))
    if not checks and not isinstance(tool, ComputerTool) and "pending_safety_checks" in type(tool).model_fields:
        checks = as_list(call.get("pending_safety_checks"))
    return {_ACKNOWLEDGED: checks} if checks else {}


def _screenshot(output: Any, result: ToolResultPart) -> dict[str, Any]:
    if isinstance(output, Mapping):
        fields = {key: value for key, value in as_object(output).items() if key != _ACKNOWLEDGED}
        return {"type": "computer_screenshot", **fields}
    images = [one for one in result.media if isinstance(one, ImagePart | ImageURLPart)]
    if images:
        return {"type": "computer_screenshot", "image_url": encode_part(images[0], "user")["image_url"]}
    if isinstance(output, str) and output.startswith(("data:image/", "https://", "http://")):
        return {"type": "computer_screenshot", "image_url": output}
    raise PromptError(
        f"the tool {result.name!r} must return an image of the screen after its actions, not {result.text!r}"
    )
