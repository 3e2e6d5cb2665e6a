//! How fast one client may publish: what is beyond it is refused or slowed, whatever it is sent as, and others notice
//! nothing.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::auth::{Config, bearer, mint};
use crate::http::{NDJSON, Reply, Stream, get, post, request};
use crate::process::{Broker, run, stderr, stdout};

/// Publishes until it is refused.
fn refused(mut publish: impl FnMut() -> Reply) -> Reply {
    (0..200).map(|_| publish()).find(|reply| reply.status != 200).expect("one of many at once is refused")
}

/// A field of the head.
fn field<'r>(reply: &'r Reply, name: &str) -> &'r str {
    let found = reply.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("{name} is missing: {}", reply.head))
}

#[test]
fn what_is_too_fast_is_refused_until_the_time_that_the_answer_names() {
    let broker = Broker::start(&["--max-publish-rate", "1", "--max-publish-burst", "3"]);
    let publish = || post(broker.address, "/events/a", "x");
    let first = publish();
    assert_eq!(field(&first, "ratelimit-policy"), "\"token\";q=3;w=3");
    assert_eq!(field(&first, "ratelimit"), "\"token\";r=2;t=1");
    let refused = refused(publish);
    assert_eq!((refused.status, &refused.json()["code"]), (429, &"publish_rate".into()));
    let detail =
        "events are published faster than the 1 a second that --max-publish-rate allows one token; try again in 1 s";
    assert_eq!(refused.json()["detail"], detail);
    assert_eq!((field(&refused, "retry-after"), field(&refused, "ratelimit")), ("1", "\"token\";r=0;t=1"));
    // That this is enough is what the answer says.
    thread::sleep(Duration::from_secs(1));
    assert_eq!(publish().status, 200);
    let metrics = get(broker.address, "/metrics").body;
    assert!(metrics.contains("sse_refusals_total{reason=\"publish_rate\"}"), "{metrics}");
    assert!(!get(broker.address, "/api/stats").head.contains("ratelimit"), "it is about publishing");
}

#[test]
fn without_a_limit_nothing_is_said_of_one() {
    let broker = Broker::start(&[]);
    assert!(!post(broker.address, "/events/a", "x").head.contains("ratelimit"));
}

#[test]
fn tokens_of_a_user_count_together_static_ones_by_name_and_others_by_address() {
    let made =
        |name: &str| stdout(&run(&["token", "hash", "--name", name], "")).replace("publish = []", "publish = [\"a\"]");
    let entries = ["one", "other"].map(made);
    let secret = |entry: &String| {
        let secret = entry.lines().find_map(|line| line.strip_prefix("# ").filter(|text| !text.contains(' ')));
        secret.expect("a token").to_owned()
    };
    let [one, other] = entries.each_ref().map(secret);
    let config = Config::of_tenants(&format!("max-publish-rate = 1\n{}\n{}", entries[0], entries[1]));
    let broker = config.start(&[]);
    let publish =
        |token: &str| request(broker.address, "POST", "/events/a", &[("authorization", &bearer(token))], b"x");
    let of = |user: &str, session: &str| mint(&["--sub", user, "--session", session, "--publish", "a"]);
    let anna = [of("anna", "1"), of("anna", "2")];
    let mut turns = anna.iter().cycle();
    assert_eq!(refused(|| publish(turns.next().expect("a token"))).json()["code"], "publish_rate");
    assert_eq!(publish(&of("bert", "1")).status, 200, "another user");
    assert_eq!(refused(|| publish(&one)).status, 429);
    assert_eq!(publish(&other).status, 200, "another static token");
    let nobody = mint(&["--publish", "a"]);
    assert_eq!(refused(|| publish(&nobody)).status, 429, "by its address");
    assert_eq!(publish(&of("carl", "1")).status, 200);
}

#[test]
fn every_item_of_a_batch_counts_and_what_is_read_whole_is_refused_whole() {
    let broker = Broker::start(&["--max-publish-rate", "10", "--max-publish-rate-per-address", "1000"]);
    let batch = |count: usize| {
        let items = vec![r#"{"topic":"a","data":1}"#; count].join(",");
        post(broker.address, "/events", &format!("[{items}]"))
    };
    let too_large = batch(11);
    assert_eq!((too_large.status, &too_large.json()["code"]), (413, &"batch_beyond_rate".into()));
    assert!(too_large.json()["detail"].as_str().expect("a sentence").contains("--max-publish-rate lets 10 through"));
    let accepted = batch(10);
    assert_eq!(field(&accepted, "ratelimit-policy"), "\"token\";q=10;w=1, \"address\";q=1000;w=1");
    assert!(field(&accepted, "ratelimit").contains("\"address\";r=9"), "{}", accepted.head);
    let mut accepted = 10;
    let refused = loop {
        match batch(10) {
            reply if reply.status == 200 => accepted += 10,
            reply => break reply,
        }
    };
    assert_eq!((refused.status, &refused.json()["code"]), (429, &"publish_rate".into()));
    let published = &get(broker.address, "/api/stats").json()["events"]["published"];
    assert_eq!(*published, accepted, "nothing of what was refused is published");
}

#[test]
fn newline_delimited_json_is_slowed_and_loses_nothing() {
    let broker = Broker::start(&["--max-publish-rate", "100", "--max-publish-burst", "20"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    let line = |n| format!("{{\"topic\":\"a\",\"data\":{n}}}\n");
    let lines: String = (0..80).map(line).collect();
    let begun = Instant::now();
    let reply = request(broker.address, "POST", "/events", &NDJSON, lines.as_bytes());
    let took = begun.elapsed();
    assert_eq!((reply.status, reply.lines().len()), (200, 80));
    assert_eq!(field(&reply, "ratelimit-policy"), "\"token\";q=100;w=1");
    assert!(reply.lines().iter().all(|line| line["id"].is_string()), "{}", reply.body);
    assert!(took >= Duration::from_millis(590), "60 beyond the burst take 600 ms: {took:?}");
    let expected: Vec<String> = (0..80).map(|n| n.to_string()).collect();
    assert_eq!(stream.data(80), expected);
    let sent = run(&["send", "--url", &broker.url(""), "--ndjson"], &lines);
    assert!(sent.status.success(), "sse send is slowed too: {}", stderr(&sent));
}

/// A publisher on one connection that stays open.
struct Publisher {
    connection: BufReader<TcpStream>,
    request: String,
}

impl Publisher {
    fn new(to: SocketAddr, token: &str) -> Self {
        let connection = TcpStream::connect(to).expect("the broker accepts");
        connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        let head = format!("POST /events/a HTTP/1.1\r\nhost: {to}\r\nauthorization: Bearer {token}");
        Self { connection: BufReader::new(connection), request: format!("{head}\r\ncontent-length: 1\r\n\r\nx") }
    }

    /// Publishes an event; the status.
    fn publish(&mut self) -> u16 {
        self.connection.get_mut().write_all(self.request.as_bytes()).expect("the request is sent");
        let head = crate::http::read_head(&mut self.connection).expect("a head");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let mut body = vec![0; length.parse().expect("a number")];
        self.connection.read_exact(&mut body).expect("a body");
        crate::http::status_of(&head)
    }
}

#[test]
fn a_publisher_at_many_times_its_limit_is_held_to_it_and_others_are_untouched() {
    const RATE: u32 = 100;
    let config = Config::of_tenants(&format!("max-publish-rate = {RATE}\nmax-publish-burst = {RATE}"));
    let broker = config.start(&[]);
    let [greedy, modest] = ["greedy", "modest"].map(|user| mint(&["--sub", user, "--publish", "a"]));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let modest = scope.spawn(|| {
            let (mut publisher, mut count) = (Publisher::new(broker.address, &modest), 0);
            while !over.load(Ordering::Relaxed) {
                assert_eq!(publisher.publish(), 200, "after {count}");
                count += 1;
                // Half of what it may, at most.
                thread::sleep(Duration::from_millis(20));
            }
            count
        });
        let (mut publisher, mut accepted, mut asked) = (Publisher::new(broker.address, &greedy), 0_u32, 0_u32);
        let begun = Instant::now();
        // Three seconds, and until it has asked for ten times as much as it may.
        while begun.elapsed() < Duration::from_secs(3) || f64::from(asked) < begun.elapsed().as_secs_f64() * 200.0 {
            asked += 1;
            match publisher.publish() {
                200 => accepted += 1,
                status => assert_eq!(status, 429),
            }
        }
        let allowed = f64::from(RATE) * (begun.elapsed().as_secs_f64() + 1.0);
        over.store(true, Ordering::Relaxed);
        let share = f64::from(accepted) / allowed;
        assert!((0.95..=1.0).contains(&share), "{accepted} of {asked} were accepted, where {allowed} are allowed");
        assert!(modest.join().expect("it is never refused") > 0);
    });
}
