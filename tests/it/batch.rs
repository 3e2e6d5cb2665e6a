//! Publishing many events in one request: JSON and newline-delimited JSON.

use crate::auth::{Config, bearer, mint};
use crate::http::{NDJSON, Stream, get, post, request};
use crate::process::Broker;

#[test]
fn an_object_is_one_event_and_data_that_is_no_string_is_sent_as_it_is_written() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events?topic=**", &[]);
    let reply = post(broker.address, "/events", r#"{"topic":"a","event":"e","id":"7","data":{"n": 1.50}}"#);
    assert_eq!((reply.status, reply.json()), (200, serde_json::json!({"id": "7", "topic": "a"})));
    let event = stream.event();
    assert_eq!((event.event_type.as_str(), event.data.as_str()), ("e", r#"{"n": 1.50}"#));
    post(broker.address, "/events", r#"{"topic":"a","data":"a \"string\"\n"}"#);
    assert_eq!(stream.event().data, "a \"string\"\n");
}

#[test]
fn an_event_for_several_topics_is_one_event() {
    let broker = Broker::start(&[]);
    let mut both = Stream::open(broker.address, "/events?topic=a&topic=b&topic=*", &[]);
    let mut one = Stream::open(broker.address, "/events/b", &[]);
    let reply = post(broker.address, "/events", r#"{"topics":["b","a","b"],"data":1}"#);
    assert_eq!(reply.json()["topics"], serde_json::json!(["a", "b"]));
    post(broker.address, "/events", r#"{"topics":["a"],"topic":"b","data":2}"#);
    assert_eq!(both.data(2), ["1", "2"], "each once");
    assert_eq!(one.data(2), ["1", "2"]);
}

#[test]
fn an_array_has_one_result_per_item_and_the_status_of_the_first_refusal() {
    let broker = Broker::start(&["--max-event-size", "1KiB"]);
    let items = format!(
        r#"[{{"topic":"a","data":1}},{{"topic":"","data":2}},{{"data":3}},{{"topic":"a"}},{{"topic":"a","data":4,"tll":5}},
            {{"topic":"a","data":"{}"}},{{"topic":"a","data":6}}]"#,
        "x".repeat(1025)
    );
    let reply = post(broker.address, "/events", &items);
    assert_eq!(reply.status, 400);
    let results = reply.json();
    let codes: Vec<_> = results.as_array().unwrap().iter().map(|result| result["code"].as_str()).collect();
    let refused = [Some("bad_topic"), Some("no_topic"), Some("bad_json"), Some("bad_json"), Some("event_too_large")];
    assert_eq!(codes, [&[None], &refused[..], &[None]].concat());
    assert_eq!(results[1]["item"], 1);
    assert!(results[4]["detail"].as_str().unwrap().contains("tll"), "{results}");
    let stats = get(broker.address, "/api/stats").json();
    assert_eq!((&stats["events"]["published"], &stats["refusals"]), (&2.into(), &5.into()));
}

#[test]
fn an_array_has_its_limit_and_a_single_object_that_of_its_event() {
    const MOST: usize = 16 << 20;
    let broker = Broker::start(&["--max-event-size", "8MiB"]);
    let event = "\\\"".repeat((8 << 20) - 1);
    let object = format!("\n {{\"topic\":\"a\",\"data\":\"{event}\"{}}}", " ".repeat(MOST));
    assert!(object.len() > 32 << 20);
    let reply = post(broker.address, "/events", &object);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let post_so_long = |start: &str, length: usize| {
        let end = r#"{"topic":"a","data":1}]"#;
        post(broker.address, "/events", &format!("{start}{}{end}", " ".repeat(length - start.len() - end.len())))
    };
    for start in ["\n [", "["] {
        assert_eq!(post_so_long(start, MOST).status, 200, "{start:?}");
        let reply = post_so_long(start, MOST + 1);
        assert_eq!((reply.status, &reply.json()["code"]), (413, &"batch_too_large".into()), "{start:?}");
    }
    assert_eq!(post(broker.address, "/events", &" ".repeat(MOST + 1)).status, 413, "nothing is no object");
}

#[test]
fn an_array_of_too_many_items_is_refused_and_what_is_wrong_is_found_in_one_of_many() {
    let broker = Broker::start(&[]);
    let reply = post(broker.address, "/events", &format!("[0{}]", ",1".repeat(50_000)));
    assert_eq!((reply.status, &reply.json()["code"]), (413, &"batch_too_large".into()), "{}", reply.body);
    assert!(reply.json()["detail"].as_str().unwrap().contains("more than 50000 items"), "{}", reply.body);
    let reply = post(broker.address, "/events", &format!("[{}1]", "{\"topic\":\"a\",\"data\":1},\n".repeat(2500)));
    let results = reply.json();
    assert_eq!((reply.status, results.as_array().unwrap().len()), (400, 2501));
    assert_eq!(results[2500]["item"], 2500);
    assert!(results[2500]["detail"].as_str().unwrap().contains("at line 2501 column 1 of the body"), "{results}");
}

#[test]
fn whoever_may_publish_nothing_is_told_so_before_anything_is_read() {
    use std::io::{Read as _, Write as _};
    let broker = Config::of_tenants("").start(&[]);
    let token = bearer(&mint(&["--role", "staff", "--claim", "company_id=c1"]));
    for kind in ["application/json", "application/x-ndjson"] {
        let mut connection = std::net::TcpStream::connect(broker.address).unwrap();
        connection.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let head =
            format!("POST /events HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\nauthorization: {token}");
        write!(connection, "{head}\r\ncontent-length: 1000\r\n\r\n").unwrap();
        let mut status = [0; 12];
        connection.read_exact(&mut status).expect("an answer although no byte of the body comes");
        assert_eq!(&status, b"HTTP/1.1 403", "{kind}");
    }
}

#[test]
fn malformed_json_is_refused_whole_with_its_position() {
    let broker = Broker::start(&[]);
    let reply = post(broker.address, "/events", "[{\"topic\":\"a\",\"data\":1},\n{\"topic\" \"a\"}]");
    assert_eq!((reply.status, &reply.json()["code"]), (400, &"bad_json".into()));
    assert!(reply.json()["detail"].as_str().unwrap().contains("line 2 column 10 of the body"), "{}", reply.body);
    assert_eq!(get(broker.address, "/api/stats").json()["events"]["published"], 0);
}

#[test]
fn in_newline_delimited_json_the_items_around_a_bad_one_keep_their_results() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    let body = "{\"topic\":\"a\",\"data\":1}\n{\"topic\":\n\n{\"topic\":\"a\",\"data\":2}";
    let reply = request(broker.address, "POST", "/events", &NDJSON, body.as_bytes());
    let results = reply.lines();
    assert_eq!((reply.status, results.len()), (400, 3));
    assert!(results[0]["id"].is_string() && results[2]["id"].is_string());
    assert_eq!((&results[1]["status"], &results[1]["item"]), (&400.into(), &1.into()));
    assert!(results[1]["detail"].as_str().unwrap().contains("line 2 column 9 of the body"), "{}", reply.body);
    assert_eq!(stream.data(2), ["1", "2"]);
}

#[test]
fn a_long_batch_is_answered_while_it_is_read() {
    let broker = Broker::start(&[]);
    let count = 20_000;
    let items: Vec<String> = (0..count).map(|n| format!("{{\"topic\":\"t/{}\",\"data\":{n}}}", n % 7)).collect();
    let body = items.join("\n");
    let reply = request(broker.address, "POST", "/events", &NDJSON, body.as_bytes());
    let results = reply.lines();
    assert_eq!((reply.status, results.len()), (200, count));
    let seqs = results.iter().map(|result| result["id"].as_str().unwrap().split_once('-').unwrap().1);
    assert!(seqs.eq((1..=count).map(|n| n.to_string())), "the results are in the order of the items");
}

#[test]
fn results_come_before_the_body_has_ended() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let broker = Broker::start(&[]);
    let mut connection = std::net::TcpStream::connect(broker.address).unwrap();
    let item = "{\"topic\":\"a\",\"data\":1}\n";
    let head = "POST /events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    write!(connection, "{head}{:x}\r\n{item}\r\n", item.len()).unwrap();
    let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().unwrap().contains("\"id\"")).expect("the first result").unwrap();
    write!(connection, "{:x}\r\n{item}\r\n0\r\n\r\n", item.len()).unwrap();
    let second = lines.find(|line| line.as_ref().unwrap().contains("\"id\"")).expect("the second result").unwrap();
    assert!(first.contains("-1\"") && second.contains("-2\""), "{first} {second}");
}

#[test]
fn a_line_beyond_the_limit_is_refused_and_the_next_one_is_read() {
    let broker = Broker::start(&["--max-event-size", "1KiB"]);
    let body = format!("{{\"topic\":\"a\",\"data\":\"{}\"}}\n{{\"topic\":\"a\",\"data\":1}}\n", "x".repeat(200_000));
    let reply = request(broker.address, "POST", "/events", &NDJSON, body.as_bytes());
    let results = reply.lines();
    assert_eq!((&results[0]["code"], results[1]["id"].is_string()), (&"event_too_large".into(), true));
}

#[test]
fn a_media_type_that_is_no_batch_is_refused() {
    let broker = Broker::start(&[]);
    let reply = request(broker.address, "POST", "/events", &[("content-type", "text/csv")], b"a,b");
    assert_eq!((reply.status, &reply.json()["code"]), (415, &"bad_media_type".into()));
}

#[test]
fn a_batch_larger_than_the_history_reaches_those_who_listen_whole() {
    let broker = Broker::start(&["--retain-events", "1000"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    let items: Vec<String> = (0..5000).map(|n| format!("{{\"topic\":\"a\",\"data\":{n}}}")).collect();
    let reply = post(broker.address, "/events", &format!("[{}]", items.join(",")));
    assert_eq!((reply.status, reply.json().as_array().unwrap().len()), (200, 5000));
    assert!(stream.data(5000).iter().map(|data| data.parse::<usize>().unwrap()).eq(0..5000));
}

#[test]
fn a_steady_client_gets_its_results_while_it_sends() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let broker = Broker::start(&[]);
    let mut connection = std::net::TcpStream::connect(broker.address).unwrap();
    let head =
        "POST /events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked";
    write!(connection, "{head}\r\n\r\n").unwrap();
    let reader = BufReader::new(connection.try_clone().unwrap());
    let first = std::thread::spawn(move || reader.lines().find(|line| line.as_ref().unwrap().contains("\"id\"")));
    let item = "{\"topic\":\"a\",\"data\":1}\n";
    // Items without a pause, until the first result is there: it does not wait for the end of them.
    while !first.is_finished() {
        write!(connection, "{:x}\r\n{item}\r\n", item.len()).unwrap();
    }
    assert!(first.join().unwrap().is_some());
}

#[test]
fn what_is_wrong_with_an_item_is_said_with_its_place_in_the_body() {
    let broker = Broker::start(&[]);
    let array = "[\n  {\"topic\":\"a\",\"data\":1},\n  {\"topic\":\"a\",\n   \"x\":1}\n]";
    let detail = |reply: &serde_json::Value| reply["detail"].as_str().unwrap().to_owned();
    let reply = post(broker.address, "/events", array).json();
    assert!(detail(&reply[1]).contains("`x`") && detail(&reply[1]).contains("line 4 column 6"), "{reply}");
    let list = post(broker.address, "/events", r#"[["t",["u"],"e","i",5,1]]"#).json();
    assert!(detail(&list[0]).contains("an object is needed"), "{list}");
    let lines = request(broker.address, "POST", "/events", &NDJSON, b"\n\n[]\n").lines();
    assert!(detail(&lines[0]).contains("line 3 column 1"), "{lines:?}");
}

#[test]
fn a_value_of_another_kind_is_told_with_the_name_of_its_member() {
    let broker = Broker::start(&[]);
    let long = format!(r#"{{"topic":"a","retry":"{}"}}"#, "9".repeat(50));
    let cases = [
        (r#"{"topic":"a","data":1,"event":5}"#, r#""event" has to be a string, not the number 5, at line 1 column 31"#),
        (r#"{"topic":7,"event":5}"#, r#""topic" has to be a string, not the number 7, at line 1 column 10"#),
        (
            "{\"data\":1,\n \"topics\":\"a\"}",
            r#""topics" has to be a list of strings, not the string "a", at line 2 column 11"#,
        ),
        (
            r#"{"topics":["a",{}]}"#,
            r#""topics" has to be a list of strings, and there is an object, at line 1 column 16"#,
        ),
        (r#"{"topics":["a",null]}"#, r#""topics" has to be a list of strings, and there is null, "#),
        (r#"{"topic":"a","retry":-1}"#, r#""retry" has to be a whole number of milliseconds, not the number -1, "#),
        (r#"{"topic":"a","retry":1.5}"#, "not the number 1.5, "),
        (&long, "not a string, "),
        (r#"{"topic":"a","ttl":30}"#, r#""ttl" has to be a string such as "30s", not the number 30, "#),
        (r#"{"topic":"a","key":[1]}"#, r#""key" has to be a string, not a list, "#),
        (r#"{"topic":"a","id":false}"#, r#""id" has to be a string, not false, "#),
        ("5", "an object is needed"),
        (r#""a""#, "an object is needed"),
    ];
    for (item, sentence) in cases {
        let reply = post(broker.address, "/events", item);
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!((reply.status, &reply.json()["code"]), (400, &"bad_json".into()), "{item}");
        assert!(detail.starts_with("not an event: ") && detail.contains(sentence), "{item}: {detail}");
        assert!(!detail.contains("invalid") && !detail.contains("struct"), "{item}: {detail}");
    }
    let reply = request(broker.address, "POST", "/events", &NDJSON, b"\n {\"topic\":\"a\",\"event\":[]}\n");
    let detail = reply.lines()[0]["detail"].as_str().unwrap().to_owned();
    assert_eq!(detail, "not an event: \"event\" has to be a string, not a list, at line 2 column 23 of the body");
    let cut = post(broker.address, "/events", r#"{"event":5,"topic" "a"}"#).json();
    assert!(cut["detail"].as_str().unwrap().starts_with("not valid JSON: "), "{cut}");
    let accepted = post(broker.address, "/events", r#"{"topic":"a","topics":null,"event":null,"retry":null,"data":1}"#);
    assert_eq!(accepted.status, 200, "{}", accepted.body);
}
