//! One receiver of webhooks: what it wants to know, and how it is told.

use std::fmt;

use anyhow::Context as _;

use super::{Message, Queue, kind};
use crate::broker::What;
use crate::cli::config::{Happening, WebhookTable};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::identity;
use crate::client::{Secret, Transport, Webhook, without_credentials};
use crate::metrics::{Metrics, Webhook as Outcome};
use crate::topic::{Pattern, Topic};

/// How often a message is sent again that is not taken: about two minutes, at growing distances.
const RETRIES: u32 = 8;

/// A receiver.
pub(super) struct Receiver {
    /// Its URL, as it may be shown.
    pub(super) name: String,
    events: Vec<Happening>,
    /// Only what happens to these; none is all.
    topics: Vec<Pattern>,
    webhook: Webhook,
    pub(super) queue: Queue<Message>,
}

impl Receiver {
    pub(super) fn new(table: WebhookTable) -> Result<Self, Failure> {
        let WebhookTable { url, events, topics, secret } = table;
        let name = without_credentials(&url);
        let wrong = |error: anyhow::Error| Failure::new(Exit::Usage, error);
        let secret = secret.map(|text| Self::secret(text.reveal())).transpose()?;
        if secret.is_none() {
            tracing::warn!(
                "the webhook {name} gets messages that are not signed, as anyone could send: give it a secret"
            );
        }
        let webhook = Webhook::new(url, &Transport::default(), RETRIES, secret)
            .with_context(|| format!("cannot post to the webhook {name}"))
            .map_err(wrong)?;
        Ok(Self { name, events, topics, webhook, queue: Queue::default() })
    }

    /// A secret, or what is in the file that @ names.
    fn secret(text: &str) -> Result<Secret, Failure> {
        let bytes = identity::secret(text)?;
        let parsed = String::from_utf8_lossy(&bytes).parse::<Secret>();
        parsed.map_err(|error| Failure::new(Exit::Usage, error).context("the secret of a [[webhook]]"))
    }

    /// Whether it is to be told.
    pub(super) fn wants(&self, what: &What) -> bool {
        self.events.contains(&kind(what)) && (self.topics.is_empty() || self.is_about_its_topics(what))
    }

    fn is_about_its_topics(&self, what: &What) -> bool {
        let has = |topic: &Topic| self.topics.iter().any(|pattern| pattern.matches(topic));
        match what {
            What::FirstSubscriber(topic) | What::LastSubscriber(topic) => has(topic),
            What::Connected(connection) | What::Disconnected(connection, _) => {
                let asked = connection.filter.topics.asked();
                let covers = |asked: &Pattern| self.topics.iter().any(|pattern| pattern.covers(asked));
                asked.topics().any(has) || asked.patterns().any(covers)
            }
        }
    }

    /// Posts what it is to be told, one after the other. Never resolves.
    pub(super) async fn post_all(&self, metrics: &Metrics) {
        loop {
            let message = self.queue.next().await;
            metrics.count_webhook(self.post(message).await);
        }
    }

    async fn post(&self, message: Message) -> Outcome {
        let id = format!("msg_{:032x}", fastrand::u128(..));
        let again = |cause: &dyn fmt::Display, wait| {
            tracing::info!(?wait, "the webhook {} is tried again: {cause}", self.name);
        };
        match self.webhook.post(&id, message.body, |cause, wait| again(cause, wait)).await {
            Ok(_) => Outcome::Delivered,
            Err(error) => {
                tracing::error!("the webhook {} was not told of {}: {error}", self.name, message.name);
                Outcome::Failed
            }
        }
    }
}
