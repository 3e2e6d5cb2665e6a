//! Who may use the broker, and the watch over what decides it: the config file, the keys, the key set of a provider and the
//! certificate are read again when they change and at SIGHUP, the key set also when a token names a key that is not known.
//! What cannot be read is told, and what was known before stays.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::Options;
use super::files::Files;
use crate::auth::Authority;
use crate::cli::config;
use crate::cli::failure::Failure;
use crate::server::{Identity, KeysWanted, Tls};
use crate::shutdown::ReloadSignals;

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How long the keys of a provider are good before they are fetched again.
const KEYS_LAST: Duration = Duration::from_mins(10);

/// The shortest time between two fetches: tokens with made-up keys must not make us a burden to a provider.
const KEYS_PAUSE: Duration = Duration::from_secs(10);

/// Requests that wait for keys at once; others are answered as if there were none to be had.
const WAITING: usize = 64;

/// What is needed to decide, and to decide anew.
#[derive(Debug)]
pub(super) struct Guard {
    identity: Identity,
    keys: Option<Vec<u8>>,
    wanted: mpsc::Receiver<oneshot::Sender<()>>,
    tls: Option<Tls>,
    /// What decides, and the certificate: each as it was when it was read.
    files: Files,
    certificates: Files,
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

impl Guard {
    /// Reads what decides.
    pub(super) async fn new(options: &Options, tls: Option<Tls>) -> Result<Self, Failure> {
        let files = Files::new(options.identity.files().into_iter().chain(options.config.clone()));
        let certificates = Files::new(options.tls.files().cloned());
        let keys = match options.identity.jwks() {
            Some(source) => Some(source.load().await?),
            None => None,
        };
        let authority = authority(options, keys.as_deref())?;
        let (want, wanted) = mpsc::channel(WAITING);
        let want: Option<KeysWanted> = options.identity.jwks().map(|_| want);
        let identity = Identity::new(authority, options.entry.places(), want);
        Ok(Self { identity, keys, wanted, tls, files, certificates })
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// Watches for as long as the broker runs; never resolves.
    pub(super) async fn watch(mut self, options: Options) {
        // Where there is a terminal, the end of that is the end of what was started from it.
        let mut reload = if std::io::stdin().is_terminal() { None } else { Some(ReloadSignals::listen()) };
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut fetched, mut asked) = (Instant::now(), None::<Instant>);
        loop {
            tokio::select! {
                () = next(reload.as_mut()) => {
                    tracing::info!("SIGHUP: reading keys, rules and certificates again");
                    self.fetch(&options).await;
                    self.renew(&options);
                    options.tls.read_again(self.tls.as_ref());
                }
                _ = look.tick() => {
                    if is_told(&self.files.changed()) {
                        self.fetch(&options).await;
                        self.renew(&options);
                    }
                    if is_told(&self.certificates.changed()) {
                        options.tls.read_again(self.tls.as_ref());
                    }
                }
                () = sleep_until(fetched + KEYS_LAST), if options.identity.jwks().is_some() => {
                    fetched = Instant::now();
                    self.fetch(&options).await;
                    self.renew(&options);
                }
                Some(done) = self.wanted.recv() => {
                    if asked.is_none_or(|asked| asked.elapsed() >= KEYS_PAUSE) {
                        (fetched, asked) = (Instant::now(), Some(Instant::now()));
                        self.fetch(&options).await;
                        self.renew(&options);
                        // The request may have given up.
                        let _ = done.send(());
                    }
                }
            }
        }
    }

    async fn fetch(&mut self, options: &Options) {
        let Some(source) = options.identity.jwks() else { return };
        match source.load().await {
            Ok(keys) => self.keys = Some(keys),
            Err(failure) => tracing::error!("{}; the keys that are known stay", failure.in_words()),
        }
    }

    fn renew(&self, options: &Options) {
        match authority(options, self.keys.as_deref()) {
            Ok(Some(authority)) => self.identity.replace(authority),
            Ok(None) => {}
            Err(failure) => tracing::error!("{}; what was known before stays", failure.in_words()),
        }
    }
}

async fn next(reload: Option<&mut ReloadSignals>) {
    match reload {
        Some(reload) => reload.next().await,
        None => std::future::pending().await,
    }
}

fn authority(options: &Options, keys: Option<&[u8]>) -> Result<Option<Authority>, Failure> {
    options.identity.authority(config::tables(options.config.as_deref())?, keys)
}

/// Tells of files that have changed, if any have.
fn is_told(changed: &[PathBuf]) -> bool {
    let names: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
    if !names.is_empty() {
        tracing::info!("changed, and read again: {}", names.join(", "));
    }
    !names.is_empty()
}
