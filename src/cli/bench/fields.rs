//! The fields of the JSON report, for whoever reads the help; a test holds them against a report. Fields may be added,
//! never renamed or taken away.

/// What stands behind the options in `sse bench --help` and in the man page.
pub(super) const HELP: &str = "\
Fields of the JSON report, to which others may be added:
  scenario           fanout, reconnect, replay, connect, idle or stream
  connections        subscribers: asked, opened, refused, pending (in a run
                     that was stopped early), closed
  events             measured events: sent, acknowledged, late (by more than 10
                     ms), unsent (though due), refused, unanswered (of sent),
                     waited_ms (for how long the server did not take what was
                     due)
  deliveries         one event at one subscriber is one: expected, received,
                     lost, duplicated, reordered, foreign, lost_before_first
                     (of lost), misrouted (of foreign: sent to another topic)
  slow               with --slow: subscribers, opened, closed (by the server),
                     received, lost (overtaken), duplicated, behind (yet to be
                     read when the run was over), bytes; the other counts and
                     times are of the others
  reconnect          reconnect: dropped, ended (streams), back, away, failed
                     (attempts), failures (reason, count), recovered, gap
                     (deliveries of what was due while the subscriber was away:
                     came all the same, never came), recovered_events,
                     back_all_ms (from the storm until all were back), restart_ms
                     (until the server was), generator, reconnect_ms and
                     next_event_ms (from the loss of a stream to the head of the
                     next one, and to its first event), recovered_ms (receipt
                     minus due time)
  replay             replay: complete (subscribers that had all), took_s (from
                     the first request to the last event), events_per_second,
                     bytes, bytes_per_second, replay_ms (from a subscriber's
                     request until it had all)
  http2              with --http2: connections, most_streams (on one of them at
                     once), allowed_streams (the fewest that the server allowed;
                     null without a limit)
  opening            connect and idle: took_s, from the first connection to the
                     last stream, and per_second
  traffic            idle and stream, of all streams: bytes, comments
                     (heartbeats), events
  streams            stream: requests, ended, failed, unfinished (when the time
                     was over), events_per_stream (min, mean, max), gap_ms (from
                     one event to the next), stream_ms (from the request to the
                     end), failures (reason, count)
  latency_ms         receipt minus due time of every delivery on a stream that
                     was open when the event was due: p50, p90, p99, p99_9, max,
                     count; the next ones have the same fields. A percentile is
                     null where fewer than 10 independent samples (events, where
                     all deliveries of one are late together) lie beyond it, but
                     for those of an interval, which are of all that came in it
  last_delivery_ms   the same of the last delivery of each event that all have:
                     the time to reach everyone
  send_delay_ms      actual minus due time: what the generator itself was late
  connect_ms         time to a TCP connection
  tls_ms             from a TCP connection to the end of the TLS handshake; only
                     where subscribers speak TLS
  server_latency_ms  receipt minus actual time of the same deliveries
  first_byte_ms      from a subscriber's request to the head of the answer
  first_event_ms     from a subscriber's request to its first event
  interrupted        whether the run was stopped early
  valid              whether the figures say something about the server
  warnings           sentences about what was not as it should be
  generator          the busiest thread of subscribers, in parts of the time:
                     ran, wanted (to run)
  publisher          the same of the busiest thread of publishers
  resources          server, generator (this process, and its workers):
                     processes, cpu_s (in the measured phase), cpus (the same by
                     time), cpu_s_per_million (deliveries), memory; others_cpus
                     (busy with other programs, where the server is watched):
                     what they had, neither server nor generator had; tcp_memory
                     (of the kernel), each with before_bytes (nobody had
                     connected), open_bytes (all had), end_bytes, peak_bytes,
                     per_connection_bytes; null where it is not known
  plan               what was asked for: subscribe, publish, connections,
                     streams_per_connection (null is HTTP/1.1), ramp, rate,
                     warmup_s, duration_s, drain_s, size (the mean of several),
                     sizes (all, if there are several), publishers, topics,
                     threads, events, deliveries; workers (processes that the
                     subscribers have, where it is not this one); with --clamp,
                     where no more fitted, connections_asked; reconnect: drop (how many),
                     restart_server, storm_after_s; slow_connections,
                     slow_bytes_per_second; replay: last_event_id
  environment        command, variables, version, build, date, kernel, cpu,
                     cpus, pinned_to, server_pinned_to, cpu_quota, memory_bytes,
                     open_files (that each process may have), open_files_hard,
                     workers (null where the subscribers were in this process),
                     local_ports, source_addresses (several only on loopback),
                     listen_backlog; null where the system does not tell
  series             start (of the measured phase), interval_s, phases (phase,
                     at_s), end_s, and intervals: at_s, length_s, phase,
                     connections, sent, received, lost_so_far, latency_ms,
                     generator, server (cpus, memory_bytes; null where it is
                     not watched), and where nothing is published connect_ms,
                     first_byte_ms (connect), traffic (idle, stream), streams
                     (ended, failed), first_event_ms, gap_ms (stream); at_s and
                     end_s are from the beginning of the measured phase
  needs              memory_bytes, memory_available_bytes, open_files,
                     local_ports, local_ports_available, source_addresses: in
                     what --dry-run prints, behind the plan
With --fail-if, --baseline or --runs there are also:
  thresholds         one for each --fail-if: expression, value (milliseconds, a
                     count, or percent where the limit is; null where it is not
                     known), met, missed (a sentence; null if it is met)
  baseline           regression (the part that is allowed), figures (figure,
                     now, baseline, ratio, worse), differences, met
  runs               with --runs, the reports of all runs; beside them stand
                     interrupted, valid, runs_asked, runs_invalid, failure (why
                     the next run has no report; only where one failed), and
                     spread: figure, min, median, max
With --find-max or --find-max-connections the object has these fields:
  search             of (rate or connections), bounds (the expressions),
                     resolution, steps (one for each run), result
    steps            step, attempt (of three two decide), confirms (whether it
                     is the longer run), rate, connections, duration_s, verdict
                     (held, missed, failed, generator, gone), why, bounds (as
                     thresholds, and met where the bound holds); and of its
                     report subscribers (the connections), events, deliveries,
                     latency_ms, last_delivery_ms, server_latency_ms,
                     send_delay_ms, generator, valid, warnings
    result           value (null where nothing held), at_least (whether a higher
                     one might hold), confirmed, limited_by (server, generator,
                     open_files, events, option, runs, no_server, stopped),
                     sentence
  interrupted        whether the search was stopped early
  warnings           as above
  plan               that of the last run
  environment        as above";
