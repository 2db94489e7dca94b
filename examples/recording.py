"""Record the calls of a program, and replay them without a network and without a key.

Run it: python examples/recording.py (it records a model that runs on this machine: pip install "mirascope-like[local]")
"""

import os
import tempfile
from pathlib import Path

from mirascope_like.core import StreamInterruptedError, local, openai
from mirascope_like.testing import Recording, record, replay

PARAMS: openai.OpenAICallParams = {"max_tokens": 12, "temperature": 0}


@openai.call("smollm2-135m", stream=True, call_params=PARAMS)
def story(topic: str) -> str:
    return f"A story about a {topic}"


def tell(recording: Recording) -> str:
    """Return a story, and print how many requests that took."""
    with recording:
        text = story("cat").collect().content
    print("requests:", len(recording.requests), "to", recording.requests[0].path)
    return text


def test_the_replay_is_equal(path: Path, live: str) -> None:
    assert tell(replay(path)) == live  # as fast as it was recorded
    assert tell(replay(path, pace=0)) == live  # at once
    print("the replay is equal")


def test_a_lost_connection(path: Path, live: str) -> None:
    with replay(path, pace=0, cut_after=3):
        stream = story("cat")
        try:
            stream.collect()
        except StreamInterruptedError:
            print("interrupted:", live.startswith(stream.content))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "story.jsonl")
        engine = local.engine("smollm2-135m")
        os.environ.setdefault("OPENAI_BASE_URL", engine.base_url)
        os.environ.setdefault("OPENAI_API_KEY", engine.api_key)
        recorded = tell(record(file))
        print("a key is in the file:", os.environ["OPENAI_API_KEY"] in file.read_text())
        test_the_replay_is_equal(file, recorded)
        test_a_lost_connection(file, recorded)
