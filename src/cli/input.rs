//! Data that an argument gives, or that is in a file or on stdin: `TEXT`, `@FILE`, `@-`, and `@@TEXT` for what begins with
//! an `@` itself.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::Common;

/// The most that is read at once, in bytes: 64 MiB, as much as `listen` reads of an event by default. More is an error.
pub(crate) const LONGEST: u64 = 64 << 20;

/// Whether an argument names a file or stdin.
pub(crate) fn is_named(argument: &str) -> bool {
    argument.starts_with('@') && !argument.starts_with("@@")
}

/// The data that an argument gives; `what` it is says who awaits it on a terminal.
pub(crate) async fn data(argument: &str, what: &str, common: &Common) -> anyhow::Result<Vec<u8>> {
    match argument.strip_prefix('@') {
        None => Ok(argument.into()),
        Some("-") => {
            announce(what, common);
            whole(tokio::io::stdin(), "stdin").await
        }
        Some(literal) if literal.starts_with('@') => Ok(literal.into()),
        Some(path) => whole(File::open(path).await.with_context(|| format!("cannot open {path}"))?, path).await,
    }
}

async fn whole(input: impl AsyncRead + Unpin, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut data = Vec::new();
    input.take(LONGEST + 1).read_to_end(&mut data).await.with_context(|| format!("cannot read {name}"))?;
    if data.len() as u64 > LONGEST {
        bail!("{name} holds more than {LONGEST} bytes, the most that is read");
    }
    Ok(data)
}

/// A person at a terminal sees nothing happen: says what is awaited.
pub(crate) fn announce(what: &str, common: &Common) {
    if io::stdin().is_terminal() && !common.quiet {
        // If stderr is gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "sse: reading {what} from the terminal; end with Ctrl-D");
    }
}
