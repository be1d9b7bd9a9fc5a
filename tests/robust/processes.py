"""Workers that are started once and used again; one that dies is replaced."""

import json
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from attrs import define, field, frozen

from tests.robust.judge import Verdict

ROOT = Path(__file__).parents[2]
PATIENCE = 5
"""How many times the limit of processor time may pass on the clock."""


@frozen
class Outcome:
    """A command's exit status and what it printed; `problem` if it did not come back."""

    status: int
    out: str
    err: str
    problem: str = ""


@define(eq=False)
class Worker:
    """A process that judges, with limits of time for each job and of memory."""

    process: "subprocess.Popen[str] | None" = None
    errors: IO[bytes] = field(factory=tempfile.TemporaryFile)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def judge(self, text: str | bytes, lower: bool, seconds: float) -> Verdict:
        """The verdict on a text; a problem where none comes in time."""
        is_bytes = isinstance(text, bytes)
        sent = text.decode("latin-1") if isinstance(text, bytes) else text
        job = {"text": sent, "is_bytes": is_bytes, "lower": lower, "seconds": seconds}
        found = self._ask(job, seconds)
        if isinstance(found, str):
            return Verdict("crash", found)
        return Verdict(found["stage"], found["problem"], tuple(found["codes"]))

    def run(self, argv: list[str], folder: Path, seconds: float) -> Outcome:
        """What `catnn ARGV` gives in a folder."""
        found = self._ask({"argv": argv, "folder": str(folder), "seconds": seconds}, seconds)
        if isinstance(found, str):
            return Outcome(-1, "", "", found)
        return Outcome(found["status"], found["out"], found["err"])

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
        self.errors.close()

    def _ask(self, job: "dict[str, object]", seconds: float) -> "dict[str, Any] | str":
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE * seconds)
        line = process.stdout.readline() if ready else ""
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        process.kill() if not ready else None
        process.communicate()
        self.process = None
        return self._obituary(process.returncode, bool(ready), seconds)

    def _started(self) -> "subprocess.Popen[str]":
        if self.process is None:
            self.errors.truncate(0)
            self.errors.seek(0)
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.robust.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                text=True,
                cwd=ROOT,
            )
        return self.process

    def _obituary(self, status: int, ended: bool, seconds: float) -> str:
        """Why a worker died, and where it was."""
        self.errors.seek(0)
        frames = [
            line.strip() for line in self.errors.read().decode().split("\n") if "File" in line
        ]
        where = " < ".join(frames[:3])
        if not ended:
            return f"waits for more than {PATIENCE * seconds:g} s"
        if status == -signal.SIGPROF:
            return f"more than {seconds:g} s of processor time at {where}"
        return f"died with status {status} at {where}"
