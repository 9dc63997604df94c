//! `tornwrite replay TARGET --keep`: a violation becomes a regression, so that it cannot come back unseen.

use std::path::Path;

use super::{
    exit::Failure,
    files,
    target::{self, Target},
    terminal,
};
use crate::{
    campaign::write_whole,
    report,
    run::{Evidence, Verdict},
    vfs::VfsExt as _,
};

/// Files what was replayed in a folder; what is to be done next, in words.
///
/// The same reproducer may be kept again: its file is left as it is.
pub(super) fn keep(
    target: &Target,
    verdict: &Verdict,
    evidence: &Evidence,
    directory: &Path,
) -> Result<String, Failure> {
    if matches!(verdict, Verdict::Stale(_)) {
        return Ok("not kept: a stale reproducer guards nothing\n".to_owned());
    }
    let reproducer = target.reproducer();
    let name = name(target)?;
    let path = directory.join(&name);
    let label = path.display().to_string();
    if path.exists() {
        let there = target::load(&path).map(|there| there.reproducer());
        return match there {
            Ok(there) if there == reproducer => Ok(format!("kept already: {label}\n")),
            _ => Err(Failure::Results(format!(
                "{label} is there and holds something else: expected no such file; move it away, or name another folder \
                 with --keep=DIR"
            ))),
        };
    }
    let failed = |error| Failure::results(&label, &error);
    let nowhere = || Failure::Results(format!("{label} is no place for a reproducer"));
    let json = serde_json::to_string_pretty(&reproducer);
    let json =
        json.map_err(|error| Failure::Results(format!("failed to write {label}: {error}")))?;
    let story = report::story(&reproducer, evidence.missing.as_ref());
    let place = files::place(directory).ok_or_else(nowhere)?;
    let folder = place.path.as_path();
    place.vfs.create_dir_all(folder).map_err(failed)?;
    let file = folder.join(&name);
    let bytes = format!("{story}{json}\n").into_bytes();
    write_whole(place.vfs.as_ref(), file.as_path(), &bytes).map_err(failed)?;
    if let Some(parent) = folder.parent() {
        place.vfs.sync_dir(parent).map_err(failed)?;
    }
    Ok(next(target, directory, &path))
}

/// The name of its file.
fn name(target: &Target) -> Result<String, Failure> {
    let (scenario, invariant, id) = (&target.scenario.name, &target.invariant, target.id());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || !id.chars().all(is_plain) {
        return Err(Failure::Usage(format!(
            "the id `{}` cannot be part of a file's name: expected letters, digits, `-` and `_`, as in V-0123456789ab",
            id.escape_default()
        )));
    }
    Ok(format!("{scenario}-{invariant}-{id}.json"))
}

/// What there is to be done with a file that was just written.
fn next(target: &Target, directory: &Path, path: &Path) -> String {
    let folder = directory
        .parent()
        .filter(|_| directory.ends_with("regressions"));
    let what = folder.unwrap_or(path).display().to_string();
    let what = if what.is_empty() {
        ".".to_owned()
    } else {
        what
    };
    let outcome = if target.scenario.check.expect.allows(&target.invariant) {
        "its scenario expects the violation, so that counts as found, as expected; with \"expect\": \"clean\" in the file it \
         fails until the subject survives it"
    } else {
        "it exits with 100 until the subject survives it"
    };
    let text = format!(
        "commit it: `tornwrite run {}` replays it before anything new; {outcome}",
        terminal::quoted(&what)
    );
    format!(
        "kept: {}\n{}",
        path.display(),
        report::paragraph("      ", &text)
    )
}
