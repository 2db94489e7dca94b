"""Keys stay with the host that they were sent to: what is taken from a request that follows a redirect elsewhere.

The HTTP libraries drop `Authorization` on such a request, and send every other header on: `x-api-key`, `api-key`,
`x-goog-api-key`, and the headers of gateways.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

from .keys import secret_headers, secrets_in, without

_PORTS = {"http": 80, "https": 443}
_FIRST = "mirascope_like.first"


def drop_keys(library: Any, request: Any) -> None:
    """Take the keys from a request of httpx2 or httpx, if a redirect leads it to another host than the first request.

    Once taken they do not come back, also if a further redirect leads to the first host again.
    """
    # The HTTP library copies the extensions to each request that follows a redirect.
    url, headers = request.extensions.setdefault(_FIRST, (request.url, request.headers))
    if url is request.url or stays(str(url), str(request.url)):
        return
    secrets = secrets_in(headers.items(), str(url))
    for name in secret_headers(request.headers):
        del request.headers[name]
    here = str(request.url)
    if (masked := without(here, secrets)) != here:
        request.url = library.URL(masked)


def stays(first: str, following: str) -> bool:
    """Return True if a key that was sent to one URL may be sent to another: same scheme, host and port, or the same
    host with https instead of http.
    """
    one, other = urlsplit(first), urlsplit(following)
    if one.hostname != other.hostname:
        return False
    upgraded = (one.scheme, _port(one), other.scheme, _port(other)) == ("http", 80, "https", 443)
    return upgraded or (one.scheme, _port(one)) == (other.scheme, _port(other))


def _port(url: SplitResult) -> int | None:
    return url.port or _PORTS.get(url.scheme)
