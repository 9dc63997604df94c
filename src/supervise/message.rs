//! What a supervisor and its workers say to each other, a line of JSON each.

use serde::{Deserialize, Serialize};

use super::Limits;
use crate::{
    base::Digest,
    campaign::{Answer, Cause, During, Request, Telling},
};

/// The first line to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Of the plan that it is to have.
    pub(super) fingerprint: Digest,
    pub(super) limits: Limits,
    /// What the program gives to its workers.
    pub(super) given: serde_json::Value,
}

/// Every other line to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order<R = Request> {
    pub(super) request: R,
    pub(super) tells_calls: bool,
}

impl<'r> Order<&'r Request> {
    pub(super) fn new(request: &'r Request, telling: Telling) -> Order<&'r Request> {
        Order {
            request,
            tells_calls: telling == Telling::Calls,
        }
    }
}

/// A line from a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// It has the plan, and waits for orders.
    Ready,
    /// It cannot do what it is asked for, and why.
    Refused(String),
    /// A call of the subject begins.
    Begins(During),
    /// The call is over.
    Ends,
    /// A limit is exceeded: the worker is to be ended.
    Over(Cause),
    /// What was asked for.
    Answer(Answer),
}

/// A line.
pub(super) fn line(message: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).expect("text keys and numbers only");
    line.push(b'\n');
    line
}
