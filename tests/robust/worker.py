"""A process that judges texts, one a line, within limits: `python -m tests.robust.worker`.

Jobs and verdicts are lines of JSON. The kernel ends the process where a job
takes too much processor time, also inside of a long step of C, and writes where
it was; memory over the limit is a `MemoryError`.
"""

import contextlib
import faulthandler
import io
import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from attrs import asdict

from catnn.cli.main import main as command
from tests.robust.judge import Verdict, judge

MEMORY = 6 * 2**30
"""Addresses, not pages: torch alone takes 2 GiB of them."""


def main() -> None:
    """Answer jobs until there are none."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is printed by mistake is no answer
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            job = json.loads(line)
            faulthandler.register(signal.SIGPROF, chain=True)
            signal.setitimer(signal.ITIMER_PROF, job["seconds"])
            answer = _run(job) if "argv" in job else _judged(job, Path(folder))
            signal.setitimer(signal.ITIMER_PROF, 0)
            _send(answers, answer)


def _judged(job: "dict[str, object]", folder: Path) -> object:
    text = job["text"]
    assert isinstance(text, str)
    found: Verdict = judge(
        text.encode("latin-1") if job["is_bytes"] else text, folder, bool(job["lower"])
    )
    return asdict(found)


def _run(job: "dict[str, object]") -> object:
    """One command as from a shell: its exit status and what it prints."""
    argv, folder = job["argv"], job["folder"]
    assert isinstance(argv, list)
    assert isinstance(folder, str)
    out, err = io.StringIO(), io.StringIO()
    os.chdir(folder)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command(argv)
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


def _send(answers: TextIO, answer: object) -> None:
    print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
