//! `--topics`: the name of each topic, and whether the requests of both sides say which topic they are about.

use std::borrow::Cow;

use url::Url;

use super::form::Form;
use crate::bench::Header;
use crate::cli::failure::Failure;

/// What stands for the number of a topic.
pub(super) const PLACE: &str = "{t}";

/// What becomes of it in the path of a URL.
const ENCODED: &str = "%7Bt%7D";

/// The name of all topics, where one name is given: the number stands where it says, or behind it.
pub(super) fn name(topic: &str, topics: u32) -> Cow<'_, str> {
    match topics {
        2.. if !topic.contains(PLACE) => format!("{topic}-{PLACE}").into(),
        _ => topic.into(),
    }
}

/// Makes sure that there is a subscriber for each topic.
pub(super) fn check_count(topics: u32, connections: u32) -> Result<(), Failure> {
    if topics <= connections {
        return Ok(());
    }
    let sentence = format!("--topics {topics} with {connections} subscribers leaves topics without any");
    Err(Failure::usage(sentence).hint(format!("use -c {topics} at least")))
}

/// Makes sure that each side says which of several topics it means.
pub(super) fn check_places(topics: u32, (subscribe, publish): &(Url, Url), form: &Form) -> Result<(), Failure> {
    let in_body = form.publication.body.holds(PLACE);
    let missing = |sentence: String, hint: &str| Err(Failure::usage(sentence).hint(hint));
    if topics > 1 && !holds(subscribe, &form.subscribe_headers) {
        let sentence = format!("--topics {topics} needs {PLACE} in the URL of subscribers, or in a header of theirs");
        return missing(sentence, "it stands for the number of the topic, from 0: http://host/stream/{t}");
    }
    if topics > 1 && !holds(publish, &form.publish_headers) && !in_body {
        let sentence =
            format!("--topics {topics} needs {PLACE} in the URL of publishers, or in a header or body of theirs");
        return missing(sentence, "it stands for the number of the topic, from 0: http://host/publish/{t}");
    }
    Ok(())
}

fn holds(url: &Url, headers: &[Header]) -> bool {
    let in_url = [PLACE, ENCODED].iter().any(|place| url.as_str().contains(place));
    in_url || headers.iter().any(|header| header.value.contains(PLACE))
}
