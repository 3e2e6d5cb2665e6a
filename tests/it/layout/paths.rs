//! Every path that a source names, fully spelled: `use` trees taken apart, `self` and `super` resolved, macros' insides
//! included.
//!
//! Works on the tokens that `proc-macro2` makes of the text, so that comments and strings are out of the way and what
//! stands inside a macro call counts too. It does not resolve globs, nor what a macro expands to.

use std::collections::HashMap;
use std::iter::Peekable;
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree, token_stream};

/// A path as it is named in a source. `crate` is its first segment when it leads to the crate itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub segments: Vec<String>,
}

/// The paths, and the macros with their `!`, that `text` names, as the source of `module` (its path below the crate).
pub fn named(text: &str, module: &[String]) -> Result<Vec<Named>, String> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("is not Rust: {error}"))?;
    let mut reader = Reader { paths: Vec::new(), aliases: HashMap::new() };
    reader.read(tokens, &Rc::from(module));
    Ok(reader.paths.iter().map(|found| found.resolved(&reader.aliases)).collect())
}

type Tokens = Peekable<token_stream::IntoIter>;

/// A path as it is written, and the module where it is.
struct Found {
    line: usize,
    written: Vec<String>,
    module: Rc<[String]>,
    imported: bool,
}

struct Reader {
    paths: Vec<Found>,
    /// What the `use` items of the file have given a name to.
    aliases: HashMap<String, Vec<String>>,
}

impl Reader {
    fn read(&mut self, tokens: TokenStream, module: &Rc<[String]>) {
        let mut tokens = tokens.into_iter().peekable();
        let mut after_dot = false;
        while let Some(token) = tokens.next() {
            let dot = is(&token, '.');
            match token {
                TokenTree::Group(group) => self.read(group.stream(), module),
                TokenTree::Ident(word) if word == "use" => self.tree(&mut tokens, &[], module),
                TokenTree::Ident(word) if word == "extern" => self.extern_crate(&mut tokens, module),
                TokenTree::Ident(word) if word == "mod" => self.inner_module(&mut tokens, module),
                TokenTree::Ident(word) if !after_dot => {
                    let line = word.span().start().line;
                    self.path(word.to_string(), line, &mut tokens, module);
                }
                _ => {}
            }
            // What follows one dot is a field or a method; what follows two is the end of a range.
            after_dot = dot && !after_dot;
        }
    }

    fn extern_crate(&mut self, tokens: &mut Tokens, module: &Rc<[String]>) {
        if tokens.next_if(|next| matches!(next, TokenTree::Ident(word) if word == "crate")).is_some() {
            self.tree(tokens, &[], module);
        }
    }

    /// `mod name { … }` and `mod name;`, which is a name of its own.
    fn inner_module(&mut self, tokens: &mut Tokens, module: &Rc<[String]>) {
        let Some(TokenTree::Ident(name)) = tokens.next() else { return };
        let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
        self.aliases.insert(name.to_string(), [vec!["crate".to_owned()], inner.clone()].concat());
        if let Some(TokenTree::Group(body)) = tokens.next_if(|next| matches!(next, TokenTree::Group(_))) {
            self.read(body.stream(), &inner.into());
        }
    }

    /// A path in code: `first::second`, or a macro call `first!`.
    fn path(&mut self, first: String, line: usize, tokens: &mut Tokens, module: &Rc<[String]>) {
        let mut written = vec![first];
        while separator(tokens) {
            match tokens.peek() {
                Some(TokenTree::Ident(word)) => written.push(word.to_string()),
                _ => break,
            }
            tokens.next();
        }
        let called = tokens.next_if(|next| is(next, '!')).is_some();
        // `a != b` compares; a lone word is a path only as a macro.
        if called && tokens.peek().is_some_and(|next| matches!(next, TokenTree::Group(_))) {
            let name = written.last().expect("it has a first");
            self.paths.push(Found { line, written: vec![format!("{name}!")], module: module.clone(), imported: false });
        }
        if written.len() > 1 {
            self.paths.push(Found { line, written, module: module.clone(), imported: false });
        }
    }

    /// What follows `use`, or stands between two commas of a group in it.
    fn tree(&mut self, tokens: &mut Tokens, prefix: &[String], module: &Rc<[String]>) {
        let mut written = prefix.to_vec();
        separator(tokens);
        let line = loop {
            match tokens.next() {
                Some(TokenTree::Group(group)) => return self.branches(&group, &written, module),
                // A name, or the `*` of a glob.
                Some(word @ (TokenTree::Ident(_) | TokenTree::Punct(_))) => {
                    written.push(word.to_string());
                    if !separator(tokens) {
                        break word.span().start().line;
                    }
                }
                _ => return,
            }
        };
        if written.len() > 1 && written.last().is_some_and(|last| last == "self") {
            written.pop();
        }
        let mut name = written.last().cloned().unwrap_or_default();
        if tokens.next_if(|next| matches!(next, TokenTree::Ident(word) if word == "as")).is_some() {
            name = tokens.next().map(|alias| alias.to_string()).unwrap_or_default();
        }
        let found = Found { line, written, module: module.clone(), imported: true };
        self.aliases.entry(name).or_insert_with(|| found.resolved(&HashMap::new()).segments);
        self.paths.push(found);
    }

    /// The branches of `{ … }` in a `use` tree.
    fn branches(&mut self, group: &Group, prefix: &[String], module: &Rc<[String]>) {
        if group.delimiter() != Delimiter::Brace {
            return;
        }
        let mut tokens = group.stream().into_iter().peekable();
        while tokens.peek().is_some() {
            self.tree(&mut tokens, prefix, module);
            tokens.next_if(|next| is(next, ','));
        }
    }
}

impl Found {
    fn resolved(&self, aliases: &HashMap<String, Vec<String>>) -> Named {
        let root = || vec!["crate".to_owned()];
        let first = self.written.first().map_or("", String::as_str);
        let (mut segments, mut rest) = match first {
            "crate" | "sse" => (root(), &self.written[1..]),
            "self" | "super" => ([root(), self.module.to_vec()].concat(), &self.written[..]),
            // `use self::x` apart, an import starts at a crate or, as every path, at a name of the file.
            _ => match aliases.get(first).filter(|target| !self.imported || target[0] == "crate") {
                Some(target) => (target.clone(), &self.written[1..]),
                None => (Vec::new(), &self.written[..]),
            },
        };
        while let Some(word) = rest.first().filter(|word| matches!(word.as_str(), "self" | "super")) {
            if word == "super" && segments.len() > 1 {
                segments.pop();
            }
            rest = &rest[1..];
        }
        segments.extend_from_slice(rest);
        Named { line: self.line, segments }
    }
}

/// Takes `::` if it is next.
fn separator(tokens: &mut Tokens) -> bool {
    let mut ahead = tokens.clone();
    let both = ahead.next().is_some_and(|token| is(&token, ':')) && ahead.next().is_some_and(|token| is(&token, ':'));
    if both {
        tokens.nth(1);
    }
    both
}

fn is(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == character)
}
