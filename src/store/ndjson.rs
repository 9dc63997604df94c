//! The naive store: one JSON line an event, one open, write and close each.
//!
//! **Claims** that a batch is durable and atomic when `append_batch` returns
//! ([`Promise::Durable`]), that events keep their order, and that recovery succeeds. It keeps none
//! of this through a power loss, and atomicity not even through a process crash: that is what it
//! is for.
//!
//! | file | content |
//! |---|---|
//! | `events.ndjson` | `{"stream":"…","id":0,"data":"<hex>"}` and a newline, for each event |
//!
//! A stream's name is a JSON string in which each character from U+0000 to U+00FF stands for one
//! byte.
//!
//! Weaknesses, kept on purpose:
//! - nothing is ever synced, neither the file nor its directory entry;
//! - no marker says where a batch ends, so that a part of one looks like a whole one;
//! - nothing protects a line: any damage that is still JSON passes, and a hole between two lines
//!   is not seen;
//! - a torn last line is not cut, so that the next event is glued to it and lost with it
//!   ([`Unparsable::Lenient`]);
//! - an error in the middle of a batch leaves its first events in place.

use std::{borrow::Cow, str};

use serde::{Deserialize, Serialize};

use super::{EventStore, OpenContext, StoreError, hex, memory::Memory};
use crate::{
    trace::Promise,
    vfs::{FileExt, OpenOptions, Path, VfsExt},
    workload::{EventBatch, EventLog},
};

/// The one file of the store.
pub const EVENTS_PATH: &str = "events.ndjson";

/// What recovery does when the last line cannot be parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unparsable {
    /// It fails, as the store of the original note does.
    Strict,
    /// It skips the line, as stores do that were bitten once.
    #[default]
    Lenient,
}

/// How the store behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NdjsonOptions {
    /// What recovery does when the last line cannot be parsed.
    pub unparsable: Unparsable,
}

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    stream: Cow<'a, str>,
    id: u64,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

/// The naive store, open.
#[derive(Debug)]
pub struct Ndjson {
    context: OpenContext,
    memory: Memory,
    line: Vec<u8>,
    hex: String,
}

impl Ndjson {
    /// Opens the store and replays all its lines.
    pub fn open(options: NdjsonOptions, context: OpenContext) -> Result<Ndjson, StoreError> {
        let mut memory = Memory::default();
        let path = Path::from(EVENTS_PATH);
        if context.vfs.exists(path)? {
            replay(&context.vfs.read(path)?, options, &mut memory)?;
        }
        Ok(Ndjson {
            context,
            memory,
            line: Vec::new(),
            hex: String::new(),
        })
    }

    fn persist(&mut self, stream: &str, id: u64, data: &[u8]) -> Result<(), StoreError> {
        self.hex.clear();
        hex::encode(data, &mut self.hex);
        self.line.clear();
        let record = Record {
            stream: Cow::Borrowed(stream),
            id,
            data: Cow::Borrowed(&self.hex),
        };
        serde_json::to_writer(&mut self.line, &record)
            .expect("a record is strings and a number, and a Vec takes every byte");
        self.line.push(b'\n');
        let options = OpenOptions::new().append().create();
        let file = self.context.vfs.open(Path::from(EVENTS_PATH), options)?;
        Ok(file.append_all(&self.line)?)
    }
}

impl EventStore for Ndjson {
    fn append_batch(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, StoreError> {
        let text = to_text(stream);
        for data in events.iter() {
            let id = self.memory.next_id(stream);
            self.persist(&text, id, data)?;
            self.memory.push(stream, id, data);
        }
        Ok(Promise::Durable)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        Err(StoreError::Unsupported("checkpoints"))
    }

    fn rotate(&mut self) -> Result<(), StoreError> {
        Err(StoreError::Unsupported("segments"))
    }

    fn read_all(&mut self, log: &mut EventLog) -> Result<(), StoreError> {
        self.memory.read_all(log);
        Ok(())
    }

    fn read_stream(&mut self, stream: &[u8], log: &mut EventLog) -> Result<(), StoreError> {
        self.memory.read_stream(stream, log);
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn replay(bytes: &[u8], options: NdjsonOptions, memory: &mut Memory) -> Result<(), StoreError> {
    for (offset, line, is_last) in lines(bytes) {
        match parse(line) {
            Ok((stream, id, data)) => memory.push(&stream, id, &data),
            Err(_) if is_last && options.unparsable == Unparsable::Lenient => {}
            Err(reason) => {
                return Err(StoreError::Corrupt {
                    path: EVENTS_PATH.into(),
                    offset,
                    reason,
                });
            }
        }
    }
    Ok(())
}

/// The lines with the offset of each and whether it is the last.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8], bool)> {
    let mut offset = 0;
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .map(move |line| {
            let start = offset;
            offset += line.len();
            (start as u64, line, offset == bytes.len())
        })
}

fn parse(line: &[u8]) -> Result<(Vec<u8>, u64, Vec<u8>), String> {
    let record: Record<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let stream = from_text(&record.stream).ok_or("the stream's name is no bytes")?;
    let data = hex::decode(&record.data).ok_or("the data is not hexadecimal")?;
    Ok((stream, record.id, data))
}

fn to_text(stream: &[u8]) -> String {
    stream.iter().map(|&byte| char::from(byte)).collect()
}

fn from_text(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// One line of text for each line of the file, for reports.
pub fn describe(_path: Path<'_>, bytes: &[u8]) -> Vec<String> {
    lines(bytes)
        .map(|(offset, line, _)| match parse(line) {
            Ok((stream, id, data)) => {
                let stream = stream.escape_ascii();
                format!("{offset:>8}  {stream}/{id}  {} bytes", data.len())
            }
            Err(reason) => format!(
                "{offset:>8}  ! unparsable line of {} bytes: {reason}",
                line.len()
            ),
        })
        .collect()
}

#[cfg(test)]
#[path = "ndjson_tests.rs"]
mod tests;
