"""Typed answers of the embedded model.

Providers: local
"""

from mirascope.core import local
from pydantic import BaseModel


class Trip(BaseModel):
    days: int
    by_train: bool


@local.call("smollm2-135m", response_model=Trip)
def extract_trip(text: str) -> str:
    return f"Extract {text}"


trip = extract_trip("Three days by train")
assert isinstance(trip, Trip)
print(trip)
