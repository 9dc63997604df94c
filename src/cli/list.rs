//! `tornwrite list`

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde::Serialize;

use super::{
    args::{Format, ListArguments, Section},
    exit::{Exit, Failure},
    files, select, terminal,
};
use crate::{
    oracle::catalogue::INVARIANTS,
    profile::{DEVICES, PROFILES},
    store::StoreKind,
};

/// One line.
#[derive(Debug, Serialize)]
struct Item {
    name: String,
    summary: String,
}

const SECTIONS: [(Section, &str); 6] = [
    (Section::Stores, "stores"),
    (Section::Profiles, "profiles"),
    (Section::Devices, "devices"),
    (Section::Invariants, "invariants"),
    (Section::Workloads, "workloads"),
    (Section::Scenarios, "scenarios"),
];

pub(super) fn list(args: &ListArguments) -> Result<Exit, Failure> {
    let asked = SECTIONS
        .iter()
        .filter(|(section, _)| args.what.is_none_or(|what| what == *section));
    let mut sections = Vec::new();
    for (section, title) in asked {
        sections.push((*title, items(*section)?));
    }
    let text = match (args.format, sections.as_slice()) {
        (Format::Human, [(_, items)]) => lines(items, ""),
        (Format::Human, all) => {
            let section =
                |(title, items): &(&str, Vec<Item>)| format!("{title}:\n{}", lines(items, "  "));
            all.iter().map(section).collect::<Vec<_>>().join("\n")
        }
        (Format::Json, _) if args.what.is_some() => json(&sections[0].1)?,
        (Format::Json, _) => json(&sections.into_iter().collect::<BTreeMap<_, _>>())?,
    };
    terminal::print(&text)?;
    Ok(Exit::Met)
}

fn items(section: Section) -> Result<Vec<Item>, Failure> {
    let item = |name: &str, summary: &str| Item {
        name: name.to_owned(),
        summary: summary.to_owned(),
    };
    Ok(match section {
        Section::Stores => StoreKind::ALL
            .iter()
            .map(|kind| item(kind.name(), kind.description()))
            .collect(),
        Section::Profiles => PROFILES
            .iter()
            .map(|profile| item(profile.name, profile.summary))
            .collect(),
        Section::Devices => DEVICES
            .iter()
            .map(|device| item(device.name, device.summary))
            .collect(),
        Section::Invariants => INVARIANTS
            .iter()
            .map(|known| item(known.id, known.summary))
            .collect(),
        Section::Workloads => {
            vec![item(
                "bank-transfers",
                "batches of transfers between accounts, in groups",
            )]
        }
        Section::Scenarios => scenarios()?,
    })
}

fn scenarios() -> Result<Vec<Item>, Failure> {
    let folder = Path::new("scenarios");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut items = Vec::new();
    for file in files::scenarios(folder)? {
        let scenario = select::load(&file)?;
        items.push(Item {
            name: scenario.name,
            summary: scenario.description,
        });
    }
    Ok(items)
}

fn lines(items: &[Item], indent: &str) -> String {
    let width = items.iter().map(|item| item.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Item { name, summary } in items {
        let _ = writeln!(text, "{indent}{name:width$}  {summary}");
    }
    text
}

pub(super) fn json(value: &impl Serialize) -> Result<String, Failure> {
    let failed = |error| Failure::Results(format!("failed to print: {error}"));
    serde_json::to_string_pretty(value)
        .map(|json| json + "\n")
        .map_err(failed)
}
