//! Joins the shards of a campaign: their runs are counted once more, in the order in which one execution would have.
//!
//! Guarantees that what comes out is what the campaign would have written without shards, and that nothing is joined which does
//! not belong together.

use std::{collections::BTreeMap, io::ErrorKind};

use super::{
    CampaignError, Description, Folder, Observer, RegressionSummary, SUMMARY, Summary, Task,
    conclude,
    count::{Counting, RUNS},
    folder::Log,
    lines::Lines,
    record::RunRecord,
    regression::Replayed,
};

/// The folder of a shard, opened.
#[derive(Debug)]
pub struct Part {
    folder: Folder,
    /// What it was asked to do.
    pub description: Description,
}

/// Opens the folders of shards; they are all there, each once, and of one campaign.
///
/// # Errors
///
/// [`CampaignError::Shards`] with the names of folders that do not belong together.
pub fn open_shards(folders: Vec<Folder>) -> Result<Vec<Part>, CampaignError> {
    let mut parts: BTreeMap<u64, Part> = BTreeMap::new();
    let mut first: Option<(String, Description)> = None;
    for folder in folders {
        let name = folder.name();
        let description = folder.description()?;
        let shard = description.shard();
        let (one, reference) = first.get_or_insert_with(|| (name.clone(), description.clone()));
        if let Some(difference) = reference.difference(&description) {
            return Err(CampaignError::Shards(format!(
                "{name} is of another campaign than {one}: {difference}"
            )));
        }
        if shard.count() != reference.shard().count() {
            return Err(CampaignError::Shards(format!(
                "{name} is shard {shard} and {one} is shard {}: expected parts of one division",
                reference.shard()
            )));
        }
        if let Some(other) = parts.get(&shard.index()) {
            return Err(CampaignError::Shards(format!(
                "shard {shard} is given twice: {} and {name}",
                other.folder.name()
            )));
        }
        parts.insert(
            shard.index(),
            Part {
                folder,
                description,
            },
        );
    }
    let Some((_, reference)) = first else {
        return Err(CampaignError::Shards(
            "there is no shard to join".to_owned(),
        ));
    };
    let count = reference.shard().count();
    let is_missing = |index: &u64| !parts.contains_key(index);
    if let Some(missing) = (0..count).find(is_missing) {
        let more = match count - parts.len() as u64 {
            1 => String::new(),
            all => format!(", the first of {all}"),
        };
        return Err(CampaignError::Shards(format!(
            "shard {missing}/{count} is missing{more}"
        )));
    }
    Ok(parts.into_values().collect())
}

/// Joins shards into a folder; `task` is the whole campaign.
///
/// # Errors
///
/// If a shard is not finished, holds something else than its runs, or a filesystem refuses.
pub fn merge(
    task: &Task<'_>,
    parts: &[Part],
    folder: &Folder,
    observer: &mut dyn Observer,
) -> Result<Summary, CampaignError> {
    let mut replayed = Replayed::all(Vec::new());
    if let Some(first) = parts.first() {
        let whole = Description {
            shard: None,
            ..first.description.clone()
        };
        folder.write_json("campaign.json", &whole)?;
        replayed = Replayed::all(regressions_of(first, task)?);
    }
    let log = folder.append_to(RUNS)?;
    let mut counting = Counting::new(task);
    if !(task.limits.fail_fast && replayed.has_failed()) {
        join(&mut counting, task, parts, &log, observer)?;
    }
    log.sync()?;
    conclude(task, replayed, counting, &log, folder, observer)
}

/// Counts and writes the runs of all parts, in the order of one execution.
fn join(
    counting: &mut Counting<'_>,
    task: &Task<'_>,
    parts: &[Part],
    log: &Log,
    observer: &mut dyn Observer,
) -> Result<(), CampaignError> {
    let mut sources = Vec::new();
    for part in parts {
        sources.push(Source::new(&part.folder)?);
    }
    while let Some((entry, seed)) = counting.next() {
        let scenario = &task.plan.entries[entry];
        let number = usize::try_from(counting.number() % parts.len() as u64);
        let source = &mut sources[number.expect("below the number of parts")];
        let run = source.run(
            |run| run.is_of(scenario, seed),
            |run| counting.has_ended(run),
            || format!("seed {seed} of {}", scenario.name),
        )?;
        log.append_line(&run)?;
        counting.add(entry, &run);
        observer.run_resumed(entry);
    }
    Ok(())
}

/// What came of the kept reproducers, which the first shard replayed.
fn regressions_of(part: &Part, task: &Task<'_>) -> Result<Vec<RegressionSummary>, CampaignError> {
    let kept = part.description.regressions.len();
    if kept == 0 {
        return Ok(Vec::new());
    }
    let unreadable = |reason: String| CampaignError::Unreadable {
        file: part.folder.name_of(SUMMARY),
        reason,
    };
    let bytes = match part.folder.read(SUMMARY) {
        Err(error) if error.kind == ErrorKind::NotFound => {
            return Err(unfinished(&part.folder.name(), "it has no summary"));
        }
        bytes => bytes.map_err(|error| unreadable(error.to_string()))?,
    };
    let summary: Summary =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let count = summary.regressions.len();
    let replayed = Replayed::all(summary.regressions);
    if count < kept && !(task.limits.fail_fast && replayed.has_failed()) {
        let what = format!("it has replayed {count} of {kept} kept reproducers");
        return Err(unfinished(&part.folder.name(), &what));
    }
    Ok(replayed.summaries)
}

/// The lines of a shard.
struct Source {
    name: String,
    lines: Option<Lines>,
    number: u64,
}

impl Source {
    fn new(folder: &Folder) -> Result<Source, CampaignError> {
        Ok(Source {
            name: folder.name(),
            lines: folder.open_file(RUNS)?.map(Lines::new),
            number: 0,
        })
    }

    /// The next run, which is to be the one asked for. Runs that are left out are passed over: a part does not know that the
    /// others found enough of a scenario.
    fn run(
        &mut self,
        is_it: impl Fn(&RunRecord) -> bool,
        is_left_out: impl Fn(&RunRecord) -> bool,
        what: impl Fn() -> String,
    ) -> Result<RunRecord, CampaignError> {
        loop {
            let run = self.next(&what)?;
            match run {
                Some(run) if is_it(&run) => return Ok(run),
                Some(run) if is_left_out(&run) => {}
                _ => {
                    return Err(CampaignError::Foreign {
                        file: format!("{}/{RUNS}", self.name),
                        line: self.number,
                        expected: what(),
                    });
                }
            }
        }
    }

    /// The run of the next line; nothing if it is none.
    fn next(&mut self, what: impl Fn() -> String) -> Result<Option<RunRecord>, CampaignError> {
        self.number += 1;
        let line = match &mut self.lines {
            Some(lines) => lines.next()?,
            None => None,
        };
        let Some(line) = line else {
            let what = format!("it has no run with {}", what());
            return Err(unfinished(&self.name, &what));
        };
        Ok(serde_json::from_slice(line).ok())
    }
}

fn unfinished(folder: &str, what: &str) -> CampaignError {
    CampaignError::Shards(format!(
        "{folder} is not finished: {what}; go on with it by --resume"
    ))
}
