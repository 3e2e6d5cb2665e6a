//! In which form events are shown: one of the outputs, a template, a filter, or not at all.

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::terminal::Paint;
use super::format::Format;
use super::jq::Jq;
use super::model::{Form, Model};
use super::options::{Options, Output};

/// The form.
pub(super) enum Shape {
    Plain(Output),
    Template(Format),
    Jq(Box<Jq>),
    /// The answer of a language model.
    Model(Box<Model>),
    /// What the command of `--exec` prints takes its place, or a report.
    Nothing,
}

impl Shape {
    /// The form that was asked for.
    pub(super) fn of(options: &Options, paint: Paint, terminal: bool) -> Result<Self, Failure> {
        let asked = &options.output;
        if asked.llm {
            let form = match asked.output {
                Some(Output::Json) => Form::Json,
                _ if terminal => Form::Terminal,
                _ => Form::Pipe,
            };
            return Ok(Self::Model(Box::new(Model::new(form, paint))));
        }
        if let Some(template) = &asked.format {
            let format = template.parse().map_err(|error| wrong("--format", error))?;
            return Ok(Self::Template(format));
        }
        if let Some(filter) = &asked.jq {
            let filter = Jq::compile(filter).map_err(|error| wrong("--jq", error))?;
            return Ok(Self::Jq(Box::new(filter)));
        }
        if asked.diagnose && asked.output != Some(Output::Json) {
            return Ok(Self::Nothing);
        }
        if options.actions.exec.is_some() && asked.output.is_none() {
            return Ok(Self::Nothing);
        }
        Ok(Self::Plain(asked.shown_as()))
    }
}

fn wrong(option: &'static str, error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Usage, error.into().context(option))
}
