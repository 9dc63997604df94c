//! `tornwrite report`

use std::path::Path;

use super::{
    args::{Progress, ReportArguments},
    exit::{Exit, Failure},
    export::told,
    files,
    pages::{self, Results},
    progress::{Calm, Steps},
    results::cores,
    terminal,
};
use crate::{
    campaign::{Folder, SUMMARY_VERSION, StopSignal, Summary},
    report::{self, Detail, Human, Palette},
    scenario::InputError,
};

/// Results are read up to this size.
const SUMMARY_BYTES_MAX: u64 = 1 << 30;

pub(super) fn report(args: &ReportArguments) -> Result<Exit, Failure> {
    let label = args.folder.display().to_string();
    let folder = open(&args.folder, &label)?;
    let summary = summary(&args.folder)?;
    let Some(html) = &args.html else {
        let detail = if args.verbose {
            Detail::Verbose
        } else {
            Detail::Normal
        };
        let human = Human {
            detail,
            palette: Palette::ANSI,
            folder: &label,
            told: &|finding| told(&folder, finding),
        };
        terminal::print(&report::campaign(&summary, &human))?;
        return Ok(Exit::Met);
    };
    let results = Results::new(&args.folder, &folder, &summary, None);
    let mut steps = Steps::new(Progress::Auto, Calm::No);
    let nobody = StopSignal::new();
    let found = pages::write_again(&results, cores(), &mut steps, &nobody)?;
    steps.finish();
    let Some(found) = found else {
        return Ok(Exit::Interrupted);
    };
    let page = results.index_at(&found, html);
    let failed = |error| Failure::results(&html.display().to_string(), &error);
    let nowhere = || Failure::Results(format!("{} is no place for a page", html.display()));
    let place = files::place(html).ok_or_else(nowhere)?;
    files::write_new(&place, page.as_bytes()).map_err(failed)?;
    terminal::print(&format!("{}\n", html.display()))?;
    Ok(Exit::Met)
}

fn open(path: &Path, label: &str) -> Result<Folder, Failure> {
    let missing = || Failure::Input(InputError::whole(label, "there is no such folder"));
    if !path.is_dir() {
        return Err(missing());
    }
    let place = files::place(path).ok_or_else(missing)?;
    Folder::open_existing(place.vfs, place.path).map_err(|error| {
        let message = format!("no results: expected what `run` writes; {error}");
        Failure::Input(InputError::whole(label, message))
    })
}

fn summary(folder: &Path) -> Result<Summary, Failure> {
    let path = folder.join("summary.json");
    let label = path.display().to_string();
    let bytes = files::read(&path, SUMMARY_BYTES_MAX)?;
    let value: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| InputError::whole(&label, format!("no JSON: {error}")))?;
    let version = &value["version"];
    if *version != SUMMARY_VERSION {
        let message = format!("version {version} is not supported: expected {SUMMARY_VERSION}");
        return Err(InputError::whole(&label, message).into());
    }
    let read = serde_json::from_value(value);
    read.map_err(|error| InputError::whole(&label, format!("no summary: {error}")).into())
}
