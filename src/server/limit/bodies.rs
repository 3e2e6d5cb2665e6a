//! The bodies that are in memory: of all requests together, so that many at once cannot take more than there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::refusal::Refusal;

/// Bytes of all bodies together. What is made of a body takes as much again while it is made.
const MOST: usize = 256 << 20;

/// The room for bodies; cloning shares it.
#[derive(Clone, Debug)]
pub(in crate::server) struct Bodies(Arc<Room>);

#[derive(Debug)]
struct Room {
    most: usize,
    taken: AtomicUsize,
}

/// The part of it that one body takes; dropping it gives it back.
#[derive(Debug)]
pub(in crate::server) struct Held {
    room: Arc<Room>,
    bytes: usize,
}

impl Bodies {
    /// Room for the largest body at least.
    pub(super) fn new(largest: u64) -> Self {
        let most = MOST.max(usize::try_from(largest).unwrap_or(usize::MAX));
        Self(Arc::new(Room { most, taken: AtomicUsize::new(0) }))
    }

    /// For a body of which nothing has come yet.
    pub(in crate::server) fn hold(&self) -> Held {
        Held { room: Arc::clone(&self.0), bytes: 0 }
    }
}

impl Held {
    /// So much of the body is in memory now.
    pub(in crate::server) fn resize(&mut self, bytes: usize) -> Result<(), Refusal> {
        let Room { most, taken } = &*self.room;
        if bytes > self.bytes {
            let more = bytes - self.bytes;
            if taken.fetch_add(more, Ordering::Relaxed).saturating_add(more) > *most {
                taken.fetch_sub(more, Ordering::Relaxed);
                return Err(Refusal::TooManyBodies);
            }
        } else {
            taken.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_one_room_and_give_back_what_they_took() {
        let bodies = Bodies::new(0);
        let [mut one, mut other] = [(); 2].map(|()| bodies.hold());
        assert!(one.resize(MOST - 10).is_ok() && other.resize(10).is_ok());
        assert!(matches!(other.resize(11), Err(Refusal::TooManyBodies)));
        assert!(one.resize(MOST - 11).is_ok() && other.resize(11).is_ok(), "what is refused takes nothing");
        drop(one);
        assert!(other.resize(MOST).is_ok());
        drop(other);
        assert_eq!(bodies.0.taken.load(Ordering::Relaxed), 0);
        assert!(Bodies::new(1 << 40).hold().resize(1 << 40).is_ok());
    }
}
