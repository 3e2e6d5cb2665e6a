//! What `sse bench` leaves behind beside its table: the series of a run, and the files that other programs read. Servers
//! with known faults say what has to stand in them.

use serde_json::Value;

use crate::bench::{against, count, report};
use crate::faulty::{Faulty, Manners};

/// The rows of a report's series.
fn rows(report: &Value) -> &[Value] {
    report["series"]["intervals"].as_array().expect("rows")
}

/// The sum of a count over all rows.
fn sum(report: &Value, name: &str) -> u64 {
    rows(report).iter().map(|row| row[name].as_u64().unwrap_or_else(|| panic!("{name} in {row}"))).sum()
}

#[test]
fn the_rows_of_the_series_add_up_to_the_report() {
    let server = Faulty::start(Manners { faults: true, ..Manners::default() });
    let options = ["-c", "7", "--publishers", "2", "--threads", "2", "--drain", "1s"];
    let report = report(&against(&server.url(), &options));
    assert!(rows(&report).len() >= 2, "two seconds of measuring: {report}");
    assert_eq!(sum(&report, "sent"), 1000);
    assert_eq!(sum(&report, "received"), count(&report, "deliveries", "received"));
    let counts = rows(&report).iter().map(|row| row["latency_ms"]["count"].as_u64().expect("a count"));
    assert_eq!(counts.sum::<u64>(), sum(&report, "received"));
    let largest = rows(&report).iter().filter_map(|row| row["latency_ms"]["max"].as_f64()).fold(0.0, f64::max);
    assert_eq!(Some(largest), report["latency_ms"]["max"].as_f64());
    let lost: Vec<u64> = rows(&report).iter().map(|row| row["lost_so_far"].as_u64().expect("a count")).collect();
    assert!(lost.is_sorted() && lost[0] > 0, "the first second has lost some: {lost:?}");
    assert_eq!(lost.last(), Some(&count(&report, "deliveries", "lost")));
    assert!(rows(&report).iter().all(|row| row["connections"] == 7), "{report}");
}

#[test]
fn the_phases_stand_in_their_order_with_the_measurement_at_zero() {
    let server = Faulty::start(Manners::default());
    let report = report(&against(&server.url(), &["-c", "2", "-r", "100", "-d", "1s"]));
    let phases = report["series"]["phases"].as_array().expect("phases");
    let names: Vec<&str> = phases.iter().filter_map(|mark| mark["phase"].as_str()).collect();
    assert_eq!(names, ["connecting", "probing", "warming_up", "measuring", "draining"]);
    let mut times: Vec<f64> = phases.iter().filter_map(|mark| mark["at_s"].as_f64()).collect();
    assert!(times[3].abs() < 1e-9 && times[4] >= 1.0, "{times:?}");
    times.extend(report["series"]["end_s"].as_f64());
    assert!(times.is_sorted() && times.len() == 6, "{times:?}");
}
