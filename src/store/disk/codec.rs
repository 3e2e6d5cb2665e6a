//! A record as the payload of a frame. What comes back is what went in; sums are the frame's business.

use std::time::{Duration, Instant, SystemTime};

use bytes::{Buf as _, BufMut as _, Bytes};

use super::format::FRAME;
use crate::store::Record;
use crate::store::intake::{Act, Name, Seen};

/// Which fields follow.
const EXPIRES: u8 = 1;
const ID: u8 = 2;
const NAME: u8 = 4;
const KEY: u8 = 8;
const CLEARS: u8 = 16;
const ACT: u8 = 32;

/// Appends the payload of a record to `out`, with the act of publishing that it came with.
pub(super) fn encode(record: &Record, act: Option<&Act>, out: &mut Vec<u8>) {
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.put_u8(
        flag(record.expires.is_some(), EXPIRES)
            | flag(record.id.is_some(), ID)
            | flag(record.name.is_some(), NAME)
            | flag(record.key.is_some(), KEY)
            | flag(record.clears, CLEARS)
            | flag(act.is_some(), ACT),
    );
    out.put_u64_le(nanos(record.published));
    if let Some(expires) = record.expires {
        out.put_u64_le(nanos(expires));
    }
    out.put_u16_le(u16::try_from(record.topics.len()).expect("an event is for few topics"));
    record.topics.iter().for_each(|topic| text(topic.as_str(), out));
    record.id.iter().for_each(|id| text(id.as_str(), out));
    record.name.iter().for_each(|name| text(name.as_str(), out));
    record.key.iter().for_each(|key| text(key.as_str(), out));
    if let Some(Act { name, sum }) = act {
        out.extend_from_slice(name);
        out.put_u32_le(*sum);
    }
    out.extend_from_slice(&record.frame);
}

/// Reads a payload; `None` if it is none.
pub(super) fn decode(seq: u64, payload: &[u8]) -> Option<(Record, Option<(Name, Seen)>)> {
    let mut rest = payload;
    let flags = rest.try_get_u8().ok()?;
    let has = |flag| flags & flag != 0;
    let published = time(rest.try_get_u64_le().ok()?)?;
    let expires = if has(EXPIRES) { Some(time(rest.try_get_u64_le().ok()?)?) } else { None };
    let topics = (0..rest.try_get_u16_le().ok()?).map(|_| take(&mut rest)?.parse().ok()).collect::<Option<_>>()?;
    let id = if has(ID) { Some(take(&mut rest)?.parse().ok()?) } else { None };
    let name = if has(NAME) { Some(take(&mut rest)?.parse().ok()?) } else { None };
    let key = if has(KEY) { Some(take(&mut rest)?.parse().ok()?) } else { None };
    let seen = if has(ACT) {
        let name = *rest.split_off(..size_of::<Name>())?.first_chunk()?;
        Some((name, Seen { seq, sum: rest.try_get_u32_le().ok()? }))
    } else {
        None
    };
    let (appended, clears, frame) = (Instant::now(), has(CLEARS), Bytes::copy_from_slice(rest));
    let stored = stored(payload);
    Some((Record { seq, published, expires, appended, id, name, key, clears, topics, frame, stored }, seen))
}

/// What a payload takes in a file, in bytes.
pub(super) fn stored(payload: &[u8]) -> u64 {
    (FRAME + payload.len()) as u64
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.put_u32_le(u32::try_from(text.len()).expect("a name is short"));
    out.extend_from_slice(text.as_bytes());
}

fn take<'p>(rest: &mut &'p [u8]) -> Option<&'p str> {
    let length = usize::try_from(rest.try_get_u32_le().ok()?).ok()?;
    let (text, later) = rest.split_at_checked(length)?;
    *rest = later;
    std::str::from_utf8(text).ok()
}

pub(super) fn nanos(time: SystemTime) -> u64 {
    // The clock is set to a time between 1970 and 2554, or it is taken for one of these.
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn time(nanos: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Draft, Epoch, Terms};
    use crate::wire::Event;

    #[test]
    fn a_record_comes_back_as_it_was() {
        let published = time(1_800_000_000_123_456_789).expect("a time");
        let event = |id: &str, name: &str, data: &str| Event {
            id: id.parse().ok().filter(|_| !id.is_empty()),
            name: name.parse().ok().filter(|_| !name.is_empty()),
            data: data.into(),
            retry: None,
        };
        let key = "k".parse().ok();
        let kept = Terms { key, ttl: Some(Duration::from_secs(5)), idempotency: None };
        let topics = vec!["a".parse().expect("a topic"), "b/ü".parse().expect("a topic")];
        for (event, terms) in [
            (event("", "", "x"), Terms::default()),
            (event("i", "n", "x\ny"), kept.clone()),
            (event("", "n", ""), kept),
        ] {
            let record = Record::new(Draft { topics: topics.clone(), event, terms }, Epoch::random().at(7), published);
            for act in [None, Some(Act { name: *b"sixteen bytes ok", sum: 99 })] {
                let mut payload = Vec::new();
                encode(&record, act.as_ref(), &mut payload);
                let (decoded, seen) = decode(7, &payload).expect("what was encoded");
                assert_eq!(decoded.stored, stored(&payload));
                assert_eq!(Record { appended: record.appended, stored: record.stored, ..decoded }, record);
                assert_eq!(seen.map(|(name, seen)| Act { name, sum: seen.sum }), act);
                assert!((0..24).all(|end| decode(7, &payload[..end]).is_none()), "what is cut short is none");
            }
        }
    }
}
