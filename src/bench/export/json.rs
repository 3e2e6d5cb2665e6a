//! One JSON object on one line, for programs.

use std::io;

use super::Export;
use crate::bench::Report;

/// The format.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Export for Json {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, report)?;
        out.write_all(b"\n")
    }
}
