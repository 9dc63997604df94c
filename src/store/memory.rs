//! What every store keeps in memory: all events, and the next id of each stream.

use std::collections::BTreeMap;

use crate::workload::EventLog;

/// The events of a store, as its readers see them.
#[derive(Debug, Default)]
pub(super) struct Memory {
    log: EventLog,
    next_ids: BTreeMap<Box<[u8]>, u64>,
}

impl Memory {
    /// The memory of a store that shows these events.
    pub(super) fn new(log: EventLog) -> Memory {
        let mut memory = Memory {
            log: EventLog::new(),
            next_ids: BTreeMap::new(),
        };
        for event in log.iter() {
            memory.advance(event.stream, event.id);
        }
        memory.log = log;
        memory
    }

    /// All events, in the order in which they were appended.
    pub(super) fn log(&self) -> &EventLog {
        &self.log
    }

    /// The id that the next event of `stream` gets: one more than its last.
    pub(super) fn next_id(&self, stream: &[u8]) -> u64 {
        self.next_ids.get(stream).copied().unwrap_or(0)
    }

    /// Shows one more event.
    pub(super) fn push(&mut self, stream: &[u8], id: u64, data: &[u8]) {
        self.log.push(stream, id, data);
        self.advance(stream, id);
    }

    /// Adds all events to `log`.
    pub(super) fn read_all(&self, log: &mut EventLog) {
        log.extend_from(&self.log);
    }

    /// Adds the events of one stream to `log`.
    pub(super) fn read_stream(&self, stream: &[u8], log: &mut EventLog) {
        for event in self.log.iter().filter(|event| event.stream == stream) {
            log.push(event.stream, event.id, event.data);
        }
    }

    fn advance(&mut self, stream: &[u8], id: u64) {
        // A damaged id may be the last that there is; what follows it is as wrong as it.
        let next = id.wrapping_add(1);
        match self.next_ids.get_mut(stream) {
            Some(known) => *known = next,
            None => drop(self.next_ids.insert(stream.into(), next)),
        }
    }
}
