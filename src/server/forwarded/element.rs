//! The elements of a `Forwarded` header: RFC 7239 §4. Each is what one proxy says: pairs, of which `for` matters here.

use std::borrow::Cow;

use super::{Hop, hop};

/// The hops in a line, from the right; those that are not understood are `None`, and so is a line that cannot be cut.
pub(super) fn hops(line: &str) -> Vec<Option<Hop>> {
    let Some(elements) = cut(line, ',') else { return vec![None] };
    elements.into_iter().rev().filter(|element| !element.is_empty()).map(element).collect()
}

/// Cuts a text at the separators outside of quotes; `None` if a quote has no end.
fn cut(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if c == separator && !quoted => {
                parts.push(text[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    (!quoted).then_some(parts)
}

fn element(text: &str) -> Option<Hop> {
    let mut found = None;
    for pair in cut(text, ';')?.into_iter().filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        if name.is_empty() || name.contains([' ', '\t', '"']) {
            return None;
        }
        // Each name stands once: §4.
        if name.eq_ignore_ascii_case("for") && found.replace(node(&unquoted(value)?)?).is_some() {
            return None;
        }
    }
    // A proxy need not say for whom it asks.
    Some(found.unwrap_or(Hop::Hidden))
}

/// The text that a value stands for: RFC 9110 §5.6.4.
fn unquoted(value: &str) -> Option<Cow<'_, str>> {
    let Some(quoted) = value.strip_prefix('"') else {
        return (!value.contains(['"', ' ', '\t'])).then_some(Cow::Borrowed(value));
    };
    let (mut text, mut chars) = (String::new(), quoted.strip_suffix('"')?.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => text.push(chars.next()?),
            c => text.push(c),
        }
    }
    Some(Cow::Owned(text))
}

/// A node: RFC 7239 §6. An address of IPv6 is in brackets; a port, known or hidden, may follow.
fn node(text: &str) -> Option<Hop> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok() || is_obfuscated(port);
    if !port.is_none_or(is_port) || (name.contains(':') && !name.starts_with('[')) {
        return None;
    }
    if is_obfuscated(name) { Some(Hop::Hidden) } else { hop(name) }
}

/// A name that a proxy has made up: §6.3.
fn is_obfuscated(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.strip_prefix('_').is_some_and(|name| !name.is_empty() && name.chars().all(plain))
}
