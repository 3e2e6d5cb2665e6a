//! What servers and proxies really did, as read from their sockets: times in milliseconds and sizes in bytes of every
//! read, and what a diagnosis makes of them. The streams are made up again from the sizes of their events.

use std::time::Duration;

use super::{Diagnosis, End, Finding, Head, Level};

/// Events of `size` bytes each, as many as `bytes` has room for and one more.
fn events(size: usize, bytes: usize) -> Vec<u8> {
    let event = |id: usize| {
        let head = format!("id: {id}\ndata: ");
        format!("{head}{}\n\n", "x".repeat(size - head.len() - 2))
    };
    (0..=bytes / size).map(event).collect::<String>().into_bytes()
}

fn ms(time: f64) -> Duration {
    Duration::from_secs_f64(time / 1000.0)
}

fn head(headers: &[(&str, &str)]) -> Head {
    let stream = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")];
    Head { version: "HTTP/1.1".to_owned(), asked_for_encoding: true, ..Head::of_test(&[&stream, headers].concat()) }
}

/// A connection that is watched until a time: the head with its time, the reads, and the stream that they cut.
fn watch(headers: &[(&str, &str)], answered: f64, reads: &[(f64, usize)], stream: &[u8], until: f64) -> Vec<Finding> {
    let mut diagnosis = Diagnosis::new();
    diagnosis.connecting(Duration::ZERO, "");
    if answered <= until {
        diagnosis.answered(ms(answered), &head(headers));
    }
    let mut rest = stream;
    for (at, size) in reads.iter().filter(|(at, _)| *at <= until) {
        let (read, after) = rest.split_at(*size);
        diagnosis.received(ms(*at), read);
        rest = after;
    }
    let findings = diagnosis.findings(ms(until));
    diagnosis.ended(ms(until), End::Local);
    assert_eq!(findings, diagnosis.findings(ms(until)), "to leave changes nothing");
    findings
}

/// The same for a stream of events of one size.
fn watch_events(
    headers: &[(&str, &str)],
    answered: f64,
    reads: &[(f64, usize)],
    size: usize,
    until: f64,
) -> Vec<Finding> {
    let bytes = reads.iter().map(|(_, size)| size).sum();
    watch(headers, answered, reads, &events(size, bytes), until)
}

fn problems(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().filter(|finding| finding.level == Level::Problem).map(|finding| finding.code).collect()
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).filter(|code| *code != "http1").collect()
}

const NGINX: &[(&str, &str)] = &[("Server", "nginx/1.22.1")];
const GZIP: &[(&str, &str)] = &[("Content-Encoding", "gzip")];

/// nginx as Debian ships it, `proxy_pass` and nothing else: 200 bytes every 100 ms.
#[test]
fn nginx_that_buffers_is_found_within_seconds() {
    let reads = [(1901.2, 4000), (4001.3, 4096), (6001.3, 4096), (8101.2, 4096), (10101.5, 4096), (12201.1, 4096)];
    let watch = |until| watch_events(NGINX, 1901.2, &reads, 200, until);
    assert_eq!(problems(&watch(1500.0)), [""; 0], "too early to say");
    assert_eq!(problems(&watch(5000.0)), [""; 0], "once may be the network");
    for until in [7100.0, 8101.2, 14_000.0] {
        let found = watch(until);
        assert_eq!(problems(&found), ["buffering"], "at {until}");
        assert!(found[0].fix.contains("`proxy_buffering off;`"), "{}", found[0].fix);
    }
    let expected = "102 of 122 events arrived in 5 bursts of 4096 bytes that end in the middle of an event, with up to 2.1 s of \
                    silence before the rest: something passes the stream on only when a buffer is full";
    assert_eq!(watch(13_300.0)[0].what, expected);
}

/// The same with 200 bytes every second, every 15 ms, and with 300 and 256 of them.
#[test]
fn nginx_that_buffers_is_found_at_other_rates() {
    let slow = [(19_007.6, 4000), (40_004.3, 4096), (60_005.0, 4096)];
    let watch = |until| problems(&watch_events(NGINX, 19_007.6, &slow, 200, until));
    assert_eq!(watch(15_000.0), ["no-answer"]);
    assert_eq!(watch(30_000.0), ["late-head"]);
    assert_eq!(watch(46_000.0), ["buffering", "late-head"]);
    let fast = [(197.7, 4000), (392.7, 4096), (602.7, 4096), (813.7, 4096), (1009.8, 4096), (1218.0, 4096)];
    assert_eq!(problems(&watch_events(NGINX, 197.7, &fast, 300, 1300.0)), ["buffering"]);
    let even = [(1500.8, 4000), (3101.0, 4096), (4700.9, 4096), (6301.0, 4096)];
    assert_eq!(problems(&watch_events(NGINX, 1500.8, &even, 256, 7000.0)), ["buffering"]);
}

/// `proxy_buffer_size 16k; proxy_buffers 8 16k;`
#[test]
fn nginx_with_larger_buffers_is_found() {
    let reads = [(8103.9, 16_288), (16_304.0, 16_384), (24_503.9, 16_384)];
    assert_eq!(problems(&watch_events(NGINX, 8103.9, &reads, 200, 25_600.0)), ["buffering"]);
}

/// Events of 20,000 bytes every second: nginx passes full buffers on at once and keeps the rest. With
/// `proxy_http_version 1.1` and a chunked answer it passes on small events at once, but of these it keeps the rest too.
#[test]
fn nginx_that_keeps_the_end_of_large_events_is_found() {
    let http_1_0 =
        [(2.2, 16_288), (1001.1, 20_480), (2000.9, 8192), (2001.2, 12_288), (3004.1, 20_480), (4000.9, 20_480)];
    assert_eq!(problems(&watch_events(NGINX, 2.2, &http_1_0, 20_000, 5000.0)), ["buffering"]);
    let http_1_1 =
        [(6.8, 16_254), (1007.0, 20_472), (2005.7, 20_472), (3004.3, 8184), (3004.4, 12_288), (4004.3, 20_472)];
    assert_eq!(problems(&watch_events(NGINX, 6.8, &http_1_1, 20_000, 5100.0)), ["buffering"]);
}

/// `gzip on; gzip_types text/event-stream; gzip_proxied any;` with buffering: 200 bytes every 100 ms. Sizes are decoded.
#[test]
fn nginx_that_compresses_and_buffers_is_found() {
    let headers = [NGINX, GZIP].concat();
    let reads = [(36_802.0, 67_043), (73_601.9, 67_884)];
    let watch = |until| problems(&watch_events(&headers, 36_802.0, &reads, 200, until));
    assert_eq!(watch(30_000.0), ["no-answer"]);
    assert_eq!(watch(40_000.0), ["compression", "late-head"]);
    assert_eq!(watch(80_000.0), ["compression", "late-head"]);
}

/// zlib in the server without a flush: 200 bytes every 100 ms in Python, every 10 ms in Python, 180 every 10 ms in Node.
#[test]
fn an_encoder_that_is_never_flushed_is_found() {
    let slow = |until| problems(&watch_events(GZIP, 0.4, &[(36_101.6, 72_121), (72_200.0, 72_000)], 200, until));
    assert_eq!(slow(15_000.0), [""; 0]);
    assert_eq!(slow(21_000.0), ["compression"]);
    assert_eq!(slow(37_500.0), ["compression"]);
    let fast = [(3632.2, 72_523), (7532.1, 77_847), (11_432.2, 78_021)];
    assert_eq!(problems(&watch_events(GZIP, 7.6, &fast, 200, 6000.0)), ["compression"]);
    let node = [(14_046.7, 233_969), (14_047.3, 21_805), (28_747.0, 213_831), (28_748.3, 55_528)];
    assert_eq!(problems(&watch_events(GZIP, 41.0, &node, 180, 29_000.0)), ["compression"]);
}

/// `gzip on` with `proxy_buffering off`: every event is flushed, and takes 110 bytes.
#[test]
fn an_encoder_that_is_flushed_is_healthy() {
    let reads: Vec<_> = (0..200).map(|i| (0.8 + 100.03 * f64::from(i), 200)).collect();
    assert_eq!(codes(&watch_events(&[NGINX, GZIP].concat(), 0.8, &reads, 200, 20_000.0)), [""; 0]);
}

/// `php -d output_buffering=4096`: the buffer is passed on by the `echo` that fills it, at the end of an event or of a line.
#[test]
fn output_buffering_of_php_is_found() {
    let event = |id: usize| format!("id: {id}\ndata: {}\n\n", "x".repeat(60 + (id * 7919) % 280));
    let stream: String = (0..200).map(event).collect();
    let reads = [(1902.9, 4180), (3905.8, 4150), (5808.5, 4134), (7810.6, 4100), (9712.8, 4223), (11_619.1, 4129)];
    let found = watch(&[("X-Powered-By", "PHP/8.2.35")], 1902.9, &reads, stream.as_bytes(), 12_600.0);
    assert_eq!(problems(&found), ["buffering"]);
    let expected = "5 bursts of 19 to 20 events each had at least 4096 bytes, by less than an event: something passes the stream \
                    on only when a buffer is full, after up to 2.0 s of silence";
    assert_eq!(found[0].what, expected);
    assert!(found[0].fix.contains("output_buffering"), "{}", found[0].fix);
}

/// Python's `BufferedWriter`, which flushes what it has before an event that does not fit: 60 to 400 bytes every 100 ms.
/// And C's stdio, which fills its buffer to the last byte.
#[test]
fn buffered_writers_are_found() {
    let (mut stream, mut reads) = (Vec::new(), Vec::new());
    let bursts = [(3981, 20), (3951, 17), (4036, 16), (4067, 21), (4084, 18), (3868, 17), (3964, 18), (3995, 18)];
    for (i, (bytes, count)) in (0_u32..).zip(bursts) {
        // One of 390 bytes, and the others as even as they can be.
        let rest = (bytes - 390) / (count - 1);
        let sizes = std::iter::repeat_n(rest, count - 2).chain([bytes - 390 - rest * (count - 2), 390]);
        sizes.for_each(|size| stream.extend_from_slice(&events(size, 0)));
        reads.push((2000.0 + 1800.0 * f64::from(i), bytes));
    }
    assert_eq!(problems(&watch(&[], 0.3, &reads, &stream, 16_000.0)), ["buffering"]);
    let stdio = [(3704.0, 8192), (7600.4, 8192), (11_000.5, 8192), (14_900.5, 8192)];
    assert_eq!(problems(&watch_events(&[], 0.3, &stdio, 212, 9000.0)), ["buffering"]);
}

/// `proxy_buffering off`, `X-Accel-Buffering: no`, or HTTP/1.1 to a server that sends chunks: 200 bytes every 100 ms.
#[test]
fn nginx_that_passes_events_on_is_healthy() {
    let reads: Vec<_> = (0..300).map(|i| (1.1 + 100.02 * f64::from(i), 200)).collect();
    assert_eq!(codes(&watch_events(NGINX, 1.1, &reads, 200, 30_000.0)), [""; 0]);
}

/// Node, 20 events every 5 seconds, each time in one write; with a head that is flushed, and without.
#[test]
fn an_application_that_sends_bursts_is_only_suspected() {
    let bursts = |first: u32| (first..8).map(|i| (5003.0 * f64::from(i), 4000)).collect::<Vec<_>>();
    for headers in [&[], NGINX] {
        let found = watch_events(headers, 4.5, &bursts(0), 200, 40_000.0);
        assert_eq!((problems(&found), codes(&found)), (vec![], vec!["bursts"]));
        assert!(found.iter().any(|finding| finding.what.contains("it looks like")), "{found:?}");
    }
    let found = watch_events(&[], 5003.0, &bursts(1), 200, 40_000.0);
    assert_eq!((problems(&found), codes(&found)), (vec![], vec!["late-head", "bursts"]));
    let sizes = [205, 204, 256, 1024, 409];
    for size in sizes {
        let reads: Vec<_> = bursts(0).iter().map(|(at, _)| (*at, 20 * size)).collect();
        assert_eq!(problems(&watch_events(&[], 4.5, &reads, size, 40_000.0)), [""; 0], "20 events of {size} bytes");
    }
}

/// The same application behind nginx with buffering.
#[test]
fn an_application_that_sends_bursts_into_a_buffer_is_found() {
    let reads = [(4.8, 4000), (10_002.6, 4096), (15_002.4, 4096), (20_002.8, 4096), (25_002.7, 4096)];
    assert_eq!(problems(&watch_events(NGINX, 4.8, &reads, 200, 16_500.0)), ["buffering"]);
}

/// Line by line, 20 ms apart, as some servers write: 200 bytes every 500 ms.
#[test]
fn an_event_that_is_written_line_by_line_is_healthy() {
    let reads: Vec<_> = (0..30)
        .flat_map(|i| {
            let at = 500.4 * f64::from(i);
            [(at, 6), (at + 20.1, 193), (at + 40.3, 1)]
        })
        .collect();
    assert_eq!(codes(&watch_events(&[], 4.3, &reads, 200, 10_000.0)), [""; 0]);
}

/// The first windows of TCP over a round trip of 200 ms: events of 40,000 bytes, and a replay of a megabyte.
#[test]
fn what_the_network_cuts_is_not_mistaken_for_a_buffer() {
    let large: Vec<_> = (0..20)
        .flat_map(|i| {
            let at = 3000.0 * f64::from(i);
            [(at, 14_480), (at + 201.0, 24_616), (at + 402.0, 904)]
        })
        .collect();
    assert_eq!(codes(&watch_events(&[], 1.0, &large, 40_000, 59_000.0)), [""; 0]);
    let mut replay: Vec<_> = (0..7_u32).map(|i| (2.0 + 201.0 * f64::from(i), 14_480 << i)).collect();
    replay.extend((0..100).map(|i| (2000.0 + 500.0 * f64::from(i), 200)));
    assert_eq!(codes(&watch_events(&[], 1.0, &replay, 200, 50_000.0)), [""; 0]);
}

/// Two segments lost in one hour of a busy stream: the first stall ends in the middle of an event.
#[test]
fn a_stall_of_the_network_is_not_mistaken_for_a_buffer() {
    let (mut reads, mut at) = (Vec::new(), 0.0);
    for i in 0..36_000 {
        let (pause, size) = match i {
            9000 | 20_000 => (40.0, 130),
            9001 | 20_001 => (3200.0, 6470),
            _ => (100.0, 200),
        };
        at += pause;
        reads.push((at, size));
    }
    assert_eq!(codes(&watch_events(&[], 1.0, &reads, 200, at)), [""; 0]);
}

/// `proxy_read_timeout 5s`, and a server that sends one event every 20 seconds.
#[test]
fn a_read_timeout_of_a_proxy_is_found() {
    let mut diagnosis = Diagnosis::new();
    for began in [0.0, 6000.8, 12_001.5] {
        diagnosis.connecting(ms(began), "");
        diagnosis.answered(ms(began + 0.7), &head(NGINX));
        diagnosis.received(ms(began + 0.7), &events(200, 0));
        diagnosis.ended(ms(began + 5000.8), End::Remote);
    }
    let found = diagnosis.findings(ms(18_000.0));
    assert_eq!(problems(&found), ["idle-timeout"]);
    assert!(found[0].what.starts_with("3 of 3 connections were ended after 5.0 s of silence"), "{}", found[0].what);
    assert!(found[0].fix.contains("`proxy_read_timeout`"));
}
