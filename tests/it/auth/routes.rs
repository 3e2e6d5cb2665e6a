//! Streams under paths of the operator's own: the contract of a system that was there before, kept as it stands.

use std::fs;

use sse::wire::Item;

use super::{Config, SECRET, bearer, mint};
use crate::http::{Stream, get, request};
use crate::process::{Broker, run, stderr, stdout};

/// The broker of the example as it is, but for how long it takes to a heartbeat; with the token of its backend.
pub(crate) fn booking(heartbeat: &str) -> (Config, Broker, String) {
    let example =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/booking.toml")).expect("the example");
    let made = stdout(&run(&["token", "hash"], ""));
    let token =
        made.lines().find_map(|line| line.strip_prefix("# ").filter(|text| !text.contains(' '))).expect("a token");
    let digest = made.lines().find_map(|line| line.strip_prefix("digest = ")).expect("a digest");
    let (zeros, usual) = (format!("\"sha256:{}\"", "0".repeat(64)), "heartbeat = \"30s\"");
    assert!(example.contains(&zeros) && example.contains(usual), "the example is as its readers know it");
    let config = Config::new(&example.replace(&zeros, digest).replace(usual, &format!("heartbeat = \"{heartbeat}\"")));
    let broker = config.start(&["--jwt-secret", SECRET]);
    (config, broker, token.to_owned())
}

/// A token of the backend's users.
pub(crate) fn user(company: &str, role: &str) -> String {
    mint(&["--claim", &format!("company_id={company}"), "--claim", &format!("role={role}")])
}

/// Publishes as the backend does.
pub(crate) fn book(broker: &Broker, token: &str, company: &str, id: u32) {
    let path = format!("/events/company/{company}/bookings?event=booking_created");
    let data = format!("{{\"id\":{id}}}");
    let reply = request(broker.address, "POST", &path, &[("authorization", &bearer(token))], data.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn the_contract_of_a_booking_backend_is_kept_from_the_first_event_to_the_last() {
    let (_config, broker, backend) = booking("200ms");
    let open = |role: &str| {
        let token = bearer(&user("c1", role));
        let stream = Stream::open(broker.address, "/sse/events", &[("authorization", &token)]);
        assert!(stream.head.to_ascii_lowercase().contains("content-type: text/event-stream"), "{}", stream.head);
        stream
    };
    let mut streams = ["staff", "admin", "superadmin"].map(open);
    for (id, company) in [(1, "c2"), (2, "c1"), (3, "c2"), (4, "c1")] {
        book(&broker, &backend, company, id);
    }
    for stream in &mut streams {
        let mut event = || {
            let event = stream.event();
            (event.event_type, event.data)
        };
        let said = |name: &str, data: &str| (name.to_owned(), data.to_owned());
        assert_eq!(event(), said("connection_established", r#"{"status":"connected"}"#));
        assert_eq!(event(), said("booking_created", r#"{"id":2}"#));
        assert_eq!(event(), said("booking_created", r#"{"id":4}"#));
        assert_eq!(stream.next(), Some(Item::Comment(" keep-alive".to_owned())));
    }
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).expect("it runs");
    for stream in &mut streams {
        let last = stream.event();
        assert_eq!((last.event_type.as_str(), last.data.as_str()), ("server_shutdown", r#"{"reason":"restart"}"#));
    }
}

#[test]
fn a_route_is_for_its_roles_and_says_what_is_missing() {
    let (_config, broker, _) = booking("30s");
    let refused = |token: Option<&str>| {
        let header = token.map(bearer);
        let headers: Vec<(&str, &str)> = header.iter().map(|header| ("authorization", header.as_str())).collect();
        let reply = request(broker.address, "GET", "/sse/events", &headers, b"");
        (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(None), (401, "token_missing".into()));
    assert_eq!(refused(Some(&user("c1", "guest"))), (403, "role_missing".into()));
    assert_eq!(refused(Some(&mint(&["--claim", "role=staff"]))), (403, "claim_missing".into()));
    assert_eq!(refused(Some(&user("*", "staff"))), (403, "claim_missing".into()));
    assert_eq!(refused(Some(&user("c1/**", "staff"))), (403, "claim_missing".into()));
    let token = bearer(&user("c1", "staff"));
    let own = [("authorization", token.as_str())];
    assert_eq!(request(broker.address, "POST", "/sse/events", &own, b"x").status, 405);
    assert_eq!(request(broker.address, "GET", "/sse", &own, b"").status, 404);
    assert_eq!(request(broker.address, "HEAD", "/sse/events", &own, b"").status, 200);
    assert_eq!(
        request(broker.address, "GET", "/events/company/c1/x", &own, b"").status,
        403,
        "the route is all it has"
    );
}

#[test]
fn inspect_says_what_a_token_listens_to_at_a_path_or_why_not() {
    let (config, broker, _) = booking("30s");
    let look = |token: &str, path: &str| super::inspect(&config, token, &["--jwt-secret", SECRET, "--path", path]);
    let (said, exit) = look(&user("c1", "staff"), "/sse/events?_=1");
    assert_eq!((exit, &said["routes"][0]["topics"]), (0, &serde_json::json!(["company/c1/**"])), "{said}");
    for token in [user("c1", "guest"), mint(&["--claim", "role=staff"]), user("*", "staff")] {
        let reply = request(broker.address, "GET", "/sse/events", &[("authorization", &bearer(&token))], b"").json();
        let (said, exit) = look(&token, "/sse/events");
        let refused = &said["refused"][0];
        assert_eq!((exit, &refused["code"], &refused["reason"]), (3, &reply["code"], &reply["detail"]), "{said}");
    }
    let (said, exit) = look(&user("c1", "staff"), "/sse/other");
    assert_eq!((exit, &said["refused"][0]["code"]), (3, &"not_found".into()), "{said}");
}

#[test]
fn what_is_missed_comes_behind_the_hello_however_the_client_says_what_it_has() {
    let (_config, broker, backend) = booking("30s");
    let token = bearer(&user("c1", "staff"));
    let mut stream = Stream::open(broker.address, "/sse/events", &[("authorization", &token)]);
    book(&broker, &backend, "c1", 1);
    let id = [stream.event(), stream.event()][1].last_event_id.clone();
    book(&broker, &backend, "c1", 2);
    let by_header = ("/sse/events".to_owned(), vec![("authorization", token.as_str()), ("last-event-id", id.as_str())]);
    let by_query = |name: &str| (format!("/sse/events?{name}={id}&_=12345"), vec![("authorization", token.as_str())]);
    for (path, headers) in [by_header, by_query("last_event_id"), by_query("lastEventId")] {
        let mut back = Stream::open(broker.address, &path, &headers);
        assert_eq!(back.data(2), [r#"{"status":"connected"}"#, r#"{"id":2}"#], "{path}");
    }
}

#[test]
fn topics_come_from_the_path_and_the_query_as_far_as_the_token_allows() {
    let config = Config::of_tenants(
        "[[route]]\npath = \"/rooms/{room}\"\ntopics = [\"room/{path.room}/{query.kind}\"]\nsnapshot = 2\n\
         events = [\"said\"]\nhello = { data = \"hello\" }\n",
    );
    let broker = config.start(&[]);
    let token = bearer(&mint(&["--subscribe", "room/1/*", "--publish", "room/**"]));
    let own = [("authorization", token.as_str())];
    for (n, name) in ["said", "said", "typed", "said"].into_iter().enumerate() {
        let path = format!("/events/room/1/chat?event={name}");
        request(broker.address, "POST", &path, &own, n.to_string().as_bytes());
    }
    let mut stream = Stream::open(broker.address, "/rooms/1?kind=chat", &own);
    assert_eq!(stream.data(3), ["hello", "1", "3"]);
    let refused = |path: &str| {
        let reply = request(broker.address, "GET", path, &own, b"");
        (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused("/rooms/2?kind=chat"), (403, "not_allowed".into()));
    assert_eq!(refused("/rooms/1"), (400, "bad_parameter".into()));
    assert_eq!(refused("/rooms/1?kind=*"), (400, "bad_parameter".into()));
    assert_eq!(refused("/rooms/1%2F2?kind=chat"), (400, "bad_parameter".into()));
}

#[test]
fn a_route_that_makes_no_sense_is_told_at_the_start() {
    let refused = |text: &str, options: &[&str]| {
        let config = Config::new(text);
        let ended =
            Broker::try_start(&[&["--config", &config.file()], options].concat()).err().expect("it does not start");
        stderr(&ended)
    };
    let route = |path: &str, rest: &str| format!("[[route]]\npath = \"{path}\"\ntopics = [{rest}]\n");
    let jwt = ["--auth", "jwt", "--jwt-secret", SECRET];
    let cases = [
        (route("/events/x", "\"a\""), "the broker's own"),
        (route("/x{y}", "\"a\""), "a place in a path is a whole segment"),
        (route("/x", "\"{path.y}\""), "the route /x has no {path.y}, which one of its topics names"),
        (route("/x", "\"{other.y}\""), "{other.y} means nothing here"),
        (route("/{x}", "\"a\"") + &route("/y", "\"a\""), "the route /y is never reached: /{x} comes first"),
        (route("/x", "\"a\"") + "heartbeat = \"0s\"", "it has to be longer than zero"),
        (route("/x", "\"a\"") + "hello = \"x\"", "invalid type"),
    ];
    for (text, said) in cases {
        let found = refused(&text, &jwt);
        assert!(found.contains(said), "{text}\n{found}");
    }
    assert!(refused(&route("/x", "\"{sub}\""), &[]).contains("the route /x looks at tokens, and --auth asks for none"));
    let open = Config::new(&route("/x", "\"{query.t}\""));
    let broker = open.start(&[]);
    drop(Stream::open(broker.address, "/x?t=a", &[]));
    assert_eq!(get(broker.address, "/x").status, 400);
}

#[test]
fn a_list_in_a_token_makes_no_more_of_a_stream_than_anyone_may_ask_for() {
    let config = Config::new(&format!(
        "auth = \"jwt\"\njwt-secret = \"{SECRET}\"\nmax-topics = 3\n\
         [[route]]\npath = \"/named\"\ntopics = [\"t/{{claims.teams}}\"]\n\
         [[route]]\npath = \"/patterns\"\ntopics = [\"t/{{claims.teams}}/*\"]\n"
    ));
    let broker = config.start(&[]);
    let ask = |path: &str, count: usize| {
        let teams: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        let token = bearer(&mint(&["--claim", &format!("teams={}", serde_json::json!(teams))]));
        request(broker.address, "HEAD", path, &[("authorization", &token)], b"").status
    };
    for path in ["/named", "/patterns"] {
        assert_eq!([ask(path, 0), ask(path, 3), ask(path, 4)], [200, 200, 400], "{path}");
    }
}
