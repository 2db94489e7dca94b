"""The schema version of what the library writes: dumps of responses, files of conversations, and stores.

The rooms `response` and `conversations` write it and check it. Data without a version is from a release that did not
write any; it counts as version 0.
"""

from __future__ import annotations

from ..errors import StoreError

VERSION_KEY = "schema_version"
"""The key of the version in JSON."""


def check_schema_version(found: object, known: int, what: str) -> None:
    """Raise `StoreError` if the version found in `what` is later than `known`, or is not a version.

    `found` is the value in the file; None if it has none.
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
