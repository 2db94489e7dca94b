"""What calls may cost: `budget` limits it."""

from __future__ import annotations

from ..core.base.errors import BudgetExceededError, UnknownPriceError
from .budgets import Budget, budget
from .ledger import Spent

__all__ = ["Budget", "BudgetExceededError", "Spent", "UnknownPriceError", "budget"]
