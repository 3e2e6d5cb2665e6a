//! stub
use super::arrival::Arrival;
pub(super) struct Jq;
impl Jq {
    pub(super) fn compile(_: &str) -> Result<Self, std::fmt::Error> {
        Ok(Self)
    }
    pub(super) fn write(&self, _: &Arrival, _: &mut Vec<u8>) -> Result<bool, std::fmt::Error> {
        Ok(true)
    }
}
