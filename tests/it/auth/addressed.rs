//! To whom: events for a user, for a session, for everyone, heard by those they are for without asking and by no others.

use super::{Config, bearer, mint};
use crate::http::{Stream, request};
use crate::process::{Broker, sse};

fn open(broker: &Broker, options: &[&str]) -> Stream {
    let token = mint(&[options, &["--subscribe", "a"]].concat());
    Stream::open(broker.address, "/events/a", &[("authorization", &bearer(&token))])
}

fn send(broker: &Broker, token: &str, args: &[&str]) -> (bool, String) {
    let mut command = sse();
    command.args(["send", "--url", &format!("http://{}", broker.address), "--bearer", token]).args(args);
    let output = command.output().expect("sse starts");
    (output.status.success(), crate::process::stderr(&output))
}

#[test]
fn an_event_for_a_user_a_session_or_everyone_is_heard_by_those_alone() {
    let broker = Config::of_tenants("").start(&[]);
    let publisher = mint(&["--publish", "$all", "--publish", "$user/*", "--publish", "$session/**", "--publish", "a"]);
    let mut anna = open(&broker, &["--sub", "anna", "--session", "s1"]);
    let mut anna_too = open(&broker, &["--sub", "anna", "--session", "s2"]);
    let mut bert = open(&broker, &["--sub", "bert"]);
    let mut nobody = open(&broker, &[]);
    for args in [
        &["--to-user", "anna", "for anna"][..],
        &["--to-session", "s2", "for s2"],
        &["--to-user", "anna", "--to-user", "bert", "for both"],
        &["--broadcast", "for all"],
        &["a", "--to-user", "carl", "for a and carl"],
    ] {
        let (well, said) = send(&broker, &publisher, args);
        assert!(well, "{args:?} {said}");
    }
    assert_eq!(anna.data(4), ["for anna", "for both", "for all", "for a and carl"]);
    assert_eq!(anna_too.data(5), ["for anna", "for s2", "for both", "for all", "for a and carl"]);
    assert_eq!(bert.data(3), ["for both", "for all", "for a and carl"]);
    assert_eq!(nobody.data(2), ["for all", "for a and carl"]);
    let mut late = Stream::open(
        broker.address,
        "/events/a?since=earliest",
        &[("authorization", &bearer(&mint(&["--sub", "bert", "--subscribe", "a"])))],
    );
    assert_eq!(late.data(3), ["for both", "for all", "for a and carl"], "replay is for the same ones");
}

#[test]
fn nobody_overhears_what_is_for_others_or_speaks_to_them_without_leave() {
    let broker = Config::of_tenants("").start(&[]);
    let root = mint(&["--role", "superadmin"]);
    let ask = |path: &str| {
        let reply = request(broker.address, "GET", path, &[("authorization", &bearer(&root))], b"");
        (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    for topic in ["$all", "$user/anna", "$user/*", "$session/**"] {
        assert_eq!(ask(&format!("/events?topic={topic}")), (400, "bad_topic".into()), "{topic}");
    }
    for topic in ["$", "$other/x", "$user"] {
        assert_eq!(ask(&format!("/events?topic={topic}")), (400, "bad_topic".into()), "{topic}");
    }
    let mut everything = Stream::open(broker.address, "/events?topic=**", &[("authorization", &bearer(&root))]);
    for args in [["--to-user", "anna", "x"], ["--to-session", "s", "x"]] {
        assert!(!send(&broker, &root, &args).0, "** is none of the broker's topics");
    }
    let publisher = mint(&["--publish", "$user/*", "--publish", "a"]);
    assert!(send(&broker, &publisher, &["--to-user", "anna", "for anna"]).0);
    assert!(!send(&broker, &publisher, &["$presence/a", "x"]).0, "what is told of presence is the broker's to say");
    assert!(send(&broker, &publisher, &["a", "for a"]).0);
    assert_eq!(everything.data(1), ["for a"]);
}

#[test]
fn a_broker_without_authentication_has_broadcasts() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    assert!(send(&broker, "", &["--broadcast", "for all"]).0);
    assert_eq!(stream.data(1), ["for all"]);
}
