"""What was found, in Markdown: the table, what is to be said of its cells, how it was got, and what its rows mean."""

import statistics
import textwrap
import time

from side_by_side.plan import Figure, Measurement
from side_by_side.rounds import NOTICEABLE, Bench, Outcome, Results
from side_by_side.servers import Server


class Notes:
    """Numbered sentences below the table."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def number(self, sentence: str) -> str:
        if sentence not in self.sentences:
            self.sentences.append(sentence)
        return f"[{self.sentences.index(sentence) + 1}]"


def cell(figure: Figure, index: int, outcomes: list[Outcome], floor: list[Outcome], notes: Notes) -> str:
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    if problems:
        what, _, why = problems[0].partition(": ")
        of = f"In {len(problems)} of {len(outcomes)} rounds: " if len(outcomes) > 1 else ""
        return f"{what} {notes.number(of + why)}"
    values = known(index, outcomes)
    if len(values) < len(outcomes):
        return "not known"
    middle = statistics.median(values)
    text = f"{figure.written(middle)} {figure.unit}".strip()
    least, most = figure.written(min(values)), figure.written(max(values))
    if least != most:
        text += f" ({least} to {most})"
    of_floor = known(index, floor) if not any(outcome.problem for outcome in floor) else []
    if figure.against_floor and of_floor and floor is not outcomes and (base := statistics.median(of_floor)):
        text += f", {figure.written(middle / base)} ×"
    remarks = [outcome.remark for outcome in outcomes if outcome.remark]
    return f"{text} {notes.number(remarks[0])}" if remarks else text


def known(index: int, outcomes: list[Outcome]) -> list[float]:
    return [value for outcome in outcomes if (value := outcome.values[index]) is not None]


def table(plan: list[Measurement], servers: dict[str, Server], results: Results, notes: Notes) -> list[str]:
    lines = [
        f"| | {' | '.join(server.heading for server in servers.values())} |",
        f"|---{'|---' * len(servers)}|",
    ]
    for measurement in plan:
        outcomes = results[measurement.name]
        for index, figure in enumerate(measurement.figures):
            cells = [
                cell(figure, index, outcomes[name], outcomes.get("floor", []), notes) if name in outcomes else ""
                for name in servers
            ]
            lines.append(f"| {figure.title} | {' | '.join(cells)} |")
    return lines


def paragraph(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 124, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def how(bench: Bench, servers: dict[str, Server], left_out: list[str], rounds: int) -> str:
    """How the figures were got."""
    at, minutes = bench.environment, (time.monotonic() - bench.begun) / 60
    memory = f", {at['memory_bytes'] / (1 << 30):.0f} GiB" if at["memory_bytes"] else ""
    places = "the server and `sse bench` on the same processors"
    if bench.pin:
        server, generator = bench.pin.split("/")
        places = f"the server on processor {server}, `sse bench` on {generator}"
    versions = "".join(f"; {server.version}" for server in servers.values() if server.version)
    others = ""
    if bench.others:
        disturbed = sum(other > NOTICEABLE for other in bench.others)
        others = f" Other programs and the host used {max(bench.others):.0%} of a processor at most beside a run"
        others += f", and more than {NOTICEABLE:.0%} beside {disturbed} of them." if disturbed else "."
    made = f"Median of {rounds} rounds (smallest to largest)" if rounds > 1 else "One round"
    effort = f"{count(bench.runs, 'run')} in {count(minutes, 'minute')}, {bench.repeated} of them again as one was not valid"
    return (
        f"{made}, and how many times that of the floor. {at['version']} ({at['build']}){versions}, on {at['kernel']}, "
        f"{at['cpu']}, {at['cpus']} processors{memory}; {places}; events of 200 bytes, if nothing else is said. "
        f"{at['date'][:10]}: {effort}.{others}" + "".join(f" Left out: {why}." for why in left_out)
    )


def count(number: float, noun: str) -> str:
    return f"{number:.0f} {noun}{'' if round(number) == 1 else 's'}"


def markdown(
    plan: list[Measurement], results: Results, servers: dict[str, Server], left_out: list[str], rounds: int, bench: Bench
) -> str:
    notes = Notes()
    lines = table(plan, servers, results, notes)
    sentences = [paragraph(f"[{number}] {sentence}", "  ") for number, sentence in enumerate(notes.sentences, 1)]
    meanings = [
        paragraph(f"- **{measurement.name}** (`{'` and `'.join(measurement.runs)}`): {measurement.says}", "  ")
        for measurement in plan
    ]
    parts = ["\n".join(lines), *sentences, paragraph(how(bench, servers, left_out, rounds)), "\n".join(meanings)]
    return "\n\n".join(parts) + "\n"
