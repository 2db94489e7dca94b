"""`python -m mirascope_like chat [provider:model]`: talk to a model in the terminal.

Without a model it is the embedded one, which needs no key.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

from . import llm
from .core import local
from .core.base.errors import ConfigurationError, MirascopeLikeError

EMBEDDED = "smollm2-135m"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m mirascope_like")
    commands = parser.add_subparsers(dest="command", required=True)
    chat = commands.add_parser("chat", help="talk to a model in the terminal")
    chat.add_argument("model", nargs="?", help='such as "openai:gpt-4o-mini"; the embedded model without it')
    chat.add_argument("--system", help="what the model is told first")
    given = parser.parse_args(arguments)
    try:
        return talk(given.model, given.system)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130


def talk(name: str | None, system: str | None) -> int:
    """Stream an answer to each line that is typed, until the end of input.

    In a terminal, Ctrl-C stops an answer, and what had come of it is kept in the conversation.
    """
    try:
        from .integrations.progress import progress
    except ImportError:
        raise ConfigurationError('the chat needs the package rich: pip install "mirascope-like[chat]"') from None
    model: Any = llm.model(name) if name else local.model(EMBEDDED)
    session = model.session(system=system) if system else model.session()
    typed = sys.stdin.isatty()
    if typed:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as programs started in the background inherit it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        print("Ctrl-C stops an answer, Ctrl-D ends.")
    while True:
        try:
            said = input("> " if typed else "").strip()
        except EOFError:
            return 0
        except KeyboardInterrupt:
            if not typed:
                raise
            print()
            continue
        if said:
            answer(progress(session.stream(said), text=True))


def answer(stream: Any) -> None:
    """Read an answer to its end, or until Ctrl-C. What fails is told, but for what is missing: that is raised."""
    try:
        stream.collect()
    except KeyboardInterrupt:
        stream.close()
    except ConfigurationError:
        raise
    except MirascopeLikeError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
