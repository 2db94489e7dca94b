"""One map in a process of its own, by one library. `compare_maps` makes an environment for each that has it alone.

    python -m benchmarks.map_programs NAME URL COUNT CONCURRENCY [--rpm RPM] [--warm COUNT]

prints `{"cpu": seconds of CPU time, "failed": items that failed}`. Each program makes at most five attempts, sends as
many requests at once as the option says, and is passed the limit if it has a setting for it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ATTEMPTS = 5
MODEL = "gpt-4o-mini"

Mapper = Callable[[Sequence[str]], Awaitable[int]]
"""Maps over prompts, and returns how many failed."""
Program = Callable[[str, int, float | None], Mapper]
"""Makes a mapper for the URL of a server, the number of requests at once, and the requests per minute, if limited."""


def gathering(call: Callable[[str], Awaitable[Any]], concurrency: int) -> Mapper:
    """What people write around a client: all tasks at once, and a semaphore."""

    async def mapper(prompts: Sequence[str]) -> int:
        semaphore = asyncio.Semaphore(concurrency)

        async def one(prompt: str) -> Any:
            async with semaphore:
                return await call(prompt)

        found = await asyncio.gather(*map(one, prompts), return_exceptions=True)
        return sum(isinstance(result, BaseException) for result in found)

    return mapper


def messages(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def sdk(url: str, concurrency: int, rpm: float | None, **options: Any) -> Mapper:
    client = import_module("openai").AsyncOpenAI(base_url=url, max_retries=ATTEMPTS - 1, **options)

    async def call(prompt: str) -> Any:
        return await client.chat.completions.create(model=MODEL, messages=messages(prompt))

    return gathering(call, concurrency)


def sdk_aiohttp(url: str, concurrency: int, rpm: float | None) -> Mapper:
    return sdk(url, concurrency, rpm, http_client=import_module("openai").DefaultAioHttpClient())


def deluge(url: str, concurrency: int, rpm: float | None) -> Mapper:
    import_module("lm_deluge.models").register_model(
        id="compared", name=MODEL, api_base=url, api_key_env_var="OPENAI_API_KEY", api_spec="openai"
    )
    client = import_module("lm_deluge").LLMClient(
        "compared",
        max_requests_per_minute=int(rpm or 1e7),
        max_tokens_per_minute=10**10,
        max_concurrent_requests=concurrency,
        max_attempts=ATTEMPTS,
    )

    async def mapper(prompts: Sequence[str]) -> int:
        found = await client.process_prompts_async(list(prompts), show_progress=False)
        return sum(result is None or bool(result.is_error) for result in found)

    return mapper


def litellm(url: str, concurrency: int, rpm: float | None) -> Mapper:
    acompletion = import_module("litellm").acompletion

    async def call(prompt: str) -> Any:
        options = {"api_base": url, "num_retries": ATTEMPTS - 1}
        return await acompletion(model=f"openai/{MODEL}", messages=messages(prompt), **options)

    return gathering(call, concurrency)


def langchain(url: str, concurrency: int, rpm: float | None) -> Mapper:
    limits = import_module("langchain_core.rate_limiters")
    limiter = None if rpm is None else limits.InMemoryRateLimiter(requests_per_second=rpm / 60)
    model = import_module("langchain_openai").ChatOpenAI(
        model=MODEL, base_url=url, max_retries=ATTEMPTS - 1, rate_limiter=limiter
    )

    async def mapper(prompts: Sequence[str]) -> int:
        settings = {"max_concurrency": concurrency}
        found = await model.abatch(list(prompts), settings, return_exceptions=True)
        return sum(isinstance(result, BaseException) for result in found)

    return mapper


def ours(url: str, concurrency: int, rpm: float | None, **options: Any) -> Mapper:
    scale, client = import_module("mirascope_like.scale"), options.pop("client", None)
    call: Any = import_module("mirascope_like.core").openai.call(MODEL, **({"client": client} if client else {}))

    @call
    async def ask(prompt: str) -> str:
        return prompt

    async def mapper(prompts: Sequence[str]) -> int:
        limits = scale.Limits(rpm=rpm or 1e7, tpm=1e10, concurrency=concurrency)
        with TemporaryDirectory() as folder:
            run = scale.amap(ask, prompts, limits=limits, store=Path(folder) / "run.db", attempts=ATTEMPTS, **options)
            return sum([isinstance(item, scale.Failed) async for item in run])

    os.environ["OPENAI_BASE_URL"] = url
    return mapper


def ours_aiohttp(url: str, concurrency: int, rpm: float | None) -> Mapper:
    sdk = import_module("openai")
    client = sdk.AsyncOpenAI(base_url=url, http_client=sdk.DefaultAioHttpClient())
    return ours(url, concurrency, rpm, client=client)


def ours_direct(url: str, concurrency: int, rpm: float | None) -> Mapper:
    return ours(url, concurrency, rpm, transport="direct")


PROGRAMS: dict[str, Program] = {
    "ours": ours,
    "ours-aiohttp": ours_aiohttp,
    "ours-direct": ours_direct,
    "sdk": sdk,
    "sdk-aiohttp": sdk_aiohttp,
    "lm-deluge": deluge,
    "litellm": litellm,
    "langchain": langchain,
}


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measured(mapper: Mapper, count: int, warm: int) -> dict[str, Any]:
    if warm:
        await mapper([f"Warm up, number {number}." for number in range(warm)])
    start = cpu()
    failed = await mapper([f"Rate book number {number}." for number in range(count)])
    return {"cpu": cpu() - start, "failed": failed}


def map_program(python: str, name: str, url: str, count: int, concurrency: int, *options: str) -> dict[str, Any]:
    """Run a map in a process of its own; return what it prints."""
    command = [python, "-m", "benchmarks.map_programs", name, url, str(count), str(concurrency), *options]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        sys.exit(f"{name}:\n{found.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return result


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PROGRAMS)
    parser.add_argument("url")
    parser.add_argument("count", type=int)
    parser.add_argument("concurrency", type=int)
    parser.add_argument("--rpm", type=float)
    parser.add_argument("--warm", type=int, default=0)
    options = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "k"
    mapper = PROGRAMS[options.name](f"{options.url}/v1", options.concurrency, options.rpm)
    print(json.dumps(await measured(mapper, options.count, options.warm)))


if __name__ == "__main__":
    asyncio.run(main())
