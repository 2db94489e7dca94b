"""OpenAI's Chat Completions format: messages, chunks, accumulator, response, provider.

Used by: `core.openai`, `azure`, `groq`, `mistral`, `hosts`, `local`.
Must not know: which host receives the requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.runtime import lazy_names

if TYPE_CHECKING:
    from .accumulator import ChatAccumulator
    from .azure_inference import (
        INFERENCE_VARIABLES,
        completions,
        inference_create,
        inference_kind,
        inference_options,
        is_inference,
    )
    from .calls import joined_name
    from .chunk import BaseChatChunk, arguments_text, call_in_form, content_text
    from .custom_tools import CustomTool, NativeTool, custom_arguments, custom_type
    from .delta_fast_path import DeltaFastPath
    from .messages import (
        data_url,
        decode_message,
        decode_reply,
        encode_messages,
        encode_part,
        encode_tool_result,
        refused,
    )
    from .openai_types import ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk, OpenAISDKProvider, OpenAISDKTool
    from .params import ChatCallParams, ChatToolConfig
    from .provider import ChatProvider, encode_structure, encode_tool, openai_limit_names
    from .response import BaseChatCallResponse, sendable_calls
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "accumulator": "ChatAccumulator",
            "calls": "joined_name",
            "chunk": "BaseChatChunk arguments_text call_in_form content_text",
            "custom_tools": "CustomTool NativeTool custom_arguments custom_type",
            "delta_fast_path": "DeltaFastPath",
            "messages": "data_url decode_message decode_reply encode_messages encode_part encode_tool_result refused",
            "openai_types": "ChatFinishReason OpenAISDKCallResponse OpenAISDKChunk OpenAISDKProvider OpenAISDKTool",
            "params": "ChatCallParams ChatToolConfig",
            "provider": "ChatProvider encode_structure encode_tool openai_limit_names",
            "response": "BaseChatCallResponse sendable_calls",
            "azure_inference": "INFERENCE_VARIABLES completions inference_create inference_kind inference_options "
            "is_inference",
        },
    )

__all__ = [
    "BaseChatCallResponse",
    "BaseChatChunk",
    "ChatCallParams",
    "ChatFinishReason",
    "ChatAccumulator",
    "ChatProvider",
    "ChatToolConfig",
    "CustomTool",
    "DeltaFastPath",
    "NativeTool",
    "OpenAISDKCallResponse",
    "OpenAISDKChunk",
    "OpenAISDKTool",
    "OpenAISDKProvider",
    "arguments_text",
    "call_in_form",
    "content_text",
    "custom_arguments",
    "custom_type",
    "data_url",
    "decode_message",
    "decode_reply",
    "encode_messages",
    "encode_part",
    "encode_structure",
    "encode_tool",
    "encode_tool_result",
    "joined_name",
    "openai_limit_names",
    "refused",
    "sendable_calls",
    "INFERENCE_VARIABLES",
    "completions",
    "inference_create",
    "inference_kind",
    "inference_options",
    "is_inference",
]
