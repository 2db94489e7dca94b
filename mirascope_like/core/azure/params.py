"""Call parameters of Azure OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from openai.types.chat import ChatCompletionMessageParam

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..dialects.chat_completions import ChatCallParams, ChatToolConfig


class AzureCallParams(ChatCallParams, total=False):
    """The parameters of Azure OpenAI's chat completions. Source: Azure OpenAI's REST reference, and the SDK."""

    data_sources: Iterable[Mapping[str, Any]]
    """Azure's "on your data": data sources on which the response is based."""
    model_extras: Mapping[str, Any]
    """Parameters of the model that the API does not have, as in `azure-ai-inference`. The same as `extra_body`."""
    user_security_context: Mapping[str, Any]
    """The identity of the end user, for Microsoft Defender."""


class AzureToolConfig(ChatToolConfig, total=False):
    """Settings of a tool. With `strict`, the arguments are guaranteed to match the schema."""


AzureMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in the SDK's format, or a `BaseMessageParam`."""


class AzureDynamicConfig(BaseDynamicConfig[AzureMessageParam, AzureCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncAzureDynamicConfig: TypeAlias = AzureDynamicConfig
"""The same as `AzureDynamicConfig`, for async prompt functions."""
