//! The tests of the product as its users meet it: the real `sse` is started on a free port and spoken to over sockets.
//!
//! The lints of the product on `unwrap` and visibility do not hold here: a test that cannot go on has failed.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod artifacts;
mod batch;
mod bench;
mod bench_export;
mod bench_forms;
mod bench_judged;
mod bench_live;
mod bench_presets;
mod bench_reconnect;
mod bench_replay;
mod bench_scenarios;
#[cfg(target_os = "linux")]
mod bench_watched;
mod bounded;
mod browser;
mod churn;
mod crash;
mod curl;
mod damage;
mod diagnose;
mod drain;
mod durable;
mod endless;
mod environment;
mod faulty;
mod full_disk;
mod history;
mod http;
mod layout;
mod limits;
mod listen;
mod listen_contract;
mod llm;
mod log;
mod metrics;
mod opening;
mod order;
mod origins;
mod outlive;
mod presence;
mod process;
mod publish;
mod recording;
mod scripted;
mod secrets;
mod send;
mod send_flow;
mod send_options;
mod send_redirects;
mod send_repeat;
mod send_replay;
mod send_retries;
mod send_topics;
mod send_wait;
mod slow;
mod standard_streams;
mod subscribe;
mod telemetry;
mod terms;
mod together;
mod vectors;
mod warnings;
mod wire;
