"""Chooses the error class for an HTTP status, an error code and an error text. Reads the request id of an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from .exceptions import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextWindowExceededError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
)
from .reported import error_texts, is_failing_status, levels

_CONTEXT = re.compile(
    # OpenAI, Azure, Groq, Cerebras, DeepSeek, OpenRouter, Together, SGLang, LM Studio; their Responses; xAI
    r"context[_ ]?(length|window|limit)|maximum (context|prompt|model) length"
    r"|reduce the length of the (messages|prompt)"
    # Anthropic, Fireworks, Bedrock, Ollama, DashScope
    r"|prompt is too long|prompt too long|input is too long|input tokens exceeded|range of input length"
    r"|input length (and|exceeds|of|\()"
    # Cohere, Bedrock, watsonx
    r"|too many (input )?tokens|number of (input )?tokens .{0,40}(exceed|cannot|maximum)"
    # NVIDIA, TensorRT-LLM, Volcengine, Databricks, SambaNova
    r"|input length .{0,20}exceeds|prompt length .{0,60}exceed|exceed max message tokens"
    r"|input tokens .{0,20}exceeds? model|maximum supported sequence length|prompt exceeds maximum context"
    # SiliconFlow
    r"|max_seq_len"
    # Google: the Gemini API and Vertex AI
    r"|(input )?token count .{0,60}(exceeds|supports (only )?up to)"
    # Mistral
    r"|too large for model with"
    # vLLM
    r"|longer than the maximum model length|max_model_len|too long to fit into the model"
    # z.ai, Kimi, MiniMax, GitHub Copilot, text-generation-inference
    r"|prompt exceeds max(imum)? length|exceeded model token limit|context exceeds limit|max_prompt_tokens_exceeded"
    r"|inputs`? (tokens \+ `?max_new_tokens`? must be|must have less than)"
    # llama.cpp
    r"|exceeds? the (available )?context|exceed_context_size",
    re.IGNORECASE | re.DOTALL,
)
"""Matches error texts about a prompt that is too long for the model. Source: the documentation or error reports of
the hosts that are named in the comments.
"""
_FILTER = re.compile(
    r"content[_ ](filter|management policy|policy[_ ]violation|moderation)|ResponsibleAIPolicy|\bsensitive content|"
    r"unsafe or sensitive|data_inspection_failed|SensitiveContentDetected|may contain (sensitive|inappropriate)|"
    # OpenRouter, xAI, OpenAI
    r"requires moderation on|input was flagged|flagged as potentially violating|violates usage guidelines|"
    r"safety system|new_sensitive",
    re.IGNORECASE,
)
"""Matches error texts about a prompt or an answer that a filter blocked."""
_LIMITED = re.compile(r"too many tokens.{0,20}, please wait|insufficient balance", re.IGNORECASE)
"""Matches the texts for a rate limit of Bedrock, and for a lack of money of DeepSeek, that come with other statuses and
codes.
"""
_WORDS: tuple[tuple[re.Pattern[str], type[ProviderError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (
            r"rate.?limit|too many requests|exceeded your current quota|quota exceeded|insufficient.balance"
            r"|usage limit (has been )?reached|limited to \d+ API calls",
            RateLimitError,
        ),
        (
            r"overloaded|(at|over|out of) capacity|capacity (temporarily )?exceeded|service.?unavailable"
            r"|temporarily unavailable|(currently|still) loading|(under )?high (load|demand)|too busy|负载已饱和",
            OverloadedError,
        ),
        (r"invalid api.?key|incorrect api.?key|login fail", AuthenticationError),
        (r"timed? ?out|deadline.exceeded", RequestTimeoutError),
        (r"internal.?(server.?)?error", ServerError),
    )
)
"""Maps patterns of error texts to error classes. Used for an error without a known status or code."""

_REQUEST_IDS = ("x-request-id", "request-id", "mistral-correlation-id")

_BY_STATUS: dict[int, type[ProviderError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: RateLimitError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: RequestTimeoutError,
    409: BadRequestError,
    413: BadRequestError,
    422: BadRequestError,
    498: OverloadedError,
    429: RateLimitError,
    503: OverloadedError,
    504: RequestTimeoutError,
    529: OverloadedError,
}


_CODES: dict[type[ProviderError], str] = {
    AuthenticationError: "authentication invalid_api_key unauthenticated unauthorized minimax_1004 minimax_2049",
    RateLimitError: "billing insufficient_quota insufficient_balance insufficient_credits payment_required rate_limit "
    "rate_limit_exceeded rate_limited rate_limit_reached too_many_requests resource_exhausted quota_exceeded "
    "exceeded_current_quota throttling arrearage 1302 1303 1304 1305 1308 1113 usage_limit_reached "
    "service_quota_exceeded minimax_1002 minimax_1008 minimax_1041 minimax_2056",
    PermissionDeniedError: "permission permission_denied forbidden access_denied",
    NotFoundError: "not_found model_not_found resource_not_found",
    BadRequestError: "invalid_request invalid_parameter bad_request invalid_argument failed_precondition "
    "out_of_range invalid_prompt request_too_large unprocessable_entity validation",
    ContextWindowExceededError: "context_length_exceeded context_window_exceeded model_context_window_exceeded "
    "exceed_context_size prompt_too_long model_max_prompt_tokens_exceeded 1261 minimax_1039",
    ContentFilterError: "content_filter content_policy_violation bio_policy image_content_policy_violation "
    "misalignment_policy_violation data_inspection_failed moderation_blocked content_moderation 1301 minimax_1026 "
    "minimax_1027",
    RequestTimeoutError: "timeout request_timeout gateway_timeout deadline_exceeded vector_store_timeout minimax_1001",
    OverloadedError: "overloaded engine_overloaded server_overloaded model_overloaded service_unavailable unavailable "
    "capacity_exceeded slow_down model_not_ready minimax_2064",
    ServerError: "api server internal_server internal bad_gateway minimax_1000 minimax_1013",
}
_BY_CODE: dict[str, type[ProviderError]] = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
"""Maps error codes, error types and gRPC status names to error classes.

Keys are in snake case, without the suffix "error". The numbers are codes of z.ai, and those after "minimax" of
MiniMax, which has other meanings for some of them. Source: the API references of the
providers, and `google.rpc.Code`.
"""


def _kind_of(code: object) -> type[ProviderError] | None:
    """Return the error class for an error code; None if the code is unknown. The code may be in snake case, camel
    case or with spaces.
    """
    if not isinstance(code, str | int):
        return None
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-. ]", "_", str(code)).lower()
    first = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(code).partition(".")[0]).lower()  # Throttling.RateQuota
    return _BY_CODE.get(re.sub(r"_(error|exception)$", "", snake)) or _BY_CODE.get(snake) or _BY_CODE.get(first)


def error_kind(status_code: int | None, code: str | None = None, text: str = "") -> type[ProviderError]:
    """Return the error class for an HTTP status, an error code and an error text. Each of them may be missing."""
    kind = _kind_of(code)
    if status_code is not None and status_code >= 400:
        of_status = _BY_STATUS.get(status_code) or (ServerError if status_code >= 500 else BadRequestError)
        blocked = kind is ContentFilterError and of_status is PermissionDeniedError
        kind = kind if kind is not None and (issubclass(kind, of_status) or blocked) else of_status
    if kind is PermissionDeniedError and _FILTER.search(text):  # OpenRouter's and xAI's status for it
        return ContentFilterError
    if kind in (BadRequestError, ServerError, None):
        if _LIMITED.search(text):
            return RateLimitError
        if _CONTEXT.search(text):
            return ContextWindowExceededError
        if kind is not ServerError and _FILTER.search(text):
            return ContentFilterError
    if kind in (ServerError, None):
        matched = next((meant for words, meant in _WORDS if words.search(text)), None)
        kind = matched if matched is not None and (kind is None or issubclass(matched, kind)) else kind
    return kind or ProviderError


_CODE_KEYS = ("code", "type", "status", "status_code", "error_code", "statusCode", "errcode", "__type", "Code")
"""The keys of codes and statuses in error bodies; `__type` and `Code` are Amazon's."""


def described(body: object) -> tuple[int | None, str | None, str]:
    """Return (HTTP status, error code, text) of an error body; the status and the code may be None.

    Knows the body structures of the common providers and gateways.
    """
    found = [*levels(body)]
    fields = [one for one in reversed(found) if isinstance(one, Mapping)]  # the innermost first
    codes = [one.get(key) for one in fields for key in _CODE_KEYS]
    codes += [f"minimax_{one['status_code']}" for one in fields if "status_msg" in one and one.get("status_code")]
    status = next((int(str(one)) for one in codes if is_failing_status(one)), None)
    named = [one for one in codes if isinstance(one, str) and not is_failing_status(one)]
    named += [str(one) for one in codes if isinstance(one, int) and not is_failing_status(one) and _kind_of(one)]
    code = next((one for one in named if _kind_of(one) is not None), named[0] if named else None)
    words = [one if isinstance(one, str) else _words(one) for one in reversed(found)]
    text = " ".join(filter(None, words))
    return status, code, text if not fields else f"{text} {code or ''}"


def _words(fields: Mapping[str, Any]) -> str:
    """Return the text of an error: all its message fields, and the upstream provider's message that OpenRouter
    includes.
    """
    metadata: Any = fields.get("metadata")
    behind = cast("Mapping[str, Any]", metadata).get("raw") if isinstance(metadata, Mapping) else None
    return " ".join((*error_texts(fields), behind) if isinstance(behind, str) else error_texts(fields))


def header(headers: Any, name: str) -> str | None:
    """Return the value of a header, or None. `name` is in lower case; the header's name may be in any case.

    Some SDKs keep headers in a plain dict, whose keys are case-sensitive.
    """
    if (value := headers.get(name)) is None and isinstance(headers, dict):
        value = next((one for key, one in cast("dict[str, Any]", headers).items() if str(key).lower() == name), None)
    return value if value is None else str(value)


def request_id(headers: Any) -> str | None:
    """Return the provider's id of a request, from the headers of its response, or None."""
    return next((value for name in _REQUEST_IDS if (value := header(headers, name)) is not None), None)
