//! A stream of HTTP/2: one request on a connection of the `pool`, and what comes of it. A connection that ends, ends all of
//! its streams, and each of them says why.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use ::http::Response;
use ::http::header::{CONTENT_TYPE, HeaderName, LOCATION};
use bytes::Bytes;
use h2::RecvStream;
use h2::client::{ResponseFuture, SendRequest};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::Shared;
use super::pool::{Place, Pool};
use super::stream::{ANSWER_PATIENCE, Ended, Following, REFUSAL_PATIENCE};
use crate::bench::http::{self, Framing, Head, Http2Request, SHOWN_BODY};
use crate::bench::{Refusal, System, clock};

/// On how many connections a stream is tried: a server that ends one in good order says that it has not looked at what came
/// too late, which may be asked for again (RFC 9113 §8.7).
const TRIES: usize = 5;

/// What comes on a stream.
pub(super) struct Incoming {
    body: RecvStream,
    place: Place,
}

/// Opens a stream as number `number` of the run. It is the `turn` of others once this one is answered.
pub(super) async fn open(
    shared: &Rc<Shared>,
    pool: &Rc<Pool>,
    (member, number): (usize, u32),
    turn: OwnedSemaphorePermit,
) -> Result<Following, Refusal> {
    shared.tally.borrow_mut().passive.begun(clock::now());
    let (body, topic) = (shared.plan.request.body.as_deref(), number % shared.plan.topics);
    let request = http::subscribe_by_http2(&shared.plan.subscribe, body, number, topic)
        .map_err(|error| Refusal::Unsendable(error.to_string()))?;
    let mut opening = Opening { shared, member, asked: None, turn: Some(turn) };
    let (response, place) = opening.answer(pool, &request).await?;
    let asked = opening.asked.unwrap_or_else(clock::now);
    drop(opening);
    let (head, at) = (head(&response), place.read_at());
    let mut incoming = Incoming { body: response.into_body(), place };
    if !head.is_stream() {
        let mut shown = Vec::new();
        // Whatever came in time is shown; a body that breaks off or never comes is no second error.
        let _ = timeout(REFUSAL_PATIENCE, incoming.read(&mut shown)).await;
        return Err(head.refusal(&shown));
    }
    shared.tally.borrow_mut().opened(member, at, shared.progress.recorder.begun());
    shared.progress.opened.add(1);
    Ok(Following::by_http2(incoming, asked, shared, member))
}

/// A stream that is being asked for.
struct Opening<'s> {
    shared: &'s Shared,
    member: usize,
    /// When it was asked for first.
    asked: Option<u64>,
    turn: Option<OwnedSemaphorePermit>,
}

impl Opening<'_> {
    /// Asks, again if the server has not looked at it, and waits for the answer.
    async fn answer(
        &mut self,
        pool: &Rc<Pool>,
        request: &Http2Request,
    ) -> Result<(Response<RecvStream>, Place), Refusal> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let (place, sender) = pool.place(self.shared).await?;
            match self.ask(sender, request).await {
                Ok(response) => return Ok((response, place)),
                Err(error) if tries > 0 && was_not_looked_at(&error) => place.give_up(),
                Err(error) => return Err(refusal(error)),
            }
        }
    }

    async fn ask(
        &mut self,
        mut sender: SendRequest<Bytes>,
        request: &Http2Request,
    ) -> Result<Response<RecvStream>, h2::Error> {
        let Http2Request { head, body } = request.clone();
        let (mut response, mut sending) = sender.send_request(head, body.is_none())?;
        if let Some(body) = body {
            // Goes out as the windows of the server allow it.
            sending.send_data(body, true)?;
        }
        self.note_request();
        match timeout(ANSWER_PATIENCE, &mut response).await {
            Ok(answer) => answer,
            Err(_) => self.wait_on(response).await,
        }
    }

    fn note_request(&mut self) {
        if self.asked.is_none() {
            let now = clock::now();
            self.asked = Some(now);
            self.shared.tally.borrow_mut().requested(self.member, now);
            self.shared.progress.requested.add(1);
        }
    }

    /// Lets others begin, and waits.
    async fn wait_on(&mut self, response: ResponseFuture) -> Result<Response<RecvStream>, h2::Error> {
        self.turn = None;
        response.await
    }
}

impl Incoming {
    /// The next bytes, with the time at which the read was over that brought them; `None` at the end.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<(Bytes, u64), Ended>>> {
        let bytes = match ready!(self.body.poll_data(context)) {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => return Poll::Ready(Some(Err(Ended::Http2(words(error))))),
            None => return Poll::Ready(None),
        };
        // The server may send as much again. That fails where the stream has ended, and needs nothing any more.
        let _ = self.body.flow_control().release_capacity(bytes.len());
        Poll::Ready(Some(Ok((bytes, self.place.read_at()))))
    }

    /// Reads as much of a body as is worth showing.
    async fn read(&mut self, shown: &mut Vec<u8>) {
        while let Some(Ok((bytes, _))) = std::future::poll_fn(|context| self.poll_next(context)).await {
            shown.extend_from_slice(&bytes);
            if shown.len() >= SHOWN_BODY {
                return;
            }
        }
    }
}

fn head(response: &Response<RecvStream>) -> Head {
    let text = |name: HeaderName| response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    Head {
        status: response.status().as_u16(),
        content_type: http::media_type(&text(CONTENT_TYPE).unwrap_or_default()),
        framing: Framing::UntilClose,
        keep_alive: true,
        location: text(LOCATION).map(std::borrow::Cow::into_owned),
    }
}

/// Whether the server has ended the connection and said that it has not looked at the request.
fn was_not_looked_at(error: &h2::Error) -> bool {
    error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
}

fn refusal(error: h2::Error) -> Refusal {
    let is_ours = !(error.is_io() || error.is_go_away() || error.is_reset());
    if is_ours { Refusal::Unsendable(error.to_string()) } else { Refusal::Http2(words(error)) }
}

/// Why a stream ended.
fn words(error: h2::Error) -> String {
    let reason = error.reason().map_or_else(String::new, |reason| format!(" ({reason:?})"));
    match (error.is_go_away(), error.is_reset()) {
        _ if error.is_library() => format!("the server breaks the rules of HTTP/2{reason}"),
        (true, _) => format!("the server ended the connection of the stream{reason}"),
        (_, true) => format!("the server reset the stream{reason}"),
        _ => match error.get_io().map(io::Error::kind) {
            Some(io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
                "the connection of the stream broke off".to_owned()
            }
            _ => System::from(error.into_io().unwrap_or_else(|| io::ErrorKind::Other.into())).to_string(),
        },
    }
}
