"""Sessions: continue a conversation, fork it, store it in a file and load it again. No key, no network."""

import tempfile
from pathlib import Path

from mirascope_like.core import SQLiteStore, local

model = local.model("smollm2-135m", temperature=0, max_tokens=15)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, SQLiteStore(Path(folder) / "talks.db") as store:
        session = model.session(system="You are brief.", store=store, name="ann")
        print(session.send("Name a fantasy writer.").content)
        for text in session.stream("Name one of their books.").text():
            print(text, end="", flush=True)
        print()
        fork = session.fork(name="ann, again")
        fork.send("Another one?")
        print("messages:", len(session.conversation), "| in the fork:", len(fork.conversation))
        again = model.session(store=store, name="ann")
        print("loaded:", [message.role for message in again.conversation])
        print("stored:", store.names())


if __name__ == "__main__":
    main()
