//! The load generator: a [`Plan`] goes in, [`run()`] carries it out, a [`Report`] comes out. `cli::bench` calls it.
//!
//! It measures any server that speaks text/event-stream, with HTTP of its own on bare sockets, and trusts nothing: every
//! event carries when it should have been sent and when it was, every number is accounted for at every subscriber, and a
//! run in which the generator was the bottleneck says so. It prints nothing, and it starts no server.
//!
//! In reading order: `scenario`, [`plan`](Plan), `endpoint`, `tls`, `publication`, `schedule`, `lanes` and `sizes` say
//! what is to happen, `payload` is what travels, `publishers` and `subscribers` are the two sides, `crowd` the latter
//! wherever they are and `workers` where that is another process, `ledger`, `member`, `tally`, `passive`, `sharing` and
//! `samples` what they note, `account` what that comes to, `returns` what those went through that lost their streams in a
//! `storm`, `herd` how those fared that want what is `past`, `slow` how those that read slowly, `series` what happened
//! when, `run` the phases, `offered`, `report` and `verdict` the end, `judged` what a user holds a report against,
//! `search` the highest rate that holds it.

mod account;
mod aside;
mod clock;
mod clues;
mod crowd;
mod endpoint;
mod environment;
mod error;
pub mod export;
pub mod figures;
mod firsts;
mod herd;
mod http;
mod judged;
mod lanes;
mod ledger;
mod load;
mod member;
mod needs;
mod offered;
mod packed;
mod passive;
mod past;
mod payload;
mod percent;
mod plan;
mod planned;
mod processes;
mod progress;
mod publication;
mod publishers;
mod reach;
mod reconnects;
mod report;
mod resources;
mod restart;
mod returns;
mod run;
mod samples;
mod scenario;
mod schedule;
mod search;
mod secrets;
mod sequences;
mod series;
mod sharing;
mod sizes;
mod slow;
mod sources;
mod storm;
mod subscribers;
mod tally;
mod tls;
mod verdict;
mod workers;

pub use aside::Aside;
pub use clues::Clues;
pub use endpoint::{Endpoint, Header};
use environment::BUILDS;
pub use environment::Environment;
pub use error::{Error, Refusal, System};
pub use herd::Replay;
pub use http::Malformed;
pub use judged::{
    Baseline, Bound, Compared, Comparison, Figure, Judgement, MOST_RUNS, Metric, Needed, NotAReport, NotAThreshold,
    Outcome, Spread, Threshold, Unknown,
};
pub use ledger::Deliveries;
pub use load::Load;
pub use needs::Needs;
pub use offered::Events;
pub use passive::{Failed, Opening, PerStream, Streams, Traffic};
pub use past::Past;
pub use payload::MIN_SIZE;
pub use percent::{NotAPercentage, Percent};
pub use plan::{MAX_EVENTS, Plan, Request, sockets};
pub use planned::{Planned, PlannedSlow, PlannedStorm};
pub use processes::Watched;
pub use progress::{Phase, Progress, Snapshot};
pub use publication::{NotATemplate, Publication, Template};
pub use reconnects::Reconnects;
pub use report::{Connections, Report, Time, Verdict};
pub use resources::{Cost, Memory, Resources};
pub use run::run;
pub use samples::{Histograms, Kind, Percentiles, Point, Samples};
pub use scenario::Scenario;
pub use search::{Fate, Found, Judged, Limit, RESOLUTION, Search, Step};
pub use series::{Interval, Logged, Mark, Series, ServerUse, Turnover};
pub use sharing::Http2;
pub use sizes::{NotAMix, Part, Sizes};
pub use slow::{Slow, SlowReaders};
pub use storm::{Cause, Storm};
pub use tls::{BadHandshake, NotPem, Protocol, Tls, Trust};
pub use workers::{MOST_WORKERS, Workers, work};
