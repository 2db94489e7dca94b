"""Keys stay with Google: the default client over REST takes them from a request that a redirect leads elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from ..dialects.transport import secret_headers, secrets_in, stays, without


def keeping_keys(client: Any) -> Any:
    """Return a client of the SDK, whose HTTP session sends no key to another host. Over gRPC there are no redirects."""
    # The SDK has no setting for this; its REST transport holds a session of requests, whose hooks see each response
    # before its redirect is followed.
    session = getattr(getattr(client, "transport", None), "_session", None)
    hooks = session.hooks["response"] if session is not None else [_drop_keys]
    if _drop_keys not in hooks:
        hooks.append(_drop_keys)
    return client


def _drop_keys(response: Any, **_: Any) -> None:
    request, target = response.request, response.headers.get("location") or ""
    if response.is_redirect and not stays(request.url, urljoin(request.url, target)):
        response.headers["location"] = without(target, secrets_in(request.headers.items(), request.url))
        for name in secret_headers(request.headers):  # the request that follows is a copy of this one
            del request.headers[name]
