"""Model objects: a provider, a model name and default settings, with methods for calls, streams, tasks and sessions.

Used by: every provider's `model`, and `llm`.
Must not know: any particular provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime import lazy_names

if TYPE_CHECKING:
    from .model import Model, StreamingModel
    from .provider_model import Models
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "model": "Model StreamingModel",
            "provider_model": "Models",
        },
    )

__all__ = ["Model", "Models", "StreamingModel"]
