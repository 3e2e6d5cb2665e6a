"""What is measured: the runs of `sse bench`, the figures that are taken from their reports, and what they mean."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figure:
    """A row of the table: what it is called, where the reports have it, and how it is written."""

    title: str
    of: Callable[..., float | None]
    unit: str = ""
    # Whether it is shown as a multiple of the floor's too.
    against_floor: bool = True

    def written(self, value: float) -> str:
        """With three digits, or all those before the point; a count as it is."""
        places = 0 if isinstance(value, int) or value == 0 or value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
        return f"{value:,.{places}f}"


@dataclass
class Measurement:
    """What `sse bench` is asked for, once or several times for one set of figures, and what that says."""

    name: str
    runs: list[str]
    says: str
    figures: list[Figure]
    servers: list[str] = field(default_factory=lambda: ["serve", "floor", "axum", "nchan"])
    # In how many rounds, if not in all.
    rounds: int | None = None


# Takes what a full run is about and what a short one is, and returns that of this run. A short one shows that it works.
Scale = Callable[[Any, Any], Any]


def measurements(short: bool) -> list[Measurement]:
    """All of them, in the order of the table."""

    def n(full: Any, small: Any) -> Any:
        return small if short else full

    return [
        idle(n),
        cpu(n),
        latency("latency", n(10, 3), 100, 10, "on a quiet server", n),
        latency("busy", n(100, 5), n(1_000, 200), 4, "on a busy one", n),
        topics(n),
        find_max(n),
        slow(n),
        reconnect(n),
        replay(n),
    ]


def fanout(subscribers: int, rate: int, seconds: int, n: Scale) -> str:
    return f"-c {subscribers} -r {rate} -d {n(f'{seconds}s', '200ms --warmup 50ms')}"


def cpu_per_million(report: dict) -> float | None:
    return report["resources"]["server"]["cpu_s_per_million"]


def p50(report: dict) -> float | None:
    return report["latency_ms"]["p50"]


def p99(report: dict) -> float | None:
    return report["latency_ms"]["p99"]


def idle(n: Scale) -> Measurement:
    connections = n(10_000, 20)

    def memory(report: dict) -> float:
        # It is null where the server did not grow.
        return (report["resources"]["server"]["memory"]["per_connection_bytes"] or 0) / 1024

    return Measurement(
        "idle",
        [f"idle -c {connections} -d {n('2s', '100ms')}"],
        f"{connections:,} connections are opened as fast as the server answers, and then held without an event. What the "
        "kernel keeps for each comes on top, and is the same for all.",
        [
            Figure(f"{connections:,} idle connections: server memory of each", memory, "KiB", against_floor=False),
            Figure("the same: time to open them", lambda report: report["opening"]["took_s"], "s"),
        ],
    )


def cpu(n: Scale) -> Measurement:
    subscribers, rate = n(2_000, 10), 30
    return Measurement(
        "cpu",
        [fanout(subscribers, rate, 5, n)],
        "What a delivery costs the server, writing to the socket included, while it has time to spare.",
        [Figure(f"{subscribers:,} × {rate}/s: server CPU per million deliveries", cpu_per_million, "s")],
    )


def latency(name: str, subscribers: int, rate: int, seconds: int, where: str, n: Scale) -> Measurement:
    return Measurement(
        name,
        [fanout(subscribers, rate, seconds, n)],
        f"From the moment at which an event was due to be published until a subscriber has read it, {where}: "
        f"{subscribers * rate:,} deliveries a second.",
        [
            Figure(f"{subscribers} × {rate:,}/s: latency, p50", p50, "ms"),
            Figure("the same: p99", p99, "ms"),
        ],
    )


def topics(n: Scale) -> Measurement:
    subscribers, rate, count = n(1_000, 10), n(500, 100), n(50, 5)
    return Measurement(
        "topics",
        [f"{fanout(subscribers, rate, 5, n)} --topics {count}"],
        f"{count} topics with {subscribers // count} subscribers each: more publishing, and fewer deliveries of each event. "
        "The axum server sends every event to everyone, and cannot take part.",
        [
            Figure(f"{subscribers:,} × {rate}/s over {count} topics: latency, p99", p99, "ms"),
            Figure("the same: server CPU per million deliveries", cpu_per_million, "s"),
        ],
        ["serve", "floor", "nchan"],
    )


def find_max(n: Scale) -> Measurement:
    full = "--find-max 'p99<100ms' -c 100 -r 500 --step-duration 2s -d 5s --drain 2s"
    # It holds nothing, and is over soon.
    small = "--find-max 'p99<1us' -c 5 -r 20000 --step-duration 50ms -d 50ms --warmup 0s --drain 1s"
    return Measurement(
        "find-max",
        [n(full, small)],
        "The highest rate at which 99 of 100 deliveries take less than 100 ms and none is lost, found by doubling and "
        "halving; one search.",
        [
            Figure(
                f"{n(100, 5)} subscribers: most events/s with p99 < 100 ms",
                lambda found: found["search"]["result"]["value"],
            )
        ],
        ["serve", "floor"],
        rounds=1,
    )


def slow(n: Scale) -> Measurement:
    subscribers, part, rate = n(200, 10), 10, 200
    others = subscribers - subscribers * part // 100

    def multiple(alone: dict, beside: dict) -> float | None:
        return p99(beside) / p99(alone) if p99(beside) and p99(alone) else None

    return Measurement(
        "slow",
        [
            f"{fanout(others, rate, 5, n)} --size 4KiB",
            f"{fanout(subscribers, rate, 5, n)} --size 4KiB --drain 3s --slow {part}%",
        ],
        f"What {others} subscribers notice of {subscribers - others} others that read 1 KiB/s where {rate * 4} KiB/s are "
        "sent: their p99 beside such readers, divided by their p99 without them. It should be 1.",
        [Figure(f"{part} % slow readers: p99 of the others, as a multiple", multiple, "×", against_floor=False)],
    )


def reconnect(n: Scale) -> Measurement:
    subscribers = n(1_000, 10)

    def seconds(report: dict) -> float | None:
        back = report["reconnect"]["back_all_ms"]
        return None if back is None else back / 1000

    return Measurement(
        "reconnect",
        [f"reconnect -c {subscribers} -r 100 -d {n('3s --drain 3s', '300ms --drain 500ms --warmup 50ms')}"],
        f"{subscribers:,} subscribers lose their connections at once, and come back with the ID of their last event, while "
        "events are published. What a server cannot send again is lost to them.",
        [
            Figure(f"{subscribers:,} reconnect at once: time until all are back", seconds, "s"),
            Figure("the same: deliveries lost", lambda report: report["reconnect"]["gap"], against_floor=False),
        ],
    )


def replay(n: Scale) -> Measurement:
    subscribers, events = n(200, 5), n(5_000, 50)
    return Measurement(
        "replay",
        [f"replay -c {subscribers} --events {events}"],
        f"{subscribers} subscribers come at once and want the last {events:,} events each: {subscribers * events:,} "
        "deliveries. Of those beside `sse serve` only nchan keeps events.",
        [
            Figure(
                f"{subscribers} replay {events:,} events each: events/s",
                lambda report: report["replay"]["events_per_second"],
            ),
            Figure("the same: server CPU per million deliveries", cpu_per_million, "s"),
        ],
        ["serve", "nchan"],
    )
