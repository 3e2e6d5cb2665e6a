//! stub
use super::arrival::Arrival;
pub(super) struct Format;
impl std::str::FromStr for Format {
    type Err = std::fmt::Error;
    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Ok(Self)
    }
}
impl Format {
    pub(super) fn write(&self, _: &Arrival, _: &mut Vec<u8>) {}
}
