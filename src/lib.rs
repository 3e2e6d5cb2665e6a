//! `sse`: Server-Sent Events in one binary: a broker (`serve`), a client that shows what a stream does (`listen`), a
//! publisher (`send`) and a load generator (`bench`).
//!
//! # The layers, in reading order
//!
//! | module | what lives there |
//! |---|---|
//! | [`wire`] | text/event-stream in and out: pure, no I/O, no clock |
//! | [`topic`] | topics, patterns and the selection that a subscriber makes of them |
//! | [`store`] | the log: the one order of all events, and what is retained of it |
//! | [`metrics`] | the counters that every layer may raise |
//! | [`auth`] | from a token to what may be done with it, or why not: pure |
//! | [`broker`] | publishing into the log, subscriptions as cursors in it |
//! | [`server`] | the HTTP surface of the broker: routes, refusals, the accept loop |
//! | [`client`] | a reconnecting `EventSource` and a publisher, against any server |
//! | [`diagnosis`] | what is wrong with a stream, found by watching its endpoint |
//! | [`llm`] | the answer of a language model, put together from the events of its stream: pure |
//! | [`bench`](mod@bench) | the load generator: plan, run, report |
//! | [`shutdown`], [`telemetry`] | the stop signal and the diagnostic log |
//! | [`cli`] | options, output, exit codes; the only place that composes the others |
//!
//! Imports go downwards only: `tests/it/layout.rs` holds the table of who may use whom, and fails on any other.
//!
//! # The invariants
//!
//! - An event reaches a subscriber only through the log. A subscriber is a cursor in the log plus a selection of topics;
//!   replay, live delivery and catching up are the same act: moving that cursor forward.
//! - Every subscriber sees the events of its topics in log order, each once, without a gap, or is told in-band
//!   (`sse.gap`) that there is one.
//! - Memory is bounded: the log by its retention, a connection by its cursor and by the one write that its socket has not
//!   taken. There is no queue per connection.
//! - Nothing is lost in silence: what is dropped, cut or refused is answered, counted or logged with its reason.

pub mod auth;
pub mod bench;
pub mod broker;
pub mod cli;
pub mod client;
pub mod diagnosis;
pub mod llm;
pub mod metrics;
pub mod server;
pub mod shutdown;
pub mod store;
pub mod telemetry;
pub mod topic;
pub mod wire;
