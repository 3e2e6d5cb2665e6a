//! Who may use the broker, and the watch over what decides it: the config file, the keys, the key set of a provider and the
//! certificate are read again when they change and at SIGHUP, the key set also when a token names a key that is not known.
//! What cannot be read, or makes no sense, is told, and what was known before stays. Nothing here waits for a disk or for a
//! provider: what the files say holds while that is down.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use super::Options;
use super::fetch::Fetch;
use super::files::Files;
use crate::auth::{Authority, BadKey};
use crate::cli::config::{self, Config};
use crate::cli::failure::Failure;
use crate::cli::identity;
use crate::server::{Identity, KeysWanted, Tls};
use crate::shutdown::ReloadSignals;

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Requests that wait for keys at once; others are answered as if there were none to be had. Each is a
/// request that stays open for that time.
const WAITING: usize = 1000;

/// What is needed to decide, and to decide anew.
#[derive(Debug)]
pub(super) struct Guard {
    identity: Identity,
    /// What decides now.
    authority: Option<Authority>,
    /// The config file as it was when the broker started.
    config: Config,
    /// The key set, as it was fetched.
    keys: Option<Vec<u8>>,
    wanted: mpsc::Receiver<oneshot::Sender<()>>,
    tls: Option<Tls>,
    /// What decides, and the certificate: each as it was when it was read.
    files: Files,
    certificates: Files,
    reload: Option<ReloadSignals>,
}

/// Refuses to let everyone in where others than this machine can come, unless that is what was asked for.
pub(super) fn check_open(options: &Options, address: SocketAddr) -> Result<(), Failure> {
    if !options.identity.is_open() || address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    if options.entry.open {
        tracing::warn!("everyone who can reach {address} can read and publish (--open)");
        return Ok(());
    }
    let sentence = format!("everyone who can reach {address} could read and publish: there is no authentication");
    Err(Failure::usage(sentence)
        .hint("--auth jwt or --auth token asks for a token, --open lets everyone in all the same"))
}

/// Tells that tokens could be read on their way, where nothing encrypts them and no proxy is said to.
pub(super) fn warn_of_plain(options: &Options, address: SocketAddr, has_tls: bool) {
    let is_for_others = !address.ip().to_canonical().is_loopback();
    if is_for_others && !has_tls && !options.identity.is_open() && !options.access.trusts_proxies() {
        tracing::warn!(
            "tokens come to {address} over plain http, where others can read them: --tls-cert and --tls-key encrypt, \
             --trust-proxy names the proxy that does"
        );
    }
}

impl Guard {
    /// Reads what decides.
    pub(super) async fn new(options: &Options, tls: Option<Tls>) -> Result<Self, Failure> {
        let files = Files::new(files(options)).await;
        let certificates = Files::new(options.tls.files().cloned()).await;
        let keys = match options.identity.jwks() {
            Some(source) => Some(source.load().await?),
            None => None,
        };
        let mut config = config::read(options.config.as_deref())?;
        let authority = options.identity.authority(config.tables.take_permissions(), keys.as_deref())?;
        let (want, wanted) = mpsc::channel(WAITING);
        let want: Option<KeysWanted> = options.identity.takes_jwts().then_some(want);
        let identity = Identity::new(authority.clone(), options.entry.places(), want);
        // Where there is a terminal, the end of that is the end of what was started from it.
        let reload = if std::io::stdin().is_terminal() { None } else { Some(ReloadSignals::listen()) };
        Ok(Self { identity, authority, config, keys, wanted, tls, files, certificates, reload })
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// Watches for as long as the broker runs; never resolves.
    pub(super) async fn watch(mut self, mut options: Options) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut fetch, mut waiting) = (Fetch::new(), Vec::new());
        loop {
            let source = options.identity.jwks();
            tokio::select! {
                () = next(self.reload.as_mut()) => {
                    tracing::info!("SIGHUP: reading keys, rules and certificates again");
                    self.files.settle().await;
                    self.read_again(&mut options).await;
                    fetch.begin(options.identity.jwks());
                    self.certificates.settle().await;
                    self.read_certificate(&options).await;
                }
                _ = look.tick() => {
                    if is_told(&self.files.changed().await) {
                        let before = source.cloned();
                        self.read_again(&mut options).await;
                        let now = options.identity.jwks();
                        if now.is_some_and(|now| now.file().is_some()) || now != before.as_ref() {
                            fetch.begin(now);
                        }
                    }
                    if is_told(&self.certificates.changed().await) {
                        self.read_certificate(&options).await;
                    }
                }
                () = sleep_until(fetch.due()), if source.is_some() => fetch.begin(source),
                Some(done) = self.wanted.recv(), if waiting.len() < WAITING => {
                    waiting.push(done);
                    if !fetch.is_wanted(source) {
                        waiting.clear();
                    }
                }
                fetched = fetch.end() => {
                    self.take_keys(&options, fetched);
                    // Who waits looks again when nobody holds the other end any more.
                    waiting.clear();
                }
            }
        }
    }

    /// Reads the config file, the secret and the public keys again.
    async fn read_again(&mut self, options: &mut Options) {
        let (who, path, keys) = (options.identity.auth, options.config.clone(), self.keys.clone());
        let read = tokio::task::spawn_blocking(move || Read::new(who, path.as_deref(), keys.as_deref())).await;
        if !self.files.are_the_same().await {
            // Somebody has begun to write: the next look sees that.
            return;
        }
        let stays = |said: String| tracing::error!("{said}; what was known before stays");
        let Read { identity, config, authority } = match read {
            Ok(Ok(read)) => read,
            Ok(Err(failure)) => return stays(failure.in_words()),
            Err(error) => return stays(error.to_string()),
        };
        options.identity = identity;
        let changes = config.changes(&self.config);
        let later: Vec<String> =
            changes.into_iter().filter(|name| !identity::READ_AGAIN.contains(&name.as_str())).collect();
        if !later.is_empty() {
            tracing::warn!("changed in the config file, and taken when the broker starts again: {}", later.join(", "));
        }
        let watched = files(options);
        if !self.files.are_of(&watched) {
            self.files = Files::new(watched).await;
        }
        self.decide(authority);
    }

    /// Takes keys that were fetched, if they make sense.
    fn take_keys(&mut self, options: &Options, fetched: Result<Vec<u8>, Failure>) {
        let (Some(authority), Some(source)) = (&self.authority, options.identity.jwks()) else { return };
        let wrong = |error: BadKey| Failure::from(error).context(format!("--jwks {source}"));
        let taken = fetched.and_then(|keys| {
            let is_new = self.keys.as_ref() != Some(&keys);
            let authority = is_new.then(|| authority.clone().with_set(&keys)).transpose().map_err(wrong)?;
            Ok((keys, authority))
        });
        match taken {
            Ok((_, None)) => {}
            Ok((keys, authority)) => {
                self.keys = Some(keys);
                self.decide(authority);
            }
            Err(failure) => tracing::error!("{}; the keys that are known stay", failure.in_words()),
        }
    }

    fn decide(&mut self, authority: Option<Authority>) {
        if let Some(authority) = authority {
            self.authority = Some(authority.clone());
            self.identity.replace(authority);
            tracing::info!("keys and rules hold as they are now");
        }
    }

    async fn read_certificate(&self, options: &Options) {
        let (files, tls) = (options.tls.clone(), self.tls.clone());
        // It tells itself what is wrong.
        let _ = tokio::task::spawn_blocking(move || files.read_again(tls.as_ref())).await;
    }
}

/// What decides, as it was read again.
struct Read {
    identity: identity::Options,
    config: Config,
    authority: Option<Authority>,
}

impl Read {
    /// Reads it. Who may come in at all stays as it was when the broker started.
    fn new(auth: identity::Who, path: Option<&Path>, keys: Option<&[u8]>) -> Result<Self, Failure> {
        let mut identity = crate::cli::serve_options()?.identity;
        identity.auth = auth;
        let mut config = config::read(path)?;
        let authority = identity.authority(config.tables.take_permissions(), keys)?;
        Ok(Self { identity, config, authority })
    }
}

async fn next(reload: Option<&mut ReloadSignals>) {
    match reload {
        Some(reload) => reload.next().await,
        None => std::future::pending().await,
    }
}

/// The files that decide.
fn files(options: &Options) -> Vec<PathBuf> {
    options.identity.files().into_iter().chain(options.config.clone()).collect()
}

/// Tells of files that have changed, if any have.
fn is_told(changed: &[PathBuf]) -> bool {
    let names: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
    if !names.is_empty() {
        tracing::info!("changed: {}", names.join(", "));
    }
    !names.is_empty()
}
