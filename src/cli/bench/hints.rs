//! What can be done about an error of a run, and its exit code. The sentences about TLS and HTTP/2 are `wire`'s, what a system
//! has to be configured for is its preset's.

use super::targets::Targets;
use super::wire;
use crate::bench::{Error, Refusal, Scenario};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::request::CERTIFICATES;

/// The exit code of an error, and what to do about it: of a system that is known, what has to be configured there.
pub(super) fn failure(error: Error, targets: &Targets) -> Failure {
    let answered = match &error {
        Error::NoSubscriber { source, .. } | Error::NoPublisher { source, .. } => {
            !unreached(source) && wire::hint(source).is_none()
        }
        error => matches!(error, Error::PublishRefused { .. } | Error::Unheard { .. }),
    };
    let unreached = matches!(&error, Error::NoSubscriber { source, .. } if unreached(source));
    let failure = general_failure(error);
    match (targets.preset().filter(|_| answered), targets.topic().filter(|_| unreached)) {
        (Some(preset), _) => failure.hint(preset.needs()),
        (None, Some(topic)) => {
            let scenarios = Scenario::ALL.map(Scenario::name).join(", ");
            failure.hint(format!(
                "`{topic}` was taken for a topic of a broker that runs; what can be measured is {scenarios}, without a \
                 target at a broker that is started for it"
            ))
        }
        (None, None) => failure,
    }
}

/// Whether there was no connection.
fn unreached(source: &Refusal) -> bool {
    matches!(source, Refusal::Connect(_) | Refusal::ConnectTimeout(_))
}

fn general_failure(error: Error) -> Failure {
    if let Error::NoSubscriber { source, .. } | Error::NoPublisher { source, .. } = &error
        && let Some(hint) = wire::hint(source)
    {
        return Failure::from(error).hint(hint);
    }
    let refused = |source: &Refusal| matches!(source, Refusal::Status { .. } | Refusal::NotAStream { .. });
    match error {
        Error::Scheme { .. } => Failure::new(Exit::Usage, error),
        Error::Tls { .. } => {
            Failure::from(error).hint(format!("{CERTIFICATES}; the key of --cert-key is that of --cert"))
        }
        Error::TooManyEvents { .. } => Failure::new(Exit::Usage, error).hint("lower --rate or --duration"),
        Error::NoSubscriber { ref source, .. } if refused(source) => {
            Failure::new(Exit::Refused, error).hint("`sse listen URL` shows all that the server answers")
        }
        Error::PublishRefused { .. } => Failure::new(Exit::Refused, error)
            .hint("an event is published as a POST whose body is the data: see --publish-body and --publish-header"),
        Error::NoSubscriber { ref source, .. } | Error::NoPublisher { ref source, .. } if unreached(source) => {
            Failure::from(error).hint("does the server run there? Without a target, bench starts one")
        }
        Error::NoSubscriber { .. } => Failure::from(error).hint(
            "does a GET of that URL bring an event stream? `sse listen URL` shows what the server does: see \
             --subscribe-url",
        ),
        Error::NoPublisher { .. } => Failure::from(error)
            .hint("a publish is a POST whose body is the data, and the server has to answer it: see --publish-url"),
        Error::Unheard { .. } => Failure::from(error).hint(
            "do --subscribe-url and --publish-url mean the same topic, and does the server keep the data as it is?",
        ),
        Error::NoIds => Failure::new(Exit::Refused, error).hint(
            "give a --subscribe-url whose query asks for all that there is, such as ?since=earliest, and --no-last-event-id",
        ),
        Error::Resolve { .. } | Error::Worker { .. } | Error::Thread(_) => error.into(),
    }
}
