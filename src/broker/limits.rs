//! What the broker bounds.

/// The bounds on subscriptions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many subscriptions may be open at once.
    pub connections: usize,
}
