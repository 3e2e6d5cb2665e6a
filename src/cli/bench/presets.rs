//! The systems that `sse bench` can speak to by name. What a user has to configure on one is the text of its variant, which
//! the help shows and a failure hints at; all else that is special about it is its [`Dialect`].
//!
//! A topic goes into URLs and forms percent-encoded and into JSON as a string. `{payload}`, and `{t}` in the name of a topic,
//! are left for the run to fill in.

use clap::ValueEnum;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::topics::PLACE;
use crate::bench::Aside;

/// A system and what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Preset {
    /// Mercure before 1.0: plain http (`SERVER_NAME=:80`), a publisher's JWT in --publish-token, and `anonymous` or a
    /// JWT in --subscribe-token.
    Mercure,
    /// Mercure from 1.0 on, which subscribes with `match=`; otherwise as mercure.
    #[value(name = "mercure-1")]
    Mercure1,
    /// Centrifugo 5 and 6: `uni_sse`, the API key in --publish-token, and `allow_subscribe_for_client`; without a JWT in
    /// --subscribe-token `allow_anonymous_connect_without_token` and `allow_subscribe_for_anonymous` too.
    Centrifugo,
    /// nchan: `nchan_publisher` at /pub/TOPIC and `nchan_subscriber` at /sub/TOPIC; `keepalive_requests` above the number
    /// of events.
    Nchan,
    /// nginx-push-stream-module: `push_stream_publisher` at /pub?id=TOPIC and `push_stream_subscriber eventsource` at
    /// /ev/TOPIC; `keepalive_requests` above the number of events.
    PushStream,
    /// Pushpin: TARGET is the URL of a stream that its backend holds open (`Grip-Hold: stream`) on the channel TOPIC;
    /// events go to port 5561 of that host.
    Pushpin,
    /// ntfy: `visitor-request-limit-exempt-hosts`, `visitor-subscription-limit` and `visitor-message-daily-limit` that
    /// allow the load, and 4096 bytes of --size at most; tokens if it wants them.
    Ntfy,
}

/// How a system is spoken to about one topic.
#[derive(Debug)]
pub(super) struct Dialect {
    /// What follows the base URL for subscribers.
    pub(super) subscribe: String,
    /// What follows it for publishers.
    pub(super) publish: String,
    /// The port of publishers, if it is not that of the base URL: then nothing of its path is theirs either.
    pub(super) control_port: Option<u16>,
    /// The headers of subscribers, as people write them.
    pub(super) subscribe_headers: Vec<String>,
    /// The headers of publishers.
    pub(super) publish_headers: Vec<String>,
    pub(super) body: String,
    pub(super) refusal: Option<&'static str>,
    pub(super) asides: Vec<Aside>,
}

/// Credentials of the two sides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tokens<'t> {
    pub(super) subscribe: Option<&'t str>,
    pub(super) publish: Option<&'t str>,
}

/// What `sse serve` says to a subscriber of events that are gone.
const GAP: &str = r#"{"requested":""#;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

const JSON: &str = "Content-Type: application/json";

/// All but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Preset {
    /// Its name on the command line, and what it needs.
    pub(super) fn needs(self) -> String {
        let value = self.to_possible_value();
        let help = value.as_ref().and_then(|value| value.get_help().map(ToString::to_string));
        format!("what has to be configured for --preset {}: {}", self.name(), help.unwrap_or_default())
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    pub(super) fn dialect(self, topic: &str, tokens: Tokens<'_>) -> Dialect {
        let name = encoded(topic);
        let plain = Dialect::plain(tokens);
        match self {
            Self::Mercure => mercure("topic", &name, plain),
            Self::Mercure1 => mercure("match", &name, plain),
            Self::Centrifugo => centrifugo(topic, tokens),
            Self::Nchan => Dialect { subscribe: format!("/sub/{name}"), publish: format!("/pub/{name}"), ..plain },
            Self::PushStream => {
                Dialect { subscribe: format!("/ev/{name}"), publish: format!("/pub?id={name}"), ..plain }
            }
            Self::Pushpin => pushpin(topic, plain),
            Self::Ntfy => Dialect {
                subscribe: format!("/{name}/sse"),
                publish: format!("/{name}"),
                asides: [r#""event":"open""#, r#""event":"keepalive""#].map(|text| Aside::With(text.into())).to_vec(),
                ..plain
            },
        }
    }
}

impl Dialect {
    /// The payload is the body, and tokens are what most servers take them for.
    pub(super) fn plain(tokens: Tokens<'_>) -> Self {
        let bearer = |token: Option<&str>| token.map(|token| format!("Authorization: Bearer {token}"));
        Self {
            subscribe: String::new(),
            publish: String::new(),
            control_port: None,
            subscribe_headers: bearer(tokens.subscribe).into_iter().collect(),
            publish_headers: bearer(tokens.publish).into_iter().collect(),
            body: "{payload}".to_owned(),
            refusal: None,
            asides: vec![Aside::With(GAP.into())],
        }
    }

    fn with_publish_header(mut self, header: impl Into<String>) -> Self {
        self.publish_headers.insert(0, header.into());
        self
    }
}

/// <https://mercure.rocks/spec>: a form, answered with the ID of the event.
fn mercure(parameter: &str, topic: &str, plain: Dialect) -> Dialect {
    let dialect = Dialect {
        subscribe: format!("/.well-known/mercure?{parameter}={topic}"),
        publish: "/.well-known/mercure".to_owned(),
        body: format!("topic={topic}&data={{payload}}"),
        ..plain
    };
    dialect.with_publish_header(FORM)
}

/// <https://centrifugal.dev/docs/server/server_api>: what is refused is answered with 200 and an `error`. A subscriber asks
/// for its channel in the URL; its stream begins with a `connect` message, and `{}` keeps it alive.
fn centrifugo(topic: &str, tokens: Tokens<'_>) -> Dialect {
    let mut connect = json!({ "subs": { topic: {} } });
    if let Some(token) = tokens.subscribe {
        connect["token"] = token.into();
    }
    let dialect = Dialect {
        subscribe: format!("/connection/uni_sse?cf_connect={}", encoded(&connect.to_string())),
        publish: "/api/publish".to_owned(),
        publish_headers: tokens.publish.map(|key| format!("X-API-Key: {key}")).into_iter().collect(),
        body: json!({ "channel": topic, "data": { "payload": "{payload}" } }).to_string(),
        refusal: Some(r#""error":"#),
        asides: vec![Aside::With(r#"{"connect":"#.into()), Aside::Whole("{}".into()), Aside::Whole("".into())],
        ..Dialect::plain(Tokens::default())
    };
    dialect.with_publish_header(JSON)
}

/// <https://pushpin.org/docs/usage/>: the publisher writes the bytes of the stream.
fn pushpin(channel: &str, plain: Dialect) -> Dialect {
    let formats = json!({ "http-stream": { "content": "data: {payload}\n\n" } });
    let dialect = Dialect {
        publish: "/publish/".to_owned(),
        control_port: Some(5561),
        body: json!({ "items": [{ "channel": channel, "formats": formats }] }).to_string(),
        ..plain
    };
    dialect.with_publish_header(JSON)
}

fn encoded(text: &str) -> String {
    let places = utf8_percent_encode(PLACE, RESERVED).to_string();
    utf8_percent_encode(text, RESERVED).to_string().replace(&places, PLACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Template;

    #[test]
    fn the_number_of_a_topic_keeps_its_place_wherever_a_preset_names_the_topic() {
        for preset in Preset::value_variants() {
            let dialect = preset.dialect("a {}-{t}", Tokens::default());
            let parts = [&dialect.subscribe, &dialect.publish, &dialect.body];
            let places = parts.map(|part| part.matches(PLACE).count());
            let subscribed = usize::from(*preset != Preset::Pushpin);
            assert_eq!((places[0], places[1] + places[2]), (subscribed, 1), "{preset:?}: {parts:?}");
        }
    }

    #[test]
    fn every_preset_says_what_it_needs_and_has_one_place_for_the_payload() {
        for preset in Preset::value_variants() {
            let needs = preset.needs();
            assert!(needs.contains(&format!("--preset {}: ", preset.name())) && needs.len() > 80, "{needs}");
            let body = preset.dialect("a \"b\"/ä", Tokens::default()).body;
            assert!(Template::parse(body.as_bytes()).is_ok(), "{body}");
        }
    }
}
