//! File descriptors: each stream needs one, and the usual soft limit is 1024. `serve` and `bench` raise it.

use rlimit::Resource;

/// What is assumed where the limit cannot even be read: the usual one.
const USUAL: u64 = 1024;

/// Raises the soft limit of open files as far as it goes, and returns it; processes that are started later inherit it.
pub(super) fn raise() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!("cannot raise the limit of open files: {error}");
        Resource::NOFILE.get_soft().unwrap_or(USUAL)
    })
}
