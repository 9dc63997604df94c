//! The result as a table, for the terminal and for `docs/`.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    cell::{Cell, Strength},
    filesystem::Filesystem,
};

/// The table: a line for each script, a column for each filesystem.
///
/// A cell is `seen / documented / observed`; `-` where the script lists no set, and `!` where something forbidden was seen.
pub(crate) fn table(filesystems: &[&'static Filesystem], cells: &[Cell]) -> String {
    let mut rows: BTreeMap<&str, BTreeMap<&str, &Cell>> = BTreeMap::new();
    for cell in cells {
        let row = rows.entry(&cell.script).or_default();
        row.insert(cell.filesystem.name, cell);
    }
    let names: Vec<&str> = filesystems
        .iter()
        .map(|filesystem| filesystem.name)
        .collect();
    let mut text = format!("| litmus | {} |\n", names.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(names.len()));
    for (script, row) in rows {
        let columns = names
            .iter()
            .map(|name| row.get(name).map_or_else(String::new, |cell| numbers(cell)));
        let columns: Vec<String> = columns.collect();
        let _ = writeln!(text, "| {script} | {} |", columns.join(" | "));
    }
    text
}

fn numbers(cell: &Cell) -> String {
    if cell.states == 0 {
        return "not run".to_owned();
    }
    let size = |strength: Strength| {
        let allowed = cell.allowed(strength);
        allowed.map_or_else(|| "-".to_owned(), |set| set.len().to_string())
    };
    let mark = if cell.is_wrong() { " !" } else { "" };
    format!(
        "{} / {} / {}{mark}",
        cell.seen.len(),
        size(Strength::Documented),
        size(Strength::Observed)
    )
}

/// A line for each filesystem: what was done.
pub(crate) fn summary(filesystems: &[&'static Filesystem], cells: &[Cell]) -> String {
    let mut text = String::from(
        "| filesystem | made with | mounted with | scripts | crash states | outcomes | forbidden (documented) | \
         forbidden (observed) | unmountable | unreadable |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for filesystem in filesystems {
        let own = || {
            cells
                .iter()
                .filter(|cell| cell.filesystem.name == filesystem.name)
        };
        let sum = |count: &dyn Fn(&Cell) -> u64| own().map(count).sum::<u64>();
        let forbidden = |strength| sum(&|cell| cell.forbidden(strength).len() as u64);
        let _ = writeln!(
            text,
            "| {} | `{}`, {} MiB | `{}` | {} | {} | {} | {} | {} | {} | {} |",
            filesystem.name,
            filesystem.recipe(),
            filesystem.mebibytes,
            filesystem.options,
            own().filter(|cell| cell.states > 0).count(),
            sum(&|cell| cell.states),
            sum(&|cell| cell.seen.len() as u64),
            forbidden(Strength::Documented),
            forbidden(Strength::Observed),
            sum(&|cell| cell.unmountable),
            sum(&|cell| cell.unreadable),
        );
    }
    text
}

/// Every forbidden outcome, and everything that went wrong.
pub(crate) fn findings(cells: &[Cell]) -> String {
    let mut text = String::new();
    for cell in cells {
        let (filesystem, script) = (cell.filesystem.name, &cell.script);
        let documented = cell.forbidden(Strength::Documented);
        for outcome in &documented {
            let _ = writeln!(text, "forbidden: {filesystem} {script}: {outcome}");
        }
        for outcome in cell.forbidden(Strength::Observed) {
            if !documented.contains(&outcome) {
                let observed = cell.filesystem.observed;
                let _ = writeln!(text, "forbidden: {observed} {script}: {outcome}");
            }
        }
        for trouble in &cell.troubles {
            let _ = writeln!(text, "trouble: {filesystem} {script}: {trouble}");
        }
    }
    text
}

/// Every outcome that was seen, with the number of states that showed it.
pub(crate) fn outcomes(cells: &[Cell]) -> String {
    let mut text = String::new();
    for cell in cells {
        let _ = writeln!(text, "{} {}", cell.filesystem.name, cell.script);
        for (outcome, count) in &cell.seen {
            let _ = writeln!(text, "  {outcome}: {count}");
        }
    }
    text
}
