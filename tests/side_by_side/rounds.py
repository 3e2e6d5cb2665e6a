"""Runs `sse bench` in rounds in which the servers take turns, and keeps what came of it."""

import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from side_by_side.plan import Measurement
from side_by_side.servers import Server


# What programs beside a run may use of a processor before it is said, as a part of one.
NOTICEABLE = 0.05


def say(sentence: str) -> None:
    """On stderr; in one piece, whoever else writes."""
    sys.stderr.write(f"tests/performance: {sentence}\n")


@dataclass
class Outcome:
    """What one server came to in one round of a measurement."""

    values: list[float | None]
    # Why there are no figures, or why they say nothing: in two or three words, and behind a colon in a sentence.
    problem: str = ""
    # What has to be said beside them.
    remark: str = ""


def processor_time() -> tuple[float, float]:
    """Seconds that all programs and the host used, and that our children did; of both without interrupts."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open("/proc/stat") as stat:
        user, nice, system, _, _, _, _, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK"), used.ru_utime + used.ru_stime


class Bench:
    """Runs `sse bench`, and keeps what is to be said of all runs."""

    def __init__(self, programs: Path, pin: str, repeats: int) -> None:
        self.program, self.pin = programs / "sse", pin
        # How many runs of a measurement of a server are made again where they are not valid.
        self.repeats = repeats
        self.begun = time.monotonic()
        self.environment: dict = {}
        self.runs = self.repeated = self.failed = 0
        # What other programs used while a run went on, in processors.
        self.others: list[float] = []

    def outcome(self, measurement: Measurement, server: Server, repeats: Iterator) -> Outcome:
        """What a server came to in a round; a run that is not valid is made again while there are repeats left."""
        reports = []
        problem = remark = ""
        for run in measurement.runs:
            report, stderr = self.run(run, server)
            # A search has its own repeats.
            while report and "search" not in report and invalid(report) and next(repeats, None) is not None:
                self.repeated += 1
                report, stderr = self.run(run, server)
            if report is None:
                self.failed += 1
                return Outcome([None] * len(measurement.figures), f"failed: {stderr}")
            self.environment = report["environment"]
            problem, remark = problem or invalid(report), remark or remarkable(report)
            reports.append(report)
        return Outcome([figure.of(*reports) for figure in measurement.figures], problem, remark)

    def run(self, arguments: str, server: Server) -> tuple[dict | None, str]:
        """The report of one run; without one, what was said instead."""
        with tempfile.TemporaryDirectory() as files:
            target = server.arguments(Path(files), "--topics" in arguments)
            command = [self.program, "--quiet", "bench", *shlex.split(arguments), *target, "--output", "json"]
            if self.pin:
                command += ["--pin", self.pin]
            # Options that the user has in the environment would measure something else.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("SSE_")}
            before, begun = processor_time() if self.pin else None, time.monotonic()
            pipe = subprocess.PIPE
            bench = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)
            try:
                stdout, stderr = bench.communicate()
            except KeyboardInterrupt:
                # It was interrupted too, and ends the server that it has started.
                bench.communicate()
                raise
            self.runs += 1
            if before:
                all_programs, ours = (now - then for now, then in zip(processor_time(), before))
                self.others.append(max(0.0, all_programs - ours) / (time.monotonic() - begun))
                if self.others[-1] > NOTICEABLE:
                    say(f"other programs used {self.others[-1]:.0%} of a processor beside this run")
        # With 5 it ends where something is wrong with what was measured, which the report has too.
        if bench.returncode in (0, 5) and stdout:
            return json.loads(stdout), ""
        return None, " ".join(stderr.split()) or f"exit code {bench.returncode}"


def invalid(report: dict) -> str:
    """Why the figures of a report say nothing, if so: in two or three words, and behind a colon in a sentence."""
    if "search" in report:
        result = report["search"]["result"]
        return "" if result["value"] else f"nothing held: {result['sentence']}"
    return "" if report["valid"] else f"not valid: {report['warnings'][0]}"


def remarkable(report: dict) -> str:
    """What a reader of the figures has to know."""
    if "search" in report:
        result = report["search"]["result"]
        return f"at least: {result['sentence']}" if result["at_least"] else ""
    deliveries = report["deliveries"]
    # Those of a storm are a figure.
    if deliveries["lost"] and report["scenario"] != "reconnect":
        return f"{deliveries['lost']:,} of {deliveries['expected']:,} deliveries were lost in a run"
    breathless = [warning for warning in report["warnings"] if "may be the generator's" in warning]
    return breathless[0] if breathless else ""


# By the names of measurements and of servers: what came of each round.
Results = dict[str, dict[str, list[Outcome]]]


def measure(
    measurement: Measurement, rounds: int, servers: dict[str, Server], bench: Bench, at_once: bool
) -> dict[str, list[Outcome]]:
    """What each server came to in each round. Where the figures say nothing, all may run at once."""
    names = [name for name in servers if name in measurement.servers]
    outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
    repeats = {name: iter(range(bench.repeats)) for name in names}

    def one(name: str) -> Outcome:
        say(f"{measurement.name}, round {turn + 1} of {rounds}: {servers[name].heading.strip('`')}")
        return bench.outcome(measurement, servers[name], repeats[name])

    for turn in range(rounds):
        # Each is the first once, so that none always has the machine as the same one has left it.
        order = names[turn % len(names) :] + names[: turn % len(names)]
        with ThreadPoolExecutor() as pool:
            for name, outcome in zip(order, (pool.map if at_once else map)(one, order)):
                outcomes[name].append(outcome)
    return outcomes
