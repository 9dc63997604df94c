//! The shipped stores by name.

use super::{
    EventStore, OpenContext, OptionError, OptionMap, StoreError,
    ndjson::{self, Ndjson, NdjsonOptions},
    wal::{self, Wal, WalOptions},
    wal_note::{self, WalNote, WalNoteOptions},
};
use crate::vfs::Path;

/// One of the shipped stores.
///
/// ```
/// use tornwrite::store::{OptionMap, OptionValue, StoreKind};
///
/// let kind = StoreKind::from_name("wal").expect("it is shipped");
/// let map = OptionMap::from([("sync".to_owned(), OptionValue::Text("batch".to_owned()))]);
/// assert_eq!(kind.options(&map)?.kind(), StoreKind::Wal);
/// assert!(StoreKind::Ndjson.options(&map).is_err());
/// # Ok::<(), tornwrite::store::OptionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreKind {
    /// [`Ndjson`]: the naive store.
    Ndjson,
    /// [`WalNote`]: the write-ahead log as it is often written.
    WalNote,
    /// [`Wal`]: the hardened write-ahead log.
    Wal,
}

impl StoreKind {
    /// All of them, the weakest first.
    pub const ALL: [StoreKind; 3] = [StoreKind::Ndjson, StoreKind::WalNote, StoreKind::Wal];

    /// The name that scenarios use.
    pub const fn name(self) -> &'static str {
        match self {
            StoreKind::Ndjson => "ndjson",
            StoreKind::WalNote => "wal-note",
            StoreKind::Wal => "wal",
        }
    }

    /// What it is, in half a sentence.
    pub const fn description(self) -> &'static str {
        match self {
            StoreKind::Ndjson => "one JSON line an event, nothing synced, no end of a batch",
            StoreKind::WalNote => "a write-ahead log with commit records and a forced fsync",
            StoreKind::Wal => "a hardened write-ahead log with snapshots and group commit",
        }
    }

    /// The store of this name, if there is one.
    pub fn from_name(name: &str) -> Option<StoreKind> {
        StoreKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Resolves the options of a scenario; what is not given has its default.
    pub fn options(self, map: &OptionMap) -> Result<StoreOptions, OptionError> {
        Ok(match self {
            StoreKind::Ndjson => StoreOptions::Ndjson(NdjsonOptions::resolve(map)?),
            StoreKind::WalNote => StoreOptions::WalNote(WalNoteOptions::resolve(map)?),
            StoreKind::Wal => StoreOptions::Wal(WalOptions::resolve(map)?),
        })
    }

    /// What the bytes of one of its files mean: a line for each record, the offset first; behind it, where there is no
    /// record, a `!` and what is wrong.
    pub fn describe(self, path: Path<'_>, bytes: &[u8]) -> Vec<String> {
        match self {
            StoreKind::Ndjson => ndjson::describe(path, bytes),
            StoreKind::WalNote => wal_note::describe(path, bytes),
            StoreKind::Wal => wal::describe(path, bytes),
        }
    }
}

/// The resolved options of a store, which also say which store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOptions {
    /// Options of [`StoreKind::Ndjson`].
    Ndjson(NdjsonOptions),
    /// Options of [`StoreKind::WalNote`].
    WalNote(WalNoteOptions),
    /// Options of [`StoreKind::Wal`].
    Wal(WalOptions),
}

impl StoreOptions {
    /// The store that these options are for.
    pub const fn kind(&self) -> StoreKind {
        match self {
            StoreOptions::Ndjson(_) => StoreKind::Ndjson,
            StoreOptions::WalNote(_) => StoreKind::WalNote,
            StoreOptions::Wal(_) => StoreKind::Wal,
        }
    }

    /// Opens the store, which is to recover it.
    pub fn open(&self, context: OpenContext) -> Result<Box<dyn EventStore>, StoreError> {
        Ok(match *self {
            StoreOptions::Ndjson(options) => Box::new(Ndjson::open(options, context)?),
            StoreOptions::WalNote(options) => Box::new(WalNote::open(options, context)?),
            StoreOptions::Wal(options) => Box::new(Wal::open(options, context)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        OptionValue,
        testing::{Disk, batch, show},
        wal::SyncMode,
    };

    fn map(key: &str, value: OptionValue) -> OptionMap {
        OptionMap::from([(key.to_owned(), value)])
    }

    #[test]
    fn every_store_opens_with_its_defaults_and_keeps_a_batch() {
        for kind in StoreKind::ALL {
            assert_eq!(StoreKind::from_name(kind.name()), Some(kind));
            let options = kind.options(&OptionMap::new()).unwrap();
            assert_eq!(options.kind(), kind);
            let disk = Disk::new();
            let mut store = options.open(disk.context()).unwrap();
            store.append_batch(b"s", &batch(&["x"])).unwrap();
            store.close().unwrap();
            let mut store = options.open(disk.context_with(8)).unwrap();
            assert_eq!(show(store.as_mut()), ["s/0=x"], "{}", kind.name());
        }
    }

    #[test]
    fn an_unknown_option_is_answered_with_the_nearest_ones() {
        let given = map("segment_byte", OptionValue::Integer(1));
        let error = StoreKind::Wal.options(&given).unwrap_err();
        let text = "wal has no option `segment_byte`; it has segment_bytes, sync, without, \
             checkpoint_batches";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn a_bad_value_is_answered_with_what_is_expected() {
        let error = |key, value| {
            StoreKind::Wal
                .options(&map(key, value))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("segment_bytes", OptionValue::Integer(0)),
            "wal takes no segment_bytes = 0: expected a number of bytes above 0"
        );
        assert_eq!(
            error("sync", OptionValue::Text("never".to_owned())),
            "wal takes no sync = \"never\": expected \"always\", \"batch\" or \"none\""
        );
    }

    #[test]
    fn given_options_replace_the_defaults() {
        let given = map("sync", OptionValue::Text("none".to_owned()));
        let expected = WalOptions {
            sync: SyncMode::None,
            ..WalOptions::default()
        };
        assert_eq!(
            StoreKind::Wal.options(&given),
            Ok(StoreOptions::Wal(expected))
        );
    }
}
