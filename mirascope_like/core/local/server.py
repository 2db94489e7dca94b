"""The program that `engine` runs in a process of its own: it loads one model and serves it on loopback.

It is a process, not a thread, since the native server cannot live through a `fork` (stopping it in a forked
child aborts that child), and cannot be stopped while it answers. It imports nothing of ours, to start fast.

It reads its settings as one JSON line on standard input, writes its address as one JSON line on standard
output, and serves until standard input ends: when the parent closes it, or dies, however it dies.
"""

import importlib
import json
import os
import sys
from typing import Any

SPARED: dict[str, Any] = {
    "ui": False,
    "endpoint_slots": False,
    "endpoint_props": False,
    "endpoint_metrics": False,
    "fit_params": False,  # it may choose another context size than the one asked for
    "cache_ram_mib": 0,  # else old prompts are kept, in up to 8 GiB
}
"""What the native server has and we do not need, by names that come and go with its releases."""


def serve(settings: dict[str, Any]) -> Any:
    """The native server, listening; it stops when it is collected."""
    # Its threads meet after every matrix; where they spin to wait, a busy machine makes them many times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    xllamacpp: Any = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.model_alias = {settings["model"]}
    params.n_parallel = settings["n_parallel"]
    params.n_ctx = settings["n_ctx"] * settings["n_parallel"]  # it divides this between the requests
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [settings["api_key"]]
    params.cors_origins = ""
    params.cors_credentials = False
    # A prompt continued from the cache is computed in other batches than a fresh one, which changes its
    # logits: at temperature 0 one request gets two answers. A request may still say "cache_prompt": true.
    params.cache_prompt = False
    # Its threads wait for each other by spinning: with one for every core, a busy machine makes it 15 times slower.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) // 2)
    params.verbosity = 1  # errors only, which the parent shows if the start fails
    for name, value in SPARED.items():
        if hasattr(params, name):
            setattr(params, name, value)
    return xllamacpp.Server(params)


def main() -> None:
    """Serve as the parent asks, until it closes our standard input."""
    answer = os.dup(1)
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.buffer.readline())
    sys.path[:] = settings["sys_path"]
    server = serve(settings)
    os.write(answer, json.dumps({"address": server.listening_address}).encode() + b"\n")
    os.close(answer)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.stdin.buffer.read()
    os._exit(0)  # without waiting for answers that nobody reads any more


if __name__ == "__main__":
    main()
