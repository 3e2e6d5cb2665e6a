//! The files that a report is written to beside stdout. They are opened before the run begins, so that nobody waits for a
//! measurement that cannot be kept; what is in them is replaced only when there is a report.

use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueHint};

use super::runs::Runs;
use crate::bench::export::{Csv, Export, Hgrm, Hlog, Html};
use crate::bench::{Judgement, System};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// The options, one for each format.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
pub(super) struct FileOptions {
    /// Write the report as a page for a browser: figures, charts, warnings, plan and environment.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    report: Option<PathBuf>,
    /// Write the percentiles of the main time to a file, as the plotters of `HdrHistogram` read them: of the latency; of
    /// `replay` the time until a subscriber had all, of `connect` and `idle` that to the first byte, of `stream` that to the
    /// first event.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    hgrm: Option<PathBuf>,
    /// Write the histograms of each second to a file, as the tools for `HdrHistogram` logs read them: latency, server
    /// latency and send delay; connect and first byte of `connect`; first event and event gap of `stream`; and the other
    /// times of the whole run. Their tags say which they are.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    hlog: Option<PathBuf>,
    /// Write what happened in each second to a file: comma-separated values, and a header line that names them. The column
    /// `time` says which time the percentiles are of, the same as of --hgrm; it is empty with `replay` and `idle`, which have
    /// none in a second.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    csv: Option<PathBuf>,
    /// Write the report as JSON to a file, for --baseline of later runs.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    save_baseline: Option<PathBuf>,
}

impl FileOptions {
    /// Whether there is one that can show only one run.
    pub(super) fn show_one_run(&self) -> bool {
        [&self.report, &self.hgrm, &self.hlog, &self.csv].into_iter().any(Option::is_some)
    }
}

/// What a file is to hold.
enum Content {
    /// The only run in a format.
    Run(Box<dyn Export>),
    /// The same as a page, with what it was held against.
    Page,
    /// All runs as JSON.
    Baseline,
}

/// The files of a run. Those that were made for it are removed if there is nothing to write to them.
#[derive(Default)]
pub(super) struct Files {
    targets: Vec<Target>,
    keeps_histograms: bool,
}

struct Target {
    format: Content,
    path: PathBuf,
    file: fs::File,
    /// Whether it was made for the run and has nothing in it yet.
    is_empty: bool,
}

impl Files {
    /// Opens those that were asked for.
    pub(super) fn open(options: &FileOptions) -> Result<Self, Failure> {
        let FileOptions { report, hgrm, hlog, csv, save_baseline } = options;
        let formats = [
            (report, Content::Page),
            (hgrm, Content::Run(Box::new(Hgrm))),
            (hlog, Content::Run(Box::new(Hlog))),
            (csv, Content::Run(Box::new(Csv))),
            (save_baseline, Content::Baseline),
        ];
        let mut files = Self { keeps_histograms: hlog.is_some(), ..Self::default() };
        for (path, format) in formats {
            let Some(path) = path else { continue };
            let target = Target::open(path, format)?;
            if files.targets.iter().any(|other| other.is_same_file(&target)) {
                let sentence = format!("{} is to be two files at once", path.display());
                return Err(Failure::usage(sentence).hint("give each report a file of its own"));
            }
            files.targets.push(target);
        }
        Ok(files)
    }

    /// Whether one of them shows the histograms of the intervals.
    pub(super) fn keep_histograms(&self) -> bool {
        self.keeps_histograms
    }

    /// Writes the report to all of them; one that takes nothing does not keep it from the others.
    pub(super) fn write(mut self, runs: &Runs, judgement: &Judgement) -> Result<(), Failure> {
        let write = |target: &mut Target| target.write(runs, judgement);
        let written: Vec<Result<(), Failure>> = self.targets.iter_mut().map(write).collect();
        written.into_iter().collect()
    }
}

impl Target {
    fn open(path: &Path, format: Content) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let sentence = "- is no file here: stdout is for the report itself";
            return Err(Failure::usage(sentence).hint("give a name, or ./- for a file of this one"));
        }
        let is_new = fs::symlink_metadata(path).is_err();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(System::from).with_context(|| format!("cannot write {}", path.display()));
        let file = file.map_err(|error| Failure::new(Exit::Failed, error).hint("nothing was measured yet"))?;
        Ok(Self { format, path: path.to_owned(), file, is_empty: is_new })
    }

    fn write(&mut self, runs: &Runs, judgement: &Judgement) -> Result<(), Failure> {
        let context = || format!("cannot write {}", self.path.display());
        // What is no file, such as a pipe, has no length.
        if self.file.metadata().with_context(context)?.is_file() {
            self.file.set_len(0).with_context(context)?;
            self.file.rewind().with_context(context)?;
        }
        self.is_empty = false;
        let mut out = BufWriter::new(&self.file);
        let written = match (&self.format, runs.only()) {
            (Content::Run(format), Some(report)) => format.write(report, &mut out),
            (Content::Page, Some(report)) => Html { judgement }.write(report, &mut out),
            (Content::Run(_) | Content::Page, None) => Ok(()),
            (Content::Baseline, _) => runs.write_json(judgement, &mut out),
        };
        let written = written.and_then(|()| out.flush());
        written.map_err(System::from).with_context(context)?;
        Ok(())
    }

    fn is_same_file(&self, other: &Self) -> bool {
        let identity = |target: &Self| {
            let file = target.file.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((file.dev(), file.ino()))
        };
        identity(self).is_some_and(|own| Some(own) == identity(other))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if self.is_empty {
            // One that cannot be removed is empty, and does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}
