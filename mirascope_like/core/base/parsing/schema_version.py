"""The schema version of data that the library writes: dumps of responses, files of conversations, and stores.

`response` and `conversations` write and check it. Data without a version was written by an early release and counts as
version 0.
"""

from __future__ import annotations

from ..errors import StoreError

VERSION_KEY = "schema_version"
"""The JSON key of the schema version."""


def check_schema_version(found: object, known: int, what: str) -> None:
    """Raise `StoreError` if a schema version is invalid or later than `known`, the latest version that this release can
    read.

    `found` is the version in the data. None, for data without a version, is accepted. `what` names the data in the
    message.
    """
    if found is None:
        return
    if not isinstance(found, int) or found < 0:
        raise StoreError(f"{what} has an unknown schema version: {found!r}")
    if found > known:
        raise StoreError(
            f"{what} has schema version {found}, and this version of mirascope_like reads versions up to {known}: "
            "upgrade mirascope_like"
        )
