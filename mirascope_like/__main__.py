"""`python -m mirascope_like chat [provider:model]`: chat with a model in the terminal. Without an argument it uses the
embedded local model, which needs no key.

`python -m mirascope_like logs`: show the calls in a log.

`python -m mirascope_like map module:function inputs.jsonl -o out.jsonl`: make a call for each line of a file.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

from . import llm
from .core import local
from .core.base.errors import ConfigurationError, MirascopeLikeError, StoreError
from .core.base.runtime import error_summary
from .integrations.log import command as log_command
from .scale import command as map_command

EMBEDDED = "smollm2-135m"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments` (default: `sys.argv`); return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m mirascope_like")
    commands = parser.add_subparsers(dest="command", required=True)
    chat = commands.add_parser("chat", help="chat with a model in the terminal")
    chat.add_argument("model", nargs="?", help='for example "openai:gpt-4o-mini"; default: the embedded model')
    chat.add_argument("--system", help="the system message")
    log_command.add_command(commands)
    map_command.add_command(commands)
    given = parser.parse_args(arguments)
    try:
        if given.command == "chat":
            return talk(given.model, given.system)
        return log_command.run(given) if given.command == "logs" else map_command.run(given)
    except (ConfigurationError, StoreError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130


def talk(name: str | None, system: str | None) -> int:
    """Read lines from standard input until it ends. Send each line to the model, and print the response while it
    arrives.

    In a terminal, Ctrl-C stops a response. The received part of its text stays in the conversation.
    """
    try:
        from .integrations.progress import progress
    except ImportError:
        raise ConfigurationError('the chat needs the package rich: pip install "mirascope-like[chat]"') from None
    model: Any = llm.model(name) if name else local.model(EMBEDDED)
    session = model.session(system=system) if system else model.session()
    typed = sys.stdin.isatty()
    if typed:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # inherited by programs started in the background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        print("Ctrl-C stops an answer, Ctrl-D ends.")
    while True:
        try:
            prompt = input("> " if typed else "").strip()
        except EOFError:
            return 0
        except KeyboardInterrupt:
            if not typed:
                raise
            print()
            continue
        if prompt:
            answer(progress(session.stream(prompt), text=True))


def answer(stream: Any) -> None:
    """Print a response while it arrives, until it ends or Ctrl-C is pressed. Errors are printed; only
    `ConfigurationError` is raised.
    """
    try:
        stream.collect()
    except KeyboardInterrupt:
        stream.close()
    except ConfigurationError:
        raise
    except MirascopeLikeError as error:
        print(error_summary(error), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
