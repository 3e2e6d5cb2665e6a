//! Reading what may come from a disk, on a thread that others share.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does what may wait for a disk, if `blocks` says so; the other tasks of this thread are taken over by another meanwhile.
pub(super) fn may_block<T>(blocks: bool, read: impl FnOnce() -> T) -> T {
    let shared = || Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if blocks && shared() { tokio::task::block_in_place(read) } else { read() }
}
