//! Many numbers as one short text, for what goes from one process of a run to another: `samples` and `reach` know what the
//! bytes are.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};

/// Bytes that travel as base64.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Packed(Vec<u8>);

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what another process of the run has sent makes no sense")]
pub(super) struct Garbled;

impl Packed {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Packed {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Packed> for String {
    fn from(packed: Packed) -> Self {
        BASE64_STANDARD.encode(packed.0)
    }
}

impl TryFrom<String> for Packed {
    type Error = Garbled;

    fn try_from(text: String) -> Result<Self, Garbled> {
        BASE64_STANDARD.decode(text).map(Self).map_err(|_| Garbled)
    }
}
