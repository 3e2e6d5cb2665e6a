//! What a POST to an MCP server still waits for: the responses to the JSON-RPC requests in its body. When all are there
//! the server ends the stream, and there is nothing to resume.

use serde_json::Value;

/// The IDs of requests without a response.
pub(super) struct Pending(Vec<Value>);

impl Pending {
    /// The requests in a body: an object or an array of them, as JSON-RPC 2.0 has it. None if there is no request with an
    /// ID in it, which is then not known to end.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let messages = if let Value::Array(messages) = body { messages } else { vec![body] };
        let requests = messages.into_iter().filter(|message| message.get("method").is_some());
        let ids: Vec<Value> = requests.filter_map(|mut request| Some(request.get_mut("id")?.take())).collect();
        (!ids.is_empty()).then_some(Self(ids))
    }

    /// Takes in what an event says; whether that was the last response.
    pub(super) fn is_over(&mut self, data: &str) -> bool {
        let Ok(message) = serde_json::from_str::<Value>(data) else { return false };
        let messages = if let Value::Array(messages) = &message { messages } else { std::slice::from_ref(&message) };
        for response in messages.iter().filter(|m| m.get("result").is_some() || m.get("error").is_some()) {
            self.0.retain(|id| Some(id) != response.get("id"));
        }
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_with_the_response_to_the_last_request() {
        let body = br#"[{"jsonrpc":"2.0","id":1,"method":"a"},{"id":"x","method":"b"},{"method":"notified"}]"#;
        let mut pending = Pending::of(body).expect("requests");
        assert!(!pending.is_over("no JSON") && !pending.is_over(r#"{"method":"progress","params":{}}"#));
        assert!(!pending.is_over(r#"{"id":"1","result":{}}"#), "a text is another ID than a number");
        assert!(!pending.is_over(r#"{"id":1,"result":{}}"#) && pending.is_over(r#"{"id":"x","error":{}}"#));
        assert!(Pending::of(br#"{"method":"notified"}"#).is_none() && Pending::of(b"x").is_none());
    }
}
