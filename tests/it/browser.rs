//! A real browser: `EventSource` in headless Chromium on a page of another origin, through a proxy that drops its
//! connection in the middle of an event.

mod chromium;
mod page;
mod proxy;
mod report;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::auth::routes::{book, booking, user};
use crate::process::{self, Broker};
use chromium::Chromium;
use page::Page;
use proxy::Proxy;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

const TOPIC: &str = "browser/test";

/// Subscribes, and reports in order what happens: that the stream is open, that it failed, and every event.
const SUBSCRIBE: &str = "
    const source = new EventSource(stream);
    const events = event => report({ event: event.type, id: event.lastEventId, data: event.data });
    source.onopen = () => report('open');
    source.onerror = () => report(source.readyState === EventSource.CLOSED ? 'refused' : 'lost');
    ['message', 'tick', 'sse.gap'].forEach(type => source.addEventListener(type, events));
";

/// Publishes with a request for which a browser asks the server nothing beforehand.
const PUBLISH: &str = "
    fetch(stream, { method: 'POST', mode: 'no-cors', body: 'from a foreign page' })
        .then(() => report('answered'), () => report('failed'));
";

/// Sends a request by hand; the status of the answer and its body.
fn request(broker: &Broker, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(broker.address).expect("the broker accepts");
    let length = body.len();
    write!(stream, "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

/// Publishes with plain HTTP, as `curl -d` does, and returns the event as the page is to report it.
fn post(broker: &Broker, event: &str, data: &str) -> Value {
    let (status, body) = request(broker, &format!("POST /events/{TOPIC}?event={event}&retry=100"), data);
    assert_eq!(status, 200, "{body}");
    let answer: Value = serde_json::from_str(&body).expect("a JSON object");
    json!({ "event": event, "id": answer["id"], "data": data })
}

/// Publishes with `sse send`, and returns the event as the page is to report it.
fn send(broker: &Broker, data: &str) -> Value {
    let output = process::run(&["send", "--url", &broker.url(""), TOPIC, data], "");
    assert!(output.status.success(), "{}", process::stderr(&output));
    json!({ "event": "message", "id": process::stdout(&output).trim_end(), "data": data })
}

/// A stream that is open: its first event can be read, whenever it comes.
fn subscribe(address: SocketAddr) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).expect("the broker accepts");
    stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
    write!(stream, "GET /events/{TOPIC} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the request is sent");
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).expect("a status line");
    assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
    stream
}

/// The data of the first event on the stream.
fn first_data(stream: BufReader<TcpStream>) -> String {
    let mut lines = stream.lines().map(|line| line.expect("the stream goes on"));
    lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).expect("an event")
}

#[test]
fn a_page_resumes_after_the_connection_drops_with_nothing_lost_and_nothing_twice() {
    let broker = Broker::start(&[]);
    let proxy = Proxy::to(broker.address);
    let page = Page::serve(&proxy.url(&format!("/events/{TOPIC}")), SUBSCRIBE);
    let _chromium = Chromium::open(&page.url("127.0.0.1"));
    let mut seen = page.reports_until(&json!("open"));
    let mut expected = vec![json!("open")];

    expected.extend([post(&broker, "message", "1"), send(&broker, "2 ☃"), post(&broker, "tick", "3\n3")]);
    seen.extend(page.reports_until(&expected[3]));

    for round in ["first", "second"] {
        let away = proxy.cut_within_what_comes_next();
        let cut = post(&broker, "message", &format!("{round} cut {}", "x".repeat(50)));
        seen.extend(page.reports_until(&json!("lost")));
        expected.extend([json!("lost"), json!("open"), cut]);
        expected.extend([send(&broker, "while away"), post(&broker, "tick", "while away, too")]);
        drop(away);
        seen.extend(page.reports_until(&json!("open")));
        expected.extend([post(&broker, "message", "back"), send(&broker, &format!("back from the {round}"))]);
        seen.extend(page.reports_until(&expected[expected.len() - 1]));
    }

    expected.push(post(&broker, "tick", "the end"));
    seen.extend(page.reports_until(&expected[expected.len() - 1]));
    assert_eq!(seen, expected);
}

/// Reads a stream with `fetch`, as pages do whose token goes into a header, and reports the type and the data of every event.
const FETCH: &str = "
    const response = await fetch(stream, { headers: { authorization: 'Bearer TOKEN' } });
    let text = '';
    for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();;) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
        for (let end; (end = text.indexOf('\\n\\n')) >= 0; text = text.slice(end + 2)) {
            const field = name => text.slice(0, end).split('\\n').find(line => line.startsWith(name))?.slice(name.length);
            report({ event: field('event: '), data: field('data: ') });
        }
    }
    report('ended');
";

#[test]
fn a_page_of_a_booking_system_gets_what_its_contract_says() {
    let (_config, broker, backend) = booking("30s");
    let script = format!("(async () => {{ {} }})();", FETCH.replace("TOKEN", &user("c1", "staff")));
    let page = Page::serve(&broker.url("/sse/events"), &script);
    let _chromium = Chromium::open(&page.url("127.0.0.1"));
    assert_eq!(page.report(), json!({ "event": "connection_established", "data": "{\"status\":\"connected\"}" }));
    book(&broker, &backend, "c2", 1);
    book(&broker, &backend, "c1", 2);
    assert_eq!(page.report(), json!({ "event": "booking_created", "data": "{\"id\":2}" }));
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).expect("it runs");
    assert_eq!(page.report(), json!({ "event": "server_shutdown", "data": "{\"reason\":\"restart\"}" }));
    assert_eq!(page.report(), "ended");
}

#[test]
fn a_foreign_page_cannot_read_a_stream() {
    let broker = Broker::start(&[]);
    let page = Page::serve(&broker.url(&format!("/events/{TOPIC}")), SUBSCRIBE);
    let _chromium = Chromium::open(&page.url("foreign.test"));
    assert_eq!(page.report(), "refused");
}

#[test]
fn a_foreign_page_cannot_publish_though_its_request_needs_no_preflight() {
    let broker = Broker::start(&[]);
    let stream = subscribe(broker.address);
    let proxy = Proxy::to(broker.address);
    let page = Page::serve(&proxy.url(&format!("/events/{TOPIC}")), PUBLISH);
    let _chromium = Chromium::open(&page.url("foreign.test"));
    // What the broker answered is hidden from the page, but not from the proxy.
    assert_eq!(page.report(), "answered");
    let answers = proxy.answers();
    assert!(answers.starts_with("HTTP/1.1 403 "), "{answers}");

    post(&broker, "message", "from here");
    assert_eq!(first_data(stream), "from here");
}
