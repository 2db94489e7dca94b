"""Bedrock's Converse API: the provider of `bedrock.call`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, ClassVar

from pydantic_core import to_json

from ..base.errors import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    MirascopeLikeError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    error_kind,
    retry_after,
)
from ..base.messages import CallForm
from ..base.parsing import as_object, at, readable
from ..base.provider import AsyncSource, Clients
from ..base.request import Request, Strategy, Structure
from ..base.response import Accumulator
from ..base.tools import BaseTool, tool_description, tool_name
from ..dialects.schemas import ANTHROPIC_WORDS, strict_schema, tool_arguments
from ..dialects.transport import (
    CONNECT_SECONDS,
    MAX_CONNECTIONS,
    AsyncBotocoreSource,
    BotocoreSource,
    ThreadedProvider,
    asent_once,
    async_method,
    check_asyncio,
    sent_once,
    sync_method,
    watch_botocore,
)
from .accumulator import BedrockAccumulator
from .messages import encode_messages
from .params import BedrockCallParams
from .types import BedrockCallResponse, BedrockCallResponseChunk, BedrockTool

# boto3 has no type annotations, and stub packages must not be required.
sdk: Any = import_module("botocore.exceptions")
_parser_error: Any = import_module("botocore.eventstream").ParserError
_session: Any = import_module("boto3.session").Session
_CLIENT = "boto3.client('bedrock-runtime')"
_CONFIG: Any = import_module("botocore.config").Config(
    max_pool_connections=MAX_CONNECTIONS, connect_timeout=CONNECT_SECONDS
)
"""The settings of default clients, as those of other SDKs; those of the environment apply too."""

_INFERENCE = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP", "stop": "stopSequences"}

_CODES: dict[type[ProviderError], str] = {
    AuthenticationError: "ExpiredToken IncompleteSignature InvalidClientTokenId InvalidSignature"
    " MissingAuthenticationToken SignatureDoesNotMatch UnrecognizedClient",
    NotFoundError: "ResourceNotFound",
    OverloadedError: "ModelNotReady ServiceUnavailable",
    PermissionDeniedError: "AccessDenied",
    RateLimitError: "ServiceQuotaExceeded Throttling TooManyRequests",
    RequestTimeoutError: "ModelTimeout",
    ServerError: "InternalServer ModelError ModelStreamError",
}
"""AWS error codes, without the suffix "Exception". Source: boto3's service model, and AWS's common errors."""
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes.split()}

_SETTINGS: dict[type[Exception], str] = {
    sdk.NoCredentialsError: "no AWS credentials: set the environment variables AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or AWS_BEARER_TOKEN_BEDROCK",
    sdk.PartialCredentialsError: "half of the AWS credentials are missing: set the environment variables"
    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    sdk.NoRegionError: "no AWS region: set the environment variable AWS_DEFAULT_REGION",
    sdk.ProfileNotFound: "no such AWS profile: set the environment variable AWS_PROFILE to one of ~/.aws/config",
}


_ENVIRONMENT = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE"),
    *("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
)


class BedrockProvider(ThreadedProvider[BedrockCallResponse, BedrockCallResponseChunk, BedrockTool]):
    """Sends requests to Bedrock, or to the address of the client that was passed.

    An async call runs boto3 in a thread. If it is cancelled, its connection is shut and the thread ends. With an async
    client, such as aiobotocore's, it awaits the client's method.
    """

    name = "bedrock"
    environment: tuple[str, ...] = _ENVIRONMENT
    response_type = BedrockCallResponse
    chunk_type = BedrockCallResponseChunk
    tool_type = BedrockTool
    accumulator_type: type[Accumulator[Any, Any]] = BedrockAccumulator
    params_type = BedrockCallParams
    call_form: ClassVar[CallForm] = CallForm(ids=re.compile("[a-zA-Z0-9_-]{1,64}"))  # source: that of `ToolUseBlock`
    kinds: ClassVar[Mapping[type[Exception], type[MirascopeLikeError]]] = {
        sdk.ConnectTimeoutError: RequestTimeoutError,
        sdk.ReadTimeoutError: RequestTimeoutError,
        sdk.HTTPClientError: ConnectionFailedError,
        sdk.ConnectionError: ConnectionFailedError,
        sdk.ParamValidationError: BadRequestError,
        sdk.BotoCoreError: ProviderError,
        _parser_error: ProviderError,
    }
    readers: ClassVar[tuple[str, ...]] = ("botocore.parsers", "aiobotocore.parsers")

    @cached_property
    def _defaults(self) -> Clients:
        return Clients(_make_client, _make_client, self.environment)

    def _sdk_method(self, request: Request, name: str) -> Any:
        method = sync_method(watch_botocore(request.client or self._defaults.sync()), name, _CLIENT)
        return sent_once(method, request.sent_once)

    def encode(self, request: Request) -> dict[str, Any]:
        system, messages = encode_messages(request.messages)
        params = {key: value for key, value in request.call_params.items() if value is not None}
        inference = {name: params.pop(key) for key, name in _INFERENCE.items() if key in params}
        if isinstance(stop := inference.get("stopSequences"), str):
            inference["stopSequences"] = [stop]
        payload: dict[str, Any] = {"modelId": request.model, "messages": messages, **params}
        if inference:
            payload["inferenceConfig"] = {**inference, **(payload.get("inferenceConfig") or {})}
        if system := [*(payload.get("system") or ()), *system]:
            payload["system"] = system
        if tools := [*request.native_tools, *(encode_tool(tool) for tool in request.tools)]:
            config = as_object(payload.get("toolConfig"))
            payload["toolConfig"] = {**config, "tools": [*(config.get("tools") or ()), *tools]}
        return payload

    def strategy(self, request: Request, preferred: Strategy) -> Strategy:
        thinking = at(request.call_params, "additionalModelRequestFields.thinking.type") or "disabled"
        # With thinking enabled, a tool call cannot be forced.
        return "json" if preferred == "tool" and thinking != "disabled" else preferred

    def structure(self, payload: dict[str, Any], structure: Structure) -> None:
        named = {"name": structure.name, "description": structure.description}
        config = as_object(payload.get("toolConfig"))
        if structure.strategy == "tool":
            tool = {"toolSpec": {**named, "inputSchema": {"json": dict(structure.schema)}}}
            payload["toolConfig"] = {"toolChoice": {"any": {}}, **config, "tools": [*(config.get("tools") or ()), tool]}
        elif structure.strategy == "schema":
            schema = to_json(strict_schema(structure.schema, ANTHROPIC_WORDS, all_required=False)).decode()
            held = {"type": "json_schema", "structure": {"jsonSchema": {**named, "schema": schema}}}
            payload["outputConfig"] = {**as_object(payload.get("outputConfig")), "textFormat": held}

    def untooled(self, request: Request) -> Request:
        # Bedrock requires the tools as long as the messages contain calls of them, and cannot forbid calls.
        return request

    async def asend(self, request: Request, payload: dict[str, Any]) -> Any:
        if (method := async_method(request.client, "converse")) is None:
            return await super().asend(request, payload)
        check_asyncio(self.name)
        found = await asent_once(method, request.sent_once)(**payload)
        return readable(found, BedrockCallResponse.parse_raw_response)

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        if (method := async_method(request.client, "converse_stream")) is None:
            return await super().aopen(request, payload)
        check_asyncio(self.name)
        return AsyncBotocoreSource(await asent_once(method, request.sent_once)(**payload))

    def send(self, request: Request, payload: dict[str, Any]) -> Any:
        return readable(self._sdk_method(request, "converse")(**payload), BedrockCallResponse.parse_raw_response)

    def begin(self, request: Request, payload: dict[str, Any]) -> BotocoreSource:
        return BotocoreSource(self._sdk_method(request, "converse_stream")(**payload))

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        found = super().failure(error, request, source)
        if isinstance(found, ProviderError) and isinstance(http_response := vars(found).get("response"), dict):
            found.status_code = at(http_response, "ResponseMetadata.HTTPStatusCode")
            found.request_id = at(http_response, "ResponseMetadata.RequestId")
            found.body = at(http_response, "Error")
            headers = at(http_response, "ResponseMetadata.HTTPHeaders") or getattr(source, "headers", None)
            found.retry_after = retry_after(headers, found.body, str(found))
        return found

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        if not isinstance(error, sdk.ClientError):
            return super().identify(error)
        http_response = vars(error).get("response")
        code = str(at(http_response, "Error.Code") or "")
        kind = _KINDS.get(f"{code[:1].upper()}{code[1:]}".removesuffix("Exception"))
        # An error in the middle of a stream has a code, but no status.
        status = at(http_response, "ResponseMetadata.HTTPStatusCode") or (400 if "alidation" in code else None)
        return kind or error_kind(status, None, str(error))

    def broken(self, message: str, response: Any, *, timed_out: bool) -> Exception:
        made: Exception = sdk.ReadTimeoutError(endpoint_url=message) if timed_out else _streaming_error(message)
        return made

    def reported(self, message: str, response: Any, body: Any = None) -> Exception:
        return _streaming_error(message)  # boto3 itself raises the errors that arrive in a stream

    def missing_key_error(self, error: Exception) -> Exception | None:
        advice = next((advice for kind, advice in _SETTINGS.items() if isinstance(error, kind)), None)
        if advice is not None:
            error.args = (f"{advice}; or pass client=boto3.client('bedrock-runtime', ...)",)
            return error
        return None


def _streaming_error(message: str) -> Exception:
    made: Exception = sdk.ResponseStreamingError(error=message)
    return made


def _make_client() -> Any:
    # A new session, because boto3's default session keeps the credentials that it found first.
    return watch_botocore(_session().client("bedrock-runtime", config=_CONFIG), limited=True)


def encode_tool(tool: type[BaseTool]) -> dict[str, Any]:
    """Return a tool in Converse's format."""
    named = {"name": tool_name(tool), "description": tool_description(tool)}
    arguments = {"json": tool_arguments(tool, ANTHROPIC_WORDS, all_required=False)}
    given = {key: value for key, value in tool.tool_config.items() if value is not None}
    return {"toolSpec": {**named, "inputSchema": arguments, **given}}
