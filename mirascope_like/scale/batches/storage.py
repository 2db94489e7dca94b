"""Where the files of Bedrock's batches are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.base.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class BedrockStorage:
    """What the batches of Bedrock need: a place in S3, and a role with which Bedrock reads and writes there."""

    location: str
    """Where the files of requests and responses are written, such as "s3://bucket/folder"."""
    role: str
    """The ARN of the role."""
    session: Any = None
    """A `boto3.Session` whose credentials are used. By default a new one."""

    def __post_init__(self) -> None:
        if not self.location.startswith("s3://") or not self.location.removeprefix("s3://").strip("/"):
            raise ConfigurationError(f"location must be such as 's3://bucket/folder', not {self.location!r}")
