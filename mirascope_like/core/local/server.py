"""A program that `engine` runs in a separate process. It loads one model and serves it on the loopback interface.

It is a process and not a thread because the native server does not survive `fork` (stopping it in a forked child aborts
the child) and cannot be stopped during a response. It imports no module of this library, so that it starts fast.

It reads its settings as one JSON line from standard input, and writes its address as one JSON line to standard output.
It serves until standard input ends: when the parent process closes the pipe, or ends for any reason.
"""

import importlib
import json
import os
import sys
import time
from typing import Any

SPARED: dict[str, Any] = {
    "ui": False,
    "endpoint_slots": False,
    "endpoint_props": False,
    "endpoint_metrics": False,
    "fit_params": False,  # would allow another context size than the requested one
    "cache_ram_mib": 0,  # the default keeps old prompts in up to 8 GiB of memory
}
"""Features of the native server to switch off. Names that the installed release does not have are ignored."""


def serve(settings: dict[str, Any]) -> Any:
    """Start the native server and return it. The server stops when the returned object is garbage-collected."""
    # Its threads synchronize after every matrix: if they spin while waiting, they are much slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    xllamacpp: Any = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.model_alias = {settings["model"]}
    params.n_parallel = settings["n_parallel"]
    params.n_ctx = settings["n_ctx"] * settings["n_parallel"]  # the server divides it among the requests
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [settings["api_key"]]
    params.cors_origins = ""
    params.cors_credentials = False
    # A prompt that is partly in the cache is computed in other batches than a new one, which changes its logits: at
    # temperature 0, the same request could get two responses. A request may still set "cache_prompt": true.
    params.cache_prompt = False
    # Its threads spin while waiting: with one thread per core, a busy machine makes it 15 times slower.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) // 2)
    params.verbosity = 1  # errors only, which the parent shows if the start fails
    for name, value in SPARED.items():
        if hasattr(params, name):
            setattr(params, name, value)
    try:
        return xllamacpp.Server(params)
    except Exception:
        time.sleep(0.5)  # the native server writes the reason in a thread of its own, which ends with the process
        raise


def main() -> None:
    """Load the model and serve it until the parent process closes standard input."""
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
    os._exit(0)  # without waiting for responses that nobody reads


if __name__ == "__main__":
    main()
