"""What is measured: the runs of `sse bench`, the figures that are taken from their reports, and what they mean."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Figure:
    """A row of the table: what it is called, where the reports have it, and how it is written."""

    title: str
    of: Callable[..., float | None]
    unit: str = ""
    against_floor: bool = True

    def written(self, value: float) -> str:
        """With three digits, or all those before the point."""
        places = 0 if value == 0 or value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
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


def measurements(short: bool) -> list[Measurement]:
    """All of them, in the order of the table; `short` ones show that they work, and nothing else."""

    def n(full, small):
        return small if short else full

    idle, many, storm, herd, past = n(10_000, 20), n(2_000, 10), n(1_000, 10), n(200, 5), n(5_000, 50)
    few, busy, rate, topics = n(10, 3), n(100, 5), n(1_000, 200), n(50, 5)
    warmup = n("", " --warmup 50ms")

    def fanout(subscribers, rate, seconds):
        return f"-c {subscribers} -r {rate} -d {n(f'{seconds}s', '200ms')}{warmup}"

    def latency(which):
        return lambda report: report["latency_ms"][which]

    def slowed(alone, beside):
        of = [report["latency_ms"]["p99"] for report in (alone, beside)]
        return of[1] / of[0] if all(of) else None

    def idle_memory(report):
        # It is null where the server did not grow.
        return (report["resources"]["server"]["memory"]["per_connection_bytes"] or 0) / 1024

    cpu = lambda report: report["resources"]["server"]["cpu_s_per_million"]  # noqa: E731
    return [
        Measurement(
            "idle",
            [f"idle -c {idle} -d {n('2s', '100ms')}"],
            f"{idle:,} connections are opened as fast as the server answers, and then held without an event. What the "
            "kernel keeps for each comes on top, and is the same for all.",
            [
                Figure(f"{idle:,} idle connections: server memory of each", idle_memory, "KiB", against_floor=False),
                Figure("the same: time to open them", lambda report: report["opening"]["took_s"], "s"),
            ],
        ),
        Measurement(
            "cpu",
            [fanout(many, 30, 5)],
            "What a delivery costs the server, writing to the socket included, while it has time to spare.",
            [Figure(f"{many:,} subscribers × 30 events/s: server CPU per million deliveries", cpu, "s")],
        ),
        Measurement(
            "latency",
            [fanout(few, 100, 10)],
            "From the moment at which an event was due to be published until a subscriber has read it, on a quiet server.",
            [
                Figure(f"{few} × 100/s: latency, p50", latency("p50"), "ms"),
                Figure(f"{few} × 100/s: latency, p99", latency("p99"), "ms"),
            ],
        ),
        Measurement(
            "busy",
            [fanout(busy, rate, 4)],
            f"The same on a busy one: {busy * rate:,} deliveries a second.",
            [
                Figure(f"{busy} × {rate:,}/s: latency, p50", latency("p50"), "ms"),
                Figure(f"{busy} × {rate:,}/s: latency, p99", latency("p99"), "ms"),
            ],
        ),
        Measurement(
            "topics",
            [f"{fanout(storm, n(500, 100), 5)} --topics {topics}"],
            f"{topics} topics with {storm // topics} subscribers each: more publishing, and fewer deliveries of each event. "
            "The axum server sends every event to everyone, and cannot take part.",
            [
                Figure(f"{storm:,} × {n(500, 100)}/s over {topics} topics: latency, p99", latency("p99"), "ms"),
                Figure("the same: server CPU per million deliveries", cpu, "s"),
            ],
            ["serve", "floor", "nchan"],
        ),
        Measurement(
            "find-max",
            [
                # The short one holds nothing, and is over soon.
                n(
                    f"--find-max 'p99<100ms' -c {busy} -r 500 --step-duration 2s -d 5s --drain 2s",
                    f"--find-max 'p99<1us' -c {busy} -r 20000 --step-duration 50ms -d 50ms --warmup 0s --drain 1s",
                )
            ],
            "The highest rate at which 99 of 100 deliveries take less than 100 ms and none is lost, found by doubling and "
            "halving; one search.",
            [Figure(f"{busy} subscribers: most events/s with p99 < 100 ms", lambda found: found["search"]["result"]["value"])],
            ["serve", "floor"],
            rounds=1,
        ),
        Measurement(
            "slow",
            [
                f"{fanout(n(180, 9), 200, 5)} --size 4KiB",
                f"{fanout(n(200, 10), 200, 5)} --size 4KiB --slow 10%",
            ],
            "What 180 subscribers notice of 20 others that read 1 KiB/s where 800 KiB/s are sent: their p99 beside such "
            "readers, divided by their p99 without them. It should be 1.",
            [Figure("10 % slow readers: p99 of the others, as a multiple", slowed, "×", against_floor=False)],
        ),
        Measurement(
            "reconnect",
            [f"reconnect -c {storm} -r 100 -d {n('3s --drain 5s', '300ms --drain 500ms')}{warmup}"],
            f"{storm:,} subscribers lose their connections at once, and come back with the ID of their last event, while "
            "events are published. What a server cannot send again is lost to them.",
            [
                Figure(
                    f"{storm:,} reconnect at once: time until all are back",
                    lambda report: (report["reconnect"]["back_all_ms"] or 0) / 1000 or None,
                    "s",
                ),
                Figure("the same: deliveries lost", lambda report: report["reconnect"]["gap"], against_floor=False),
            ],
        ),
        Measurement(
            "replay",
            [f"replay -c {herd} --events {past}"],
            f"{herd} subscribers come at once and want the last {past:,} events each: {herd * past:,} deliveries. Of those "
            "beside `sse serve` only nchan keeps events.",
            [
                Figure(
                    f"{herd} replay {past:,} events each: events/s",
                    lambda report: report["replay"]["events_per_second"],
                ),
                Figure("the same: server CPU per million deliveries", cpu, "s"),
            ],
            ["serve", "nchan"],
        ),
    ]
