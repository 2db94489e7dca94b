"""The page of a log: `serve(path)` shows a log of calls in the browser, on this machine only.

`server` answers requests, `query_parameters` reads their parameters, `log_reader` reads the database, `over_time` sums
calls, `conversation` reads messages of any provider, `plots` draws, `*_page` are the pages, and `markup` makes HTML.
"""

from __future__ import annotations

from .server import LogServer, serve

__all__ = ["LogServer", "serve"]
