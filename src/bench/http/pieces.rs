//! A publish around its payload, in pieces: text that is the same for all, and between it the few numbers that are not. One
//! piece before the payload and one behind it is the usual case, and costs two copies.

use std::io::Write as _;

use memchr::memmem;

use super::request::TOPIC;

/// What stands for the length of the body in a head; no header can hold it.
pub(super) const LENGTH: &str = "\0";

/// What a publisher sends for each event, around the payload.
#[derive(Debug)]
pub(in crate::bench) struct Publish {
    before: Vec<Piece>,
    after: Vec<Piece>,
    /// The bytes of the body beside the payload, without numbers of topics.
    text: usize,
    /// How many numbers of topics there are in the body.
    topics: usize,
}

#[derive(Debug)]
enum Piece {
    Text(Vec<u8>),
    /// The number of the topic.
    Topic,
    /// The length of the body.
    Length,
}

impl Publish {
    /// From the head, and the parts of the body before and behind the payload.
    pub(super) fn new(head: &[u8], body: &[Vec<u8>; 2]) -> Self {
        let [first, last] = body.each_ref().map(|part| split(part, TOPIC, || Piece::Topic));
        let mut before = Vec::new();
        for piece in split(head, LENGTH, || Piece::Length) {
            match piece {
                Piece::Text(text) => before.extend(split(&text, TOPIC, || Piece::Topic)),
                piece => before.push(piece),
            }
        }
        let length = |piece: &Piece| if let Piece::Text(text) = piece { text.len() } else { 0 };
        let of_body = || first.iter().chain(&last);
        let text = of_body().map(length).sum();
        let topics = of_body().filter(|piece| matches!(piece, Piece::Topic)).count();
        before.extend(first);
        Self { before: joined(before), after: last, text, topics }
    }

    /// Appends what stands before a payload of `size` bytes.
    pub(in crate::bench) fn write_before(&self, topic: u32, size: usize, out: &mut Vec<u8>) {
        self.write(&self.before, topic, size, out);
    }

    /// Appends what stands behind it.
    pub(in crate::bench) fn write_after(&self, topic: u32, out: &mut Vec<u8>) {
        self.write(&self.after, topic, 0, out);
    }

    fn write(&self, pieces: &[Piece], topic: u32, size: usize, out: &mut Vec<u8>) {
        for piece in pieces {
            // Writing to a Vec cannot fail.
            let _ = match piece {
                Piece::Text(text) => {
                    out.extend_from_slice(text);
                    Ok(())
                }
                Piece::Topic => write!(out, "{topic}"),
                Piece::Length => write!(out, "{}", self.text + self.topics * digits(topic) + size),
            };
        }
    }
}

/// The text in pieces, with another one wherever `place` stands.
fn split(text: &[u8], place: &str, other: impl Fn() -> Piece) -> Vec<Piece> {
    let (mut rest, mut pieces) = (text, Vec::new());
    while let Some(at) = memmem::find(rest, place.as_bytes()) {
        pieces.extend([Piece::Text(rest[..at].to_vec()), other()]);
        rest = &rest[at + place.len()..];
    }
    pieces.push(Piece::Text(rest.to_vec()));
    pieces
}

/// The same in as few pieces as possible.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut fewest: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (fewest.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.extend(more),
            (_, piece) => fewest.push(piece),
        }
    }
    fewest
}

fn digits(number: u32) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}
