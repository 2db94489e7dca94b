"""What calls may cost: `budget` limits it, and `cached` answers from a cache what was asked before."""

from __future__ import annotations

from ..core.base.errors import BudgetExceededError, UnknownPriceError
from ..core.base.runtime import Listing
from .budgets import Budget, budget
from .cache_keys import CachedRequest
from .caching import cached, from_cache
from .caching_provider import Cache
from .ledger import Spent
from .sqlite_cache import SQLiteCache

__all__ = [
    "Budget",
    "BudgetExceededError",
    "Cache",
    "CachedRequest",
    "SQLiteCache",
    "Spent",
    "UnknownPriceError",
    "budget",
    "cached",
    "from_cache",
]

__dir__: Listing = Listing(__all__)
