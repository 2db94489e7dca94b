"""Requests with tools for batches of Bedrock, in the native formats of Amazon Nova and Anthropic Claude.

Bedrock refuses tools in batches of Converse requests; in batches of the operation InvokeModel it accepts them.
Sources: AWS's guide of batch inference, Nova's "request and response schema", Claude's Messages API on Bedrock, and
Anthropic's reference of messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic_core import to_json

from ...core.base.errors import ConfigurationError
from ...core.base.parsing import as_list, as_object

JSONObject = dict[str, Any]


class NativeFormat(NamedTuple):
    """The format of a family of models."""

    encode: Callable[[JSONObject], JSONObject]
    """Returns the native request for the body of a Converse request. Raises `ConfigurationError` for what the format
    does not support.
    """
    decode: Callable[[Mapping[str, Any]], JSONObject]
    """Returns the response of Converse for a native response."""


def native_format(model: str) -> NativeFormat:
    """Return the format of a model. Raises `ConfigurationError` for models of other families."""
    for name, found in _FORMATS.items():
        if name in model:
            return found
    raise ConfigurationError(
        f"requests with tools (toolConfig) of {model!r} cannot be sent in a batch: Bedrock accepts tools only in"
        " the native format of a model, which is known here of Amazon Nova and Anthropic Claude. Use via='live'"
    )


_ENCODED = frozenset({"messages", "system", "inferenceConfig", "toolConfig", "additionalModelRequestFields"})
_INFERENCE = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "stopSequences": "stop_sequences",
}
_STOPPED = {"refusal": "content_filtered"}
_COUNTS = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "cache_read_input_tokens": "cacheReadInputTokens",
    "cache_creation_input_tokens": "cacheWriteInputTokens",
}
_NOVA_COUNTS = {
    "cacheReadInputTokenCount": "cacheReadInputTokens",
    "cacheWriteInputTokenCount": "cacheWriteInputTokens",
}


def _check(body: JSONObject) -> None:
    if unknown := body.keys() - _ENCODED:
        raise ConfigurationError(f"a request with tools and {', '.join(sorted(unknown))} cannot be sent in a batch")


def _unsupported(what: str, family: str) -> ConfigurationError:
    return ConfigurationError(f"a request with tools and {what} cannot be sent in a batch of {family}")


def _encode_nova(body: JSONObject) -> JSONObject:
    _check(body)
    for message in body["messages"]:
        if any("document" in block for block in message["content"]):
            raise _unsupported("documents", "Amazon Nova")
    encoded = {name: one for name, one in body.items() if name != "additionalModelRequestFields"}
    for name, value in as_object(body.get("additionalModelRequestFields")).items():
        earlier = encoded.get(name)
        encoded[name] = {**earlier, **value} if isinstance(earlier, dict) and isinstance(value, Mapping) else value
    return encoded


def _decode_nova(output: Mapping[str, Any]) -> JSONObject:
    usage = {_NOVA_COUNTS.get(name, name): one for name, one in as_object(output.get("usage")).items()}
    return {**output, "usage": usage}


def _encode_claude(body: JSONObject) -> JSONObject:
    _check(body)
    inference, config = as_object(body.get("inferenceConfig")), as_object(body.get("toolConfig"))
    encoded: JSONObject = {
        "anthropic_version": "bedrock-2023-05-31",
        **{_INFERENCE[name]: one for name, one in inference.items()},
        "messages": [{**message, "content": _blocks(message["content"])} for message in body["messages"]],
        "tools": _with_cache_points(config.get("tools") or (), _tool),
    }
    if body.get("system"):
        encoded["system"] = _blocks(body["system"])
    for kind, value in as_object(config.get("toolChoice")).items():
        encoded["tool_choice"] = {"type": kind, **value}
    encoded.update(as_object(body.get("additionalModelRequestFields")))
    if "max_tokens" not in encoded:
        raise ConfigurationError(
            "a request with tools in a batch of Anthropic Claude on Bedrock needs max_tokens: set it in call_params"
        )
    return encoded


def _blocks(blocks: Iterable[Any]) -> list[JSONObject]:
    return _with_cache_points(blocks, _block)


def _with_cache_points(blocks: Iterable[Any], encode: Callable[[str, Any], JSONObject]) -> list[JSONObject]:
    """Return the encoded blocks. A cache point of Converse is a field of the block before it."""
    encoded = list[JSONObject]()
    for block in blocks:
        kind, value = next(iter(block.items()))
        if kind != "cachePoint":
            encoded.append(encode(kind, value))
        elif encoded:
            encoded[-1]["cache_control"] = {"type": "ephemeral", **({"ttl": value["ttl"]} if value.get("ttl") else {})}
    return encoded


def _tool(kind: str, value: Any) -> JSONObject:
    if kind != "toolSpec":
        raise _unsupported(kind, "Anthropic Claude")
    others = {name: one for name, one in value.items() if name != "inputSchema"}
    return {**others, "input_schema": value["inputSchema"]["json"]}


def _block(kind: str, value: Any) -> JSONObject:
    match kind, value:
        case "text", _:
            return {"type": "text", "text": value}
        case "json", _:
            return {"type": "text", "text": to_json(value).decode()}
        case "image", {"format": str(form), "source": {"bytes": data}}:
            return {"type": "image", "source": {"type": "base64", "media_type": f"image/{form}", "data": data}}
        case "document", {"format": "pdf", "source": {"bytes": data}, "name": str(name)}:
            source = {"type": "base64", "media_type": "application/pdf", "data": data}
            return {"type": "document", "source": source, "title": name}
        case "toolUse", {"toolUseId": str(id), "name": str(name)}:
            return {"type": "tool_use", "id": id, "name": name, "input": value.get("input") or {}}
        case "toolResult", {"toolUseId": str(id), "content": content}:
            result = {"type": "tool_result", "tool_use_id": id, "content": _blocks(content)}
            return {**result, "is_error": True} if value.get("status") == "error" else result
        case "reasoningContent", {"reasoningText": {"text": str(text), **others}}:
            return {"type": "thinking", "thinking": text, "signature": others.get("signature") or ""}
        case "reasoningContent", {"redactedContent": data}:
            return {"type": "redacted_thinking", "data": data}
        case _:
            raise _unsupported(f"a content block of the kind {kind}", "Anthropic Claude")


def _decode_claude(output: Mapping[str, Any]) -> JSONObject:
    usage = {name: output["usage"].get(key) or 0 for key, name in _COUNTS.items()}
    stopped = output.get("stop_reason")
    return {
        "output": {"message": {"role": "assistant", "content": list(map(_decoded, as_list(output.get("content"))))}},
        "stopReason": _STOPPED.get(str(stopped), stopped),
        "usage": {**usage, "totalTokens": sum(usage.values())},
    }


def _decoded(block: Any) -> JSONObject:
    match block:
        case {"type": "text", "text": text}:
            return {"text": text}
        case {"type": "tool_use", "id": id, "name": name, "input": arguments}:
            return {"toolUse": {"toolUseId": id, "name": name, "input": arguments}}
        case {"type": "thinking", "thinking": text, "signature": signature}:
            return {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}
        case {"type": "redacted_thinking", "data": data}:
            return {"reasoningContent": {"redactedContent": data}}
        case _:  # as boto3 returns a block that it does not know
            return {"SDK_UNKNOWN_MEMBER": {"name": str(as_object(block).get("type"))}}


_FORMATS = {
    "amazon.nova": NativeFormat(_encode_nova, _decode_nova),
    "anthropic.claude": NativeFormat(_encode_claude, _decode_claude),
}
"""The formats, by a part of the names of the models."""
