//! Events as an event store sees them: opaque bytes in named streams.
//!
//! Both containers keep all their bytes in one allocation, since recoveries build and drop them by the hundred thousand.

use std::fmt;

use super::text::write_event;

/// The events of one batch, in order: what `append_batch` is given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EventBatch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl EventBatch {
    /// A batch without events.
    pub fn new() -> EventBatch {
        EventBatch::default()
    }

    /// Adds an event whose bytes `write` appends to the buffer it is given.
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// Adds an event.
    pub fn push(&mut self, data: &[u8]) {
        self.push_with(|bytes| bytes.extend_from_slice(data));
    }

    /// The number of events.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of the event with this index, if there is one.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end])
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |&end| &self.bytes[std::mem::replace(&mut start, end)..end])
    }
}

impl fmt::Debug for EventBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Text)).finish()
    }
}

/// An event in words, without quotes.
struct Text<'a>(&'a [u8]);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write_event(self.0))
    }
}

/// The events that a store shows, in the order in which it shows them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EventLog {
    bytes: Vec<u8>,
    events: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    stream_start: usize,
    data_start: usize,
    end: usize,
    id: u64,
}

/// One event of an [`EventLog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRef<'a> {
    /// The stream that it belongs to.
    pub stream: &'a [u8],
    /// Its id within the stream: the store numbers the events of each stream from 0.
    pub id: u64,
    /// The bytes that were appended.
    pub data: &'a [u8],
}

impl EventLog {
    /// A log without events.
    pub fn new() -> EventLog {
        EventLog::default()
    }

    /// Adds an event at the end.
    pub fn push(&mut self, stream: &[u8], id: u64, data: &[u8]) {
        if self.events.is_empty() {
            // What most recoveries show fits in without growing.
            self.bytes.reserve(1 << 14);
            self.events.reserve(64);
        }
        let stream_start = self.bytes.len();
        self.bytes.extend_from_slice(stream);
        let data_start = self.bytes.len();
        self.bytes.extend_from_slice(data);
        self.events.push(Span {
            stream_start,
            data_start,
            end: self.bytes.len(),
            id,
        });
    }

    /// Adds all events of another log at the end.
    pub fn extend_from(&mut self, other: &EventLog) {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.events.extend(other.events.iter().map(|span| Span {
            stream_start: before + span.stream_start,
            data_start: before + span.data_start,
            end: before + span.end,
            id: span.id,
        }));
    }

    /// The number of events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The event with this index in the order shown, if there is one.
    pub fn get(&self, index: usize) -> Option<EventRef<'_>> {
        self.events.get(index).map(|&span| self.resolve(span))
    }

    /// The events in the order shown.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = EventRef<'_>> {
        self.events.iter().map(|&span| self.resolve(span))
    }

    /// Drops all events but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.events.truncate(len);
        self.bytes
            .truncate(self.events.last().map_or(0, |span| span.end));
    }

    /// Drops all events and keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    fn resolve(&self, span: Span) -> EventRef<'_> {
        EventRef {
            stream: &self.bytes[span.stream_start..span.data_start],
            id: span.id,
            data: &self.bytes[span.data_start..span.end],
        }
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_log_is_the_log_that_never_had_more() {
        let mut log = EventLog::new();
        log.push(b"a", 0, b"one");
        let one = log.clone();
        log.push(b"b", 0, b"two");
        assert_eq!(
            log.get(1),
            Some(EventRef {
                stream: b"b",
                id: 0,
                data: b"two"
            })
        );
        log.truncate(1);
        assert_eq!(log, one);
    }

    #[test]
    fn a_log_behind_another_is_what_pushing_its_events_gives() {
        let mut tail = EventLog::new();
        tail.push(b"b", 3, b"two");
        tail.push(b"", 4, b"");
        let mut log = EventLog::new();
        log.push(b"a", 0, b"one");
        let mut pushed = log.clone();
        log.extend_from(&tail);
        for event in tail.iter() {
            pushed.push(event.stream, event.id, event.data);
        }
        assert_eq!(log, pushed);
    }

    #[test]
    fn a_batch_gives_back_its_events() {
        let mut batch = EventBatch::new();
        batch.push(b"");
        batch.push(b"two");
        assert_eq!(batch.iter().collect::<Vec<_>>(), [b"".as_slice(), b"two"]);
        assert_eq!(batch.get(2), None);
    }
}
