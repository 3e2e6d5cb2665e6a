//! The conformance suite of the log: every engine keeps the contract of [`sse::store::Log`].

use std::path::Path;
use std::time::{Duration, SystemTime};

use sse::store::{
    Allowance, Appended, Disk, Draft, Durability, Filter, Log, Memory, Missing, Newest, Place, Refused, Retention,
    Terms,
};
use sse::wire::{Event, EventId};

use crate::process::wait_until;

const ROOMY: Retention = Retention { events: 100_000, bytes: 64 << 20, age: Duration::from_hours(1) };

const ALLOWANCE: Allowance = Allowance { idempotency_window: Duration::from_mins(5), state_bytes: 1 << 20 };

/// Makes a log, in a directory if it needs one.
type Engine = fn(Retention, Allowance, &Path) -> Box<dyn Log>;

/// The engines under test.
const ENGINES: [Engine; 3] = [
    |retention, allowance, _| Box::new(Memory::new(retention, allowance)),
    |retention, allowance, directory| {
        Box::new(Disk::open(directory, retention, allowance, Durability::Commit).expect("a directory"))
    },
    |retention, allowance, directory| {
        let durability = Durability::Interval(Duration::from_millis(1));
        Box::new(Disk::open(directory, retention, allowance, durability).expect("a directory"))
    },
];

fn draft(topics: &[&str], id: Option<&str>, data: &str) -> Draft {
    let event = Event { id: id.map(|id| id.parse().unwrap()), data: data.to_owned(), ..Event::default() };
    Draft { topics: topics.iter().map(|topic| topic.parse().unwrap()).collect(), event, terms: Terms::default() }
}

fn try_append(log: &dyn Log, drafts: Vec<Draft>) -> Vec<Appended> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { log.append(drafts).await?.await }).expect("an append")
}

fn append(log: &dyn Log, drafts: Vec<Draft>) -> Vec<u64> {
    let new = |appended| match appended {
        Appended::New(record) => record.seq,
        other => panic!("not appended: {other:?}"),
    };
    try_append(log, drafts).into_iter().map(new).collect()
}

fn fill(log: &dyn Log, topic: &str, count: u64) {
    append(log, (0..count).map(|n| draft(&[topic], None, &n.to_string())).collect());
}

fn filter(topics: &[&str]) -> Filter {
    let mut filter = Filter::default();
    for topic in topics {
        filter.topics.add(topic).unwrap();
    }
    filter
}

/// Reads to the end, page by page, as a subscriber does.
fn read_all(log: &dyn Log, mut after: u64, filter: &Filter) -> Vec<u64> {
    let mut seqs = Vec::new();
    while after < log.span().last {
        let page = log.read(after, filter);
        assert!(page.through > after, "a page moves the reader on");
        assert!(page.records.iter().all(|record| record.seq > after && record.seq <= page.through));
        seqs.extend(page.records.iter().map(|record| record.seq));
        after = page.through;
    }
    seqs
}

fn id(text: &str) -> EventId {
    text.parse().unwrap()
}

fn each_engine(check: impl Fn(&dyn Log), retention: Retention) {
    each_engine_allowing(check, retention, ALLOWANCE);
}

fn each_engine_allowing(check: impl Fn(&dyn Log), retention: Retention, allowance: Allowance) {
    for engine in ENGINES {
        let directory = tempfile::tempdir().unwrap();
        check(&*engine(retention, allowance, directory.path()));
    }
}

#[test]
fn numbers_begin_at_one_and_have_no_holes() {
    let check = |log: &dyn Log| {
        assert_eq!((log.span().first, log.span().last, log.span().events()), (1, 0, 0));
        assert_eq!(append(log, vec![draft(&["a"], None, "x"), draft(&["b"], None, "y")]), [1, 2]);
        assert_eq!(append(log, vec![draft(&["a"], None, "z")]), [3]);
        assert_eq!(append(log, Vec::new()), [0; 0]);
        assert_eq!((log.span().first, log.span().last), (1, 3));
    };
    each_engine(check, ROOMY);
}

#[test]
fn a_reader_gets_what_it_wants_in_order_over_any_number_of_pages() {
    let check = |log: &dyn Log| {
        let topic = |n: u64| if n.is_multiple_of(100) { "rare" } else { "common" };
        append(log, (0..10_000).map(|n| draft(&[topic(n)], None, "x")).collect());
        let rare: Vec<u64> = (1..=10_000).filter(|seq| (seq - 1) % 100 == 0).collect();
        let common: Vec<u64> = (1..=10_000).filter(|seq| (seq - 1) % 100 != 0).collect();
        assert_eq!(read_all(log, 0, &filter(&["rare"])), rare, "by the index");
        assert_eq!(read_all(log, 0, &filter(&["rare", "x/**"])), rare, "by a scan");
        assert_eq!(read_all(log, 0, &filter(&["common"])), common);
        assert_eq!(read_all(log, 5000, &filter(&["rare", "common"])), (5001..=10_000).collect::<Vec<_>>());
        assert_eq!(read_all(log, 0, &filter(&["none"])), [0; 0]);
    };
    each_engine(check, ROOMY);
}

#[test]
fn an_event_for_several_topics_is_read_once() {
    let check = |log: &dyn Log| {
        fill(log, "other", 5000);
        append(log, vec![draft(&["a", "b"], None, "x")]);
        fill(log, "other", 5000);
        assert_eq!(read_all(log, 0, &filter(&["a", "b"])), [5001]);
        assert_eq!(read_all(log, 0, &filter(&["*"])).len(), 10_001);
    };
    each_engine(check, ROOMY);
}

#[test]
fn retention_by_count_drops_the_oldest_and_readers_are_told() {
    let check = |log: &dyn Log| {
        fill(log, "a", 250);
        assert_eq!((log.span().first, log.span().events()), (151, 100));
        let page = log.read(10, &filter(&["a"]));
        assert_eq!((page.gap, page.records[0].seq), (Some(Missing { through: 150, damaged: false }), 151));
        assert_eq!(log.read(150, &filter(&["a"])).gap, None);
    };
    each_engine(check, Retention { events: 100, ..ROOMY });
}

#[test]
fn retention_by_bytes_bounds_what_is_held() {
    let check = |log: &dyn Log| {
        for _ in 0..200 {
            append(log, (0..5).map(|_| draft(&["a"], None, &"x".repeat(1000))).collect());
            assert!(log.span().bytes <= 100_000);
        }
        assert!(log.span().events() > 50, "{:?}", log.span());
    };
    each_engine(check, Retention { bytes: 100_000, ..ROOMY });
}

#[test]
fn retention_by_age_needs_no_new_event() {
    let check = |log: &dyn Log| {
        fill(log, "a", 10);
        wait_until("all events have expired", || log.span().events() == 0);
        assert_eq!((log.span().first, log.span().last, log.span().bytes), (11, 10, 0));
        assert_eq!(append(log, vec![draft(&["a"], None, "x")]), [11], "numbers go on");
    };
    each_engine(check, Retention { age: Duration::from_millis(20), ..ROOMY });
}

#[test]
fn ids_are_found_be_they_positions_or_given() {
    let check = |log: &dyn Log| {
        append(log, vec![draft(&["a"], Some("mine"), "x"), draft(&["a"], None, "y")]);
        let at = |seq| log.find(&id(&log.epoch().at(seq).to_string()), &filter(&["a"]));
        let find = |text| log.find(&id(text), &filter(&["a"]));
        assert_eq!(find("mine"), Place::After(1));
        assert_eq!((at(0), at(2), at(3)), (Place::After(0), Place::After(2), Place::Unknown));
        assert_eq!((find("rubbish"), find("")), (Place::Unknown, Place::Unknown));
        fill(log, "a", 10);
        assert_eq!((find("mine"), at(1)), (Place::Unknown, Place::Expired), "they go with their event");
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn an_id_that_was_given_twice_is_the_oldest_event_that_is_wanted() {
    let check = |log: &dyn Log| {
        append(log, ["a", "b", "a", "b"].map(|topic| draft(&[topic], Some("1"), "x")).into());
        assert_eq!(log.find(&id("1"), &filter(&["a"])), Place::After(1));
        assert_eq!(log.find(&id("1"), &filter(&["b"])), Place::After(2), "another topic's event is not meant");
        assert_eq!(log.find(&id("1"), &filter(&["*"])), Place::After(1));
        assert_eq!(log.find(&id("1"), &filter(&["c"])), Place::Unknown);
        fill(log, "c", 9);
        assert_eq!(log.find(&id("1"), &filter(&["a"])), Place::After(3), "the first one has gone");
    };
    each_engine(check, Retention { events: 11, ..ROOMY });
}

#[test]
fn a_position_of_another_log_is_recognised() {
    for engine in ENGINES {
        let (directory, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (log, other) = (engine(ROOMY, ALLOWANCE, directory.path()), engine(ROOMY, ALLOWANCE, elsewhere.path()));
        assert_ne!(log.epoch(), other.epoch());
        fill(&*log, "a", 5);
        let find = || log.find(&other.epoch().at(3).into(), &filter(&["a"]));
        assert_eq!(find(), Place::OtherEpoch);
        append(&*log, vec![draft(&["a"], Some(&other.epoch().at(3).to_string()), "forwarded")]);
        assert_eq!(find(), Place::After(6), "unless an event here has it as its ID");
    }
}

#[test]
fn a_time_is_a_place_before_the_first_event_from_then_on() {
    let check = |log: &dyn Log| {
        assert_eq!(log.since(SystemTime::now()), Place::After(0));
        fill(log, "a", 5);
        assert_eq!(log.since(SystemTime::UNIX_EPOCH), Place::After(0));
        assert_eq!(log.since(SystemTime::now() + Duration::from_mins(1)), Place::After(5));
        fill(log, "a", 10);
        assert_eq!(log.since(SystemTime::UNIX_EPOCH), Place::Expired);
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn a_time_after_all_that_was_dropped_is_whole() {
    let check = |log: &dyn Log| {
        fill(log, "a", 15);
        let later = SystemTime::now() + Duration::from_millis(1);
        wait_until("the clock has moved", || SystemTime::now() > later);
        let since = SystemTime::now();
        fill(log, "a", 3);
        assert_eq!(log.since(since), Place::After(15), "nothing from then on is missing");
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn topics_and_ids_count_against_the_bytes_that_are_kept() {
    let check = |log: &dyn Log| {
        let topics: Vec<String> = (0..100).map(|n| format!("{n}{}", "x".repeat(1000))).collect();
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        append(log, vec![draft(&topics, Some(&"i".repeat(1000)), "x")]);
        assert!(log.span().bytes > 102_000, "{:?}", log.span());
    };
    each_engine(check, ROOMY);
}

/// Reads the newest of each topic to the end.
fn read_newest(log: &dyn Log, filter: &Filter, count: usize, until: u64) -> Vec<u64> {
    let (mut seqs, mut after) = (Vec::new(), 0);
    while after < until {
        let page = log.read_newest(after, filter, Newest { count, until });
        assert!(page.through > after && page.through <= until, "a page moves the reader on, and not beyond the end");
        seqs.extend(page.records.iter().map(|record| record.seq));
        after = page.through;
    }
    seqs
}

#[test]
fn the_newest_of_each_topic_come_in_log_order() {
    let check = |log: &dyn Log| {
        for topic in ["a", "b", "a", "c", "b", "a"] {
            append(log, vec![draft(&[topic], None, "x")]);
        }
        append(log, vec![draft(&["a", "b"], None, "x")]);
        let newest = |topics: &[&str], count, until| read_newest(log, &filter(topics), count, until);
        assert_eq!(newest(&["a", "b"], 2, 7), [5, 6, 7]);
        assert_eq!(newest(&["**"], 1, 7), [4, 7]);
        assert_eq!(newest(&["a"], 2, 4), [1, 3], "what came later is not counted");
        assert_eq!(newest(&["none"], 5, 7), [0; 0]);
        fill(log, "d", 10_000);
        assert_eq!(newest(&["a", "b"], 2, 10_007), [5, 6, 7], "over several pages");
        assert_eq!(newest(&["*"], 2, 10_007), [4, 5, 6, 7, 10_006, 10_007]);
    };
    each_engine(check, ROOMY);
}

#[test]
fn of_a_type_the_newest_of_that_type_are_meant() {
    let check = |log: &dyn Log| {
        for (n, name) in ["up", "down", "up", "down", "down"].iter().enumerate() {
            let mut draft = draft(&["a"], None, &n.to_string());
            draft.event.name = Some(name.parse().unwrap());
            append(log, vec![draft]);
        }
        let wanted = Filter { names: vec!["up".parse().unwrap()], ..filter(&["a"]) };
        assert_eq!(read_newest(log, &wanted, 1, 5), [3]);
        assert_eq!(read_newest(log, &wanted, 9, 5), [1, 3]);
    };
    each_engine(check, ROOMY);
}

fn keyed(topics: &[&str], key: &str, data: &str) -> Draft {
    let mut draft = draft(topics, None, data);
    draft.terms.key = Some(key.parse().unwrap());
    draft
}

#[test]
fn topics_are_listed_by_name_as_long_as_something_is_kept_of_them() {
    let check = |log: &dyn Log| {
        let held = |after: Option<&str>, most: usize| {
            let after = after.map(|after| after.parse().unwrap());
            let listed = log.topics(after.as_ref(), most).into_iter();
            listed.map(|held| (held.topic.to_string(), held.retained, held.state)).collect::<Vec<_>>()
        };
        assert_eq!(held(None, 10), []);
        let state = Terms { key: Some("k".parse().unwrap()), ..Terms::default() };
        append(log, vec![Draft { terms: state, ..draft(&["c"], None, "x") }, draft(&["b", "a"], None, "x")]);
        fill(log, "a", 2);
        let (a, b, c) = (("a".to_owned(), 3, 0), ("b".to_owned(), 1, 0), ("c".to_owned(), 1, 1));
        assert_eq!(held(None, 10), [a.clone(), b.clone(), c.clone()]);
        assert_eq!((held(None, 2), held(Some("a"), 1)), (vec![a, b.clone()], vec![b]));
        assert_eq!((held(Some("b"), 9), held(Some("c"), 9)), (vec![c], vec![]));
        fill(log, "d", 8);
        wait_until("only state is older than what is retained", || {
            held(None, 9).iter().all(|(topic, retained, state)| topic == "d" || (*retained, *state) == (0, 1))
        });
        assert_eq!(held(None, 9).len(), 2, "c and d");
    };
    each_engine(check, Retention { events: 8, ..ROOMY });
}

#[test]
fn the_newest_event_of_each_key_is_the_state_of_a_topic_however_old_it_is() {
    let check = |log: &dyn Log| {
        let state = |topics: &[&str]| read_newest(log, &filter(topics), 0, log.span().last);
        assert!(!log.has_state(&filter(&["a"])));
        append(
            log,
            vec![keyed(&["a"], "x", "1"), keyed(&["a"], "y", "1"), keyed(&["b"], "x", "1"), keyed(&["a"], "x", "2")],
        );
        assert!(log.has_state(&filter(&["a"])) && log.has_state(&filter(&["*"])) && !log.has_state(&filter(&["c"])));
        assert_eq!((state(&["a"]), state(&["b"]), state(&["*"])), (vec![2, 4], vec![3], vec![2, 3, 4]));
        fill(log, "c", 50);
        assert_eq!(
            (log.span().first, state(&["a"]), state(&["*"])),
            (45, vec![2, 4], vec![2, 3, 4]),
            "beyond retention"
        );
        assert_eq!(read_newest(log, &filter(&["a", "c"]), 2, 54), [2, 4, 53, 54], "with the newest of others");
        append(log, vec![keyed(&["a"], "y", ""), keyed(&["a", "b"], "x", "3")]);
        assert_eq!((state(&["a"]), state(&["b"]), state(&["a", "b"])), (vec![56], vec![56], vec![56]));
        append(log, vec![keyed(&["a"], "x", "")]);
        assert_eq!((state(&["a"]), state(&["b"])), (vec![], vec![56]), "ended for one of its topics");
        fill(log, "c", 50);
        assert_eq!((state(&["b"]), log.has_state(&filter(&["a"]))), (vec![56], false));
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn a_reader_of_topics_of_which_nothing_was_dropped_since_has_missed_nothing() {
    let check = |log: &dyn Log| {
        append(log, vec![keyed(&["a"], "x", "1"), draft(&["a"], None, "2")]);
        fill(log, "b", 50);
        let at = |seq, topics: &[&str]| log.find(&log.epoch().at(seq).into(), &filter(topics));
        assert_eq!(at(2, &["a"]), Place::After(log.span().first - 1), "the state is known, and nothing came after it");
        assert_eq!(
            (at(1, &["a"]), at(2, &["a", "b"]), at(2, &["*"])),
            (Place::Expired, Place::Expired, Place::Expired)
        );
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn state_is_bounded_and_ending_some_of_it_makes_room() {
    let check = |log: &dyn Log| {
        let put = |key: &str| try_append(log, vec![keyed(&["a"], key, &"x".repeat(1000))]).remove(0);
        let fitted = (1..10).take_while(|key| matches!(put(&key.to_string()), Appended::New(_))).count();
        assert!((2..=5).contains(&fitted), "{fitted} of 1000 bytes");
        assert!(matches!(put("x"), Appended::Refused(Refused::StateFull)));
        assert!(matches!(put("1"), Appended::New(_)), "what is there can change");
        append(log, vec![keyed(&["a"], "1", ""), draft(&["a"], None, "without a key")]);
        assert!(matches!(put("x"), Appended::New(_)));
    };
    each_engine_allowing(check, ROOMY, Allowance { state_bytes: 5000, ..ALLOWANCE });
}

fn once(topic: &str, key: &str, data: &str) -> Draft {
    let mut draft = draft(&[topic], None, data);
    draft.terms.idempotency = Some(key.parse().unwrap());
    draft
}

#[test]
fn what_comes_again_with_its_idempotency_key_is_there_already() {
    let check = |log: &dyn Log| {
        append(log, vec![draft(&["a"], None, "x"), once("a", "k", "x")]);
        let again = |topic, key, data| try_append(log, vec![once(topic, key, data)]).remove(0);
        assert!(matches!(again("a", "k", "x"), Appended::Repeated(2, _)));
        assert!(matches!(again("a", "k", "y"), Appended::Refused(Refused::KeyReused)));
        assert!(matches!(again("b", "k", "x"), Appended::New(_)), "of another topic it is another");
        assert!(matches!(again("a", "l", "x"), Appended::New(_)));
        let both = try_append(log, vec![once("a", "m", "x"), once("a", "m", "x")]);
        assert!(matches!(both[..], [Appended::New(_), Appended::Repeated(5, _)]), "{both:?}");
        fill(log, "c", 50);
        assert!(matches!(again("a", "k", "x"), Appended::Repeated(2, _)), "longer than it is retained");
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn a_key_is_forgotten_after_its_time() {
    let check = |log: &dyn Log| {
        append(log, vec![once("a", "k", "x")]);
        wait_until("it is forgotten", || matches!(try_append(log, vec![once("a", "k", "x")])[..], [Appended::New(_)]));
    };
    each_engine_allowing(check, ROOMY, Allowance { idempotency_window: Duration::from_millis(20), ..ALLOWANCE });
}

#[test]
fn an_event_is_not_replayed_after_its_time() {
    let check = |log: &dyn Log| {
        let mortal = |ttl, data: &str| {
            let mut draft = draft(&["a"], None, data);
            draft.terms.ttl = Some(ttl);
            draft
        };
        append(log, vec![draft(&["a"], None, "1"), mortal(Duration::ZERO, "2"), mortal(Duration::from_hours(1), "3")]);
        append(log, vec![mortal(Duration::ZERO, "4")]);
        assert_eq!(read_all(log, 0, &filter(&["a"])), [1, 3]);
        assert_eq!(read_newest(log, &filter(&["a"]), 1, 4), [3], "the newest of those that live");
        assert_eq!(log.read(0, &filter(&["a"])).gap, None, "it is not missing");
    };
    each_engine(check, ROOMY);
}

#[test]
fn state_ends_by_itself_when_its_time_is_over() {
    let check = |log: &dyn Log| {
        let mortal = |key: &str, ttl| {
            let mut draft = keyed(&["a"], key, &"x".repeat(500));
            draft.terms.ttl = Some(ttl);
            draft
        };
        append(log, vec![mortal("1", Duration::from_millis(20)), mortal("2", Duration::from_hours(1))]);
        fill(log, "b", 50);
        let put = || try_append(log, vec![mortal("3", Duration::from_hours(1))]).remove(0);
        wait_until("there is room again", || matches!(put(), Appended::New(_)));
        let state = || read_newest(log, &filter(&["a"]), 0, log.span().last);
        wait_until("the first has ended", || state() == [2, log.span().last]);
    };
    each_engine_allowing(check, Retention { events: 10, ..ROOMY }, Allowance { state_bytes: 3000, ..ALLOWANCE });
}

#[test]
fn the_newest_of_a_rare_type_cost_no_look_at_every_event() {
    let check = |log: &dyn Log| {
        let named = |name: &str| {
            let mut draft = draft(&["a"], None, "x");
            draft.event.name = Some(name.parse().unwrap());
            draft
        };
        append(log, vec![named("rare")]);
        append(log, (0..5000).map(|_| named("common")).collect());
        append(log, vec![named("rare")]);
        let wanted = Filter { names: vec!["rare".parse().unwrap()], ..filter(&["a"]) };
        assert_eq!(read_newest(log, &wanted, 1000, 5002), [1, 5002]);
        assert_eq!(read_newest(log, &wanted, 1, 5002), [5002]);
    };
    each_engine(check, ROOMY);
}
