"""Sends requests through official SDKs: HTTP clients, captured HTTP responses, threads, error conversion.

Used by: the wire formats and the providers.
Must not know: any wire format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.runtime import lazy_names

if TYPE_CHECKING:
    from .botocore_retries import asent_once, sent_once
    from .botocore_streams import AsyncBotocoreSource, BotocoreSource
    from .client_provider import ClientProvider, allow_slow_reads, check_asyncio
    from .direct_codec import Additions, DirectCodec, additions, encoded
    from .error_mapping import FailingProvider, raise_reported, transport_kind
    from .http_clients import (
        CONNECT_SECONDS,
        MAX_CONNECTIONS,
        KeepAlive,
        connect_seconds,
        http_library,
        http_options,
        is_default_transport,
    )
    from .keys import HIDDEN, SECRET_NAME, is_key, secret_headers, secrets_in, without
    from .network import check_abandoned
    from .noted_responses import noting
    from .patches import made_by
    from .redirects import stays
    from .rehearsal import Rehearsal, has_hooks, scripted
    from .response_capture import catching, catching_clients, closed_on_error, note_responses, reporting
    from .sdk_codec import SDK_OPTIONS, without_retries
    from .sdk_params import made, refusal
    from .sdk_provider import SDKProvider
    from .sources import AsyncByteSource, AsyncObjectSource, ByteSource, ObjectSource, awith_start, read_out, with_start
    from .threaded_provider import ThreadedProvider, async_method, sync_method
    from .urllib3_connections import watch_botocore, watch_requests
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "client_provider": "ClientProvider check_asyncio allow_slow_reads",
            "error_mapping": "FailingProvider raise_reported transport_kind",
            "http_clients": "CONNECT_SECONDS MAX_CONNECTIONS KeepAlive connect_seconds http_library http_options "
            "is_default_transport",
            "keys": "HIDDEN SECRET_NAME is_key secret_headers secrets_in without",
            "network": "check_abandoned",
            "redirects": "stays",
            "direct_codec": "Additions DirectCodec additions encoded",
            "rehearsal": "Rehearsal has_hooks scripted",
            "sdk_codec": "SDK_OPTIONS without_retries",
            "noted_responses": "noting",
            "patches": "made_by",
            "response_capture": "catching catching_clients closed_on_error note_responses reporting",
            "sdk_params": "made refusal",
            "sdk_provider": "SDKProvider",
            "sources": "AsyncByteSource AsyncObjectSource ByteSource ObjectSource awith_start read_out with_start",
            "threaded_provider": "ThreadedProvider async_method sync_method",
            "urllib3_connections": "watch_botocore watch_requests",
            "botocore_retries": "asent_once sent_once",
            "botocore_streams": "AsyncBotocoreSource BotocoreSource",
        },
    )

__all__ = [
    "Additions",
    "AsyncByteSource",
    "AsyncObjectSource",
    "ByteSource",
    "CONNECT_SECONDS",
    "ClientProvider",
    "DirectCodec",
    "FailingProvider",
    "HIDDEN",
    "KeepAlive",
    "MAX_CONNECTIONS",
    "ObjectSource",
    "Rehearsal",
    "SDKProvider",
    "SDK_OPTIONS",
    "SECRET_NAME",
    "ThreadedProvider",
    "catching",
    "catching_clients",
    "check_abandoned",
    "check_asyncio",
    "closed_on_error",
    "connect_seconds",
    "http_library",
    "http_options",
    "is_default_transport",
    "is_key",
    "made",
    "made_by",
    "note_responses",
    "noting",
    "additions",
    "allow_slow_reads",
    "asent_once",
    "encoded",
    "has_hooks",
    "scripted",
    "read_out",
    "refusal",
    "secret_headers",
    "secrets_in",
    "sent_once",
    "stays",
    "sync_method",
    "watch_botocore",
    "watch_requests",
    "without",
    "without_retries",
    "BotocoreSource",
    "AsyncBotocoreSource",
    "async_method",
    "with_start",
    "awith_start",
    "raise_reported",
    "reporting",
    "transport_kind",
]
