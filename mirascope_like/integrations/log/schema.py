"""The tables of a SQLite log, and how files of earlier versions are changed to the present ones.

`PRAGMA user_version` is the schema version of a file. Columns have the names of the table `responses` of the command
line tool `llm` (version 0.36, `llm/migrations.py`) if they mean the same.
"""

from __future__ import annotations

import sqlite3

from ...core.base.errors import StoreError

COLUMNS = {
    "id": "id",
    "call_id": "call_id",
    "parent_id": "parent_id",
    "kind": "kind",
    "number": "number",
    "conversation_id": "conversation_id",
    "function": "function",
    "arguments": "arguments_json",
    "provider": "provider",
    "model": "model",
    "resolved_model": "resolved_model",
    "prompt": "prompt",
    "system": "system",
    "messages": "prompt_json",
    "options": "options_json",
    "settings": "settings_json",
    "tools": "tools_json",
    "tool_calls": "tool_calls_json",
    "response_text": "response",
    "response_json": "response_json",
    "reasoning": "reasoning",
    "state": "state",
    "error": "error",
    "finish_reason": "finish_reason",
    "streamed": "streamed",
    "datetime_utc": "datetime_utc",
    "duration_ms": "duration_ms",
    "first_ms": "first_ms",
    "chunks": "chunks_json",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "token_details": "token_details",
    "cost": "cost",
    "tags": "tags_json",
    "fields": "fields_json",
}
"""Maps each field of `LoggedCall` to its column."""
JSON_FIELDS = frozenset({name for name, column in COLUMNS.items() if column.endswith("_json")} | {"token_details"})
"""The fields whose columns have JSON."""
SEARCHED = ("prompt", "system", "response", "reasoning", "error")
"""The columns that the full-text search finds."""

BLOB = "$blob"
"""The key of a message in `prompt_json` that is stored once, in the table `blobs`, by its hash."""
HASH = f"CASE each.type WHEN 'object' THEN json_extract(each.value, '$.\"{BLOB}\"') END"
"""The hash of such a message, for the table `json_each(prompt_json) AS each`."""
USED = (
    f"SELECT {HASH} AS hash FROM calls, json_each(CASE WHEN json_valid(prompt_json) THEN prompt_json END) AS each"
    f" UNION ALL SELECT CASE WHEN json_valid(settings_json) THEN json_extract(settings_json, '$.\"{BLOB}\"') END"
    " FROM calls"
    " UNION ALL SELECT hash FROM calls CROSS JOIN blobs WHERE json_valid(prompt_json) = 0 AND instr(prompt_json, hash)"
)
"""The hashes of all rows. Early releases wrote NaN and Infinity, which SQLite before 3.42 cannot read as JSON."""
_OLD = ", ".join(f"old.{column}" for column in SEARCHED)
MIGRATIONS = (
    """
    CREATE TABLE calls (
      id INTEGER PRIMARY KEY,
      call_id TEXT NOT NULL UNIQUE,
      parent_id TEXT,
      kind TEXT NOT NULL,
      number INTEGER NOT NULL,
      conversation_id TEXT,
      function TEXT,
      arguments_json TEXT,
      provider TEXT,
      model TEXT,
      resolved_model TEXT,
      prompt TEXT,
      system TEXT,
      prompt_json TEXT,
      options_json TEXT,
      settings_json TEXT,
      tools_json TEXT,
      tool_calls_json TEXT,
      response TEXT,
      response_json TEXT,
      reasoning TEXT,
      state TEXT NOT NULL,
      error TEXT,
      finish_reason TEXT,
      streamed INTEGER NOT NULL,
      datetime_utc TEXT NOT NULL,
      duration_ms INTEGER,
      first_ms INTEGER,
      chunks_json TEXT,
      input_tokens INTEGER,
      output_tokens INTEGER,
      token_details TEXT,
      cost REAL,
      tags_json TEXT,
      fields_json TEXT
    );
    CREATE INDEX calls_by_time ON calls (datetime_utc);
    CREATE INDEX calls_by_parent ON calls (parent_id);
    CREATE INDEX calls_by_conversation ON calls (conversation_id);
    CREATE TABLE blobs (hash TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE search_state (indexed_to INTEGER NOT NULL);
    INSERT INTO search_state VALUES (0);
    CREATE VIEW messages AS
      SELECT calls.id AS call, each.key AS position, coalesce(blobs.json, each.value) AS json
      FROM calls, json_each(calls.prompt_json) AS each LEFT JOIN blobs ON blobs.hash = {HASH};
    """.replace("{HASH}", HASH),
    """
    DROP INDEX calls_by_parent;
    CREATE INDEX calls_by_parent ON calls (parent_id) WHERE parent_id IS NOT NULL;
    DROP INDEX calls_by_conversation;
    CREATE INDEX calls_by_conversation ON calls (conversation_id) WHERE conversation_id IS NOT NULL;
    """,  # most calls have neither, and each index costs time when a row is written
)
"""The statements that change a file of version n to version n + 1, for each n from 0."""
VERSION = len(MIGRATIONS)
SEARCH = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS calls_fts USING fts5"
    f" ({', '.join(SEARCHED)}, content='calls', content_rowid='id')",
    f"""CREATE TRIGGER IF NOT EXISTS calls_deleted AFTER DELETE ON calls
      WHEN old.id <= (SELECT indexed_to FROM search_state) BEGIN
        INSERT INTO calls_fts (calls_fts, rowid, {", ".join(SEARCHED)}) VALUES ('delete', old.id, {_OLD});
      END""",
)
"""The full-text search. It is filled when somebody searches, so that writing costs nothing for it."""


def prepare(database: sqlite3.Connection, path: str) -> None:
    """Create the tables of a new file, or change those of an earlier version to the present ones.

    Raises `StoreError` if a later version of the library has written the file, or if it is another database.
    """
    if version_of(database, path) == VERSION:
        return
    database.execute("BEGIN IMMEDIATE")
    with database:
        found = version_of(database, path)  # another process may have done it meanwhile
        for statements in MIGRATIONS[found:]:
            for statement in statements.split(";\n"):
                if statement.strip():
                    database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")


def version_of(database: sqlite3.Connection, path: str) -> int:
    """Return the schema version of a file; 0 for an empty file."""
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if names and (version == 0 or not names.issuperset(("calls", "search_state"))):
        raise StoreError(f"{path!r} is another database, not a log of calls: use another file")
    if version > VERSION:
        raise StoreError(
            f"the log {path!r} has schema version {version}, and this version of mirascope_like reads versions up to "
            f"{VERSION}: upgrade mirascope_like"
        )
    return version
