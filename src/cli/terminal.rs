//! What may reach a terminal: colour only where it is wanted, and no control character of remote text.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::sync::OnceLock;

use clap::ValueEnum;
use colored::Color;

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

static CHOICE: OnceLock<ColorChoice> = OnceLock::new();

/// Decides for the whole process whether text is coloured.
pub(crate) fn set_color(choice: ColorChoice) {
    let choice = *CHOICE.get_or_init(|| choice);
    colored::control::set_override(wanted_on(choice, &std::io::stdout()) && wanted_on(choice, &std::io::stderr()));
}

fn wanted_on(choice: ColorChoice, stream: &impl IsTerminal) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && !is_dumb() && stream.is_terminal()
        }
    }
}

/// Whether the terminal can do no more than print one line after the other, as those inside editors.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Colour for one of the two streams, where the other may go elsewhere: a status on the terminal is green although
/// stdout is a pipe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// What is wanted on this stream.
    pub(crate) fn on(stream: &impl IsTerminal) -> Self {
        Self { on: wanted_on(CHOICE.get().copied().unwrap_or(ColorChoice::Auto), stream) }
    }

    /// Never coloured.
    #[cfg(test)]
    pub(crate) fn off() -> Self {
        Self { on: false }
    }

    /// The text in this tone, if colour is wanted.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> Cow<'_, str> {
        if !self.on || text.is_empty() {
            return Cow::Borrowed(text);
        }
        let bold = if matches!(tone, Tone::Name | Tone::Bad | Tone::Doubt) { "1;" } else { "" };
        Cow::Owned(format!("\x1b[{bold}{}m{text}\x1b[0m", tone.color().to_fg_str()))
    }
}

/// What colour tells. The colours are of the middle of the 256: each is read on a dark terminal and on a light one (a contrast
/// of 3.9 at least with black and with white), which holds for hardly any of the first sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// What the eye should find first.
    Name,
    /// What matters less.
    Faint,
    Key,
    Text,
    Number,
    Good,
    Bad,
    Doubt,
}

impl Tone {
    pub(crate) fn color(self) -> Color {
        Color::AnsiColor(match self {
            Self::Name => 32,
            Self::Faint => 244,
            Self::Key => 30,
            Self::Text | Self::Good => 28,
            Self::Number | Self::Doubt => 130,
            Self::Bad => 160,
        })
    }
}

/// Used where a terminal does not tell its width, and where there is none.
pub(crate) const USUAL_COLUMNS: usize = 80;

/// The columns of a terminal as it is now: people resize theirs.
pub(crate) fn columns(terminal: impl AsFd) -> usize {
    rustix::termios::tcgetwinsize(terminal)
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|columns| *columns > 0)
        .unwrap_or(USUAL_COLUMNS)
}

/// The text in lines of at most so many characters, broken between words; a longer word has a line of its own.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Shows control characters instead of letting them act on the terminal: C0 and DEL as `\x1b`, C1 and the marks that
/// reorder text as `\u{202e}`. The characters in `keep` stay.
pub(crate) fn escape_control<'t>(text: &'t str, keep: &str) -> Cow<'t, str> {
    let acts = |c: char| acts_on_terminal(c) && !keep.contains(c);
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !acts(c) => shown.push(c),
            c if c.is_ascii() => shown += &format!("\\x{:02x}", u32::from(c)),
            c => shown.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal would do something else than to show the character.
pub(crate) fn acts_on_terminal(c: char) -> bool {
    c.is_control() || reorders(c)
}

/// The bidirectional controls: with them a text can show other than what it says.
fn reorders(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_other_text_is_left_alone() {
        assert_eq!(escape_control("\x1b[31mred\x7f\u{9b}", ""), "\\x1b[31mred\\x7f\\u{9b}");
        assert_eq!(escape_control("a\u{202e}b", ""), "a\\u{202e}b");
        assert_eq!(escape_control("a\nb\r", "\n"), "a\nb\\x0d");
        assert!(matches!(escape_control("räume ☃", ""), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("a bc d efghij k", 4), ["a bc", "d", "efghij", "k"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
