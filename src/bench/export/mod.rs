//! The formats that a report can be written in, one file each. They show what is in a report and compute nothing that is
//! not: the figures are those of the table, whoever reads them.

mod csv;
mod hgrm;
mod hlog;
mod html;
mod json;

use std::io;

pub use csv::Csv;
pub use hgrm::Hgrm;
pub use hlog::Hlog;
pub use html::Html;
pub use json::Json;

use super::Report;

/// A format.
pub trait Export {
    /// Writes the whole report.
    ///
    /// # Errors
    /// What `out` says.
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()>;
}
