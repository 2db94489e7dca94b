"""JSON mode: JSON text, parsed in your code, by an output parser, and into a type. No key, no network."""

import json
from typing import Any

from pydantic import BaseModel

from mirascope_like.core import local
from mirascope_like.core.local import LocalCallParams, LocalCallResponse

PARAMS: LocalCallParams = {"max_tokens": 120, "temperature": 0}


class City(BaseModel):
    name: str
    country: str


def loads(response: LocalCallResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response.content)
    return found


@local.call("smollm2-135m", json_mode=True, call_params=PARAMS)
def as_text(city: str) -> str:
    return f'Answer in JSON, as in {{"name": "Rome"}}: the name of the city {city}'


@local.call("smollm2-135m", json_mode=True, output_parser=loads, call_params=PARAMS)
def as_dict(city: str) -> str:
    return f'Answer in JSON, as in {{"name": "Rome"}}: the name of the city {city}'


@local.call("smollm2-135m", json_mode=True, response_model=City, call_params=PARAMS)
def as_city(city: str) -> str:
    return f"The name and country of the city {city}"


def main() -> None:
    print(as_text("Paris").content)
    print(as_dict("Paris"))
    print(as_city("Paris"))


if __name__ == "__main__":
    main()
