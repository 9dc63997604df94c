use proptest::prelude::*;

use super::*;
use crate::store::testing::{Disk, batch, check_golden, show};

fn open(disk: &Disk, unparsable: Unparsable) -> Result<Ndjson, StoreError> {
    Ndjson::open(NdjsonOptions { unparsable }, disk.context())
}

fn transfers() -> Disk {
    let disk = Disk::new();
    let mut store = open(&disk, Unparsable::Strict).unwrap();
    let promise = store.append_batch(b"bank", &batch(&["-5", "+5"])).unwrap();
    assert_eq!(promise, Promise::Durable);
    store.append_batch(b"\xffaudit\"", &batch(&[""])).unwrap();
    disk
}

#[test]
fn events_come_back_with_ids_counted_per_stream() {
    let disk = transfers();
    let mut store = open(&disk, Unparsable::Strict).unwrap();
    assert_eq!(
        show(&mut store),
        ["bank/0=-5", "bank/1=+5", "\\xffaudit\\\"/0="]
    );
    store.append_batch(b"bank", &batch(&["-7"])).unwrap();
    let mut log = EventLog::new();
    store.read_stream(b"bank", &mut log).unwrap();
    assert_eq!(log.len(), 3);
    assert_eq!(log.get(2).map(|event| event.id), Some(2));
}

#[test]
fn the_file_is_the_golden_one() {
    check_golden("ndjson_events.ndjson", &transfers().read(EVENTS_PATH));
}

#[test]
fn a_part_of_a_batch_looks_like_a_whole_one() {
    let disk = transfers();
    let first_line = disk
        .read(EVENTS_PATH)
        .iter()
        .position(|&b| b == b'\n')
        .unwrap()
        + 1;
    disk.truncate(EVENTS_PATH, first_line);
    let mut store = open(&disk, Unparsable::Strict).unwrap();
    assert_eq!(show(&mut store), ["bank/0=-5"]);
}

#[test]
fn a_torn_last_line_is_skipped_or_an_error_with_its_place() {
    let disk = transfers();
    let whole = disk.read(EVENTS_PATH);
    disk.truncate(EVENTS_PATH, whole.len() - 4);
    let mut store = open(&disk, Unparsable::Lenient).unwrap();
    assert_eq!(show(&mut store), ["bank/0=-5", "bank/1=+5"]);
    let error = open(&disk, Unparsable::Strict).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("events.ndjson is corrupt at offset 78: "),
        "{text}"
    );
}

#[test]
fn an_event_behind_a_torn_line_is_lost_with_it() {
    let disk = transfers();
    disk.truncate(EVENTS_PATH, disk.read(EVENTS_PATH).len() - 4);
    let mut store = open(&disk, Unparsable::Lenient).unwrap();
    store
        .append_batch(b"bank", &batch(&["acknowledged"]))
        .unwrap();
    let mut store = open(&disk, Unparsable::Lenient).unwrap();
    assert_eq!(show(&mut store), ["bank/0=-5", "bank/1=+5"]);
    store.append_batch(b"bank", &batch(&["more"])).unwrap();
    assert!(open(&disk, Unparsable::Lenient).is_err());
}

#[test]
fn it_says_what_it_does_not_have() {
    let disk = Disk::new();
    let mut store = open(&disk, Unparsable::Lenient).unwrap();
    assert_eq!(store.sync(), Ok(()));
    assert_eq!(
        store.checkpoint(),
        Err(StoreError::Unsupported("checkpoints"))
    );
    assert_eq!(store.rotate(), Err(StoreError::Unsupported("segments")));
}

#[test]
fn a_description_names_each_record_by_its_offset() {
    let mut bytes = transfers().read(EVENTS_PATH);
    bytes.extend_from_slice(b"{\"str");
    let described = describe(Path::from(EVENTS_PATH), &bytes);
    assert_eq!(described.len(), 4);
    assert_eq!(described[1], "      39  bank/1  2 bytes");
    assert!(
        described[3].contains("unparsable line of 5 bytes"),
        "{}",
        described[3]
    );
}

proptest! {
    #[test]
    fn no_bytes_make_recovery_or_description_panic(bytes: Vec<u8>) {
        for unparsable in [Unparsable::Strict, Unparsable::Lenient] {
            let _ = replay(&bytes, NdjsonOptions { unparsable }, &mut Memory::default());
        }
        describe(Path::from(EVENTS_PATH), &bytes);
    }
}
