//! `sse token hash`: a static token, and the entry of the config file that knows it without holding it.

use std::io::{Read as _, Write as _};

use anyhow::Context as _;
use clap::Args;

use crate::auth::{Digest, random_token};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// The longest token that is read from stdin, in bytes.
const LONGEST: u64 = 8 << 10;

/// The shortest that is taken, in characters: a digest without salt hides no text that can be tried out.
const SHORTEST: usize = 16;

/// Make a static token, and the entry by which the config file knows it.
///
/// The token goes to who is to use it, the entry into the config file: it holds a digest, from which nobody learns the
/// token. What it may do is up to its lists.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// What the token is called where it is mentioned; each token of a config file has another name.
    #[arg(long, value_name = "NAME", default_value = "backend")]
    name: String,
    /// Take the token from stdin, 16 characters at least, instead of a random one.
    #[arg(long)]
    stdin: bool,
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let token = if options.stdin { from_stdin()? } else { random_token().context("the system has no randomness")? };
    // A JSON string is one of TOML as well.
    let name = serde_json::Value::from(options.name.as_str());
    let mut stdout = std::io::stdout().lock();
    if !options.stdin {
        writeln!(stdout, "# The token, which is shown only now:\n# {token}\n")?;
    }
    let digest = Digest::of(&token);
    writeln!(stdout, "[[token]]\nname = {name}\ndigest = \"{digest}\"\nsubscribe = []\npublish = []")?;
    Ok(Exit::Done)
}

fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text)?;
    let token = text.trim_end_matches(['\n', '\r']);
    if !token.is_empty() && token.len() < SHORTEST {
        let sentence = format!("a token has {SHORTEST} characters at least, and this one has {}", token.len());
        return Err(Failure::usage(format!("{sentence}: whoever sees the digest of a short one can guess it"))
            .hint("without --stdin a random one is made"));
    }
    let fits = !token.is_empty() && token.len() as u64 <= LONGEST && token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(token.to_owned())
    } else {
        Err(Failure::usage("a token is 16 to 8192 letters, digits and signs, without blanks"))
    }
}
