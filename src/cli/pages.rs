//! The pages of a campaign: what they are made of is gathered here, and written beside the results.
//!
//! Everything is made again from what is on disk: `summary.json`, `campaign.json` and the reproducers. What takes long, the
//! evidence of a finding and the strips, is kept there too (`evidence.json`, `strips.json`) and taken from there next time.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    fmt::Write as _,
    ops::ControlFlow,
    path::{Component, Path, PathBuf},
};

use super::{exit::Failure, export::told, progress::Steps, target, workers};
use crate::{
    base::Seed,
    campaign::{
        Executor, Finding, Folder, Reproducer, STRIPS_VERSION, ScenarioSummary, StopSignal, Strips,
        Summary, UNEXPLAINED, in_order,
    },
    report::{
        CampaignPage, Layout, PageHead, ViolationHead, campaign_page, violation_page,
        violation_text,
    },
    run::{Evidence, Schedule, Strip},
    scenario::Scenario,
};

/// Findings that get a page, the most severe first.
const PAGES_MAX: usize = 100;

/// The largest number of crash states that one strip may cost. With this the strips of the shipped scenarios are exact at
/// most points, and take less than a tenth of the time that their campaign takes.
const STRIP_STATES_MAX: u64 = 3000;

/// A finished campaign.
pub(super) struct Results<'a> {
    path: &'a Path,
    label: String,
    folder: &'a Folder,
    summary: &'a Summary,
    /// `campaign.json`
    described: serde_json::Value,
    /// Who executes what is to be shown, if that is not this process.
    executor: Option<&'a dyn Executor>,
}

impl<'a> Results<'a> {
    pub(super) fn new(
        path: &'a Path,
        folder: &'a Folder,
        summary: &'a Summary,
        executor: Option<&'a dyn Executor>,
    ) -> Results<'a> {
        let described = folder.read("campaign.json").ok();
        let described = described.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Results {
            path,
            label: path.display().to_string(),
            folder,
            summary,
            described: described.unwrap_or_default(),
            executor,
        }
    }

    /// The page of the campaign as it is at `page`, from which its links lead to the folder.
    pub(super) fn index_at(&self, found: &Found, page: &Path) -> String {
        index(self, found, &links(page, self.path))
    }

    fn failed(&self, error: &crate::vfs::VfsError) -> Failure {
        Failure::results(&self.label, error)
    }

    /// A file of a finding; nothing if its id is none of ours, which a path cannot be made of.
    fn file_of(id: &str, name: &str) -> Option<String> {
        let digits = id.strip_prefix("V-")?;
        let is_ours = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| format!("violations/{id}/{name}"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Writes the pages of findings, and `index.html`, of a campaign that has just ended; nothing comes of it if it is interrupted, and
/// `index.html` is not written.
///
/// What is kept of an earlier end of it, before it was resumed, may show less than there is: strips are made anew.
pub(super) fn write(
    results: &Results<'_>,
    jobs: usize,
    steps: &mut Steps,
    stop: &StopSignal,
) -> Result<Option<Found>, Failure> {
    let Some(pages) = findings(results, jobs, steps, stop)? else {
        return Ok(None);
    };
    let Some(strips) = made_strips(results, jobs, steps, stop)? else {
        return Ok(None);
    };
    let found = Found { pages, strips };
    let index = index(results, &found, "");
    let written = results.folder.write_again("index.html", index.as_bytes());
    written.map_err(|error| results.failed(&error))?;
    Ok(Some(found))
}

/// What was gathered for the page of a campaign.
pub(super) struct Found {
    /// The findings that have a page.
    pages: BTreeSet<String>,
    strips: Strips,
}

/// Writes the pages of findings again; strips are as they were kept.
pub(super) fn write_again(
    results: &Results<'_>,
    jobs: usize,
    steps: &mut Steps,
    stop: &StopSignal,
) -> Result<Option<Found>, Failure> {
    let Some(pages) = findings(results, jobs, steps, stop)? else {
        return Ok(None);
    };
    let strips = match kept_strips(results) {
        None => made_strips(results, jobs, steps, stop)?,
        kept => kept,
    };
    Ok(strips.map(|strips| Found { pages, strips }))
}

/// Writes the pages of findings, and what they are made of; the findings that have one, if it is not interrupted.
fn findings(
    results: &Results<'_>,
    jobs: usize,
    steps: &mut Steps,
    stop: &StopSignal,
) -> Result<Option<BTreeSet<String>>, Failure> {
    if stop.ends_the_rest() {
        return Ok(None);
    }
    let severe = results.summary.by_severity();
    let severe: Vec<&Finding> = severe.iter().take(PAGES_MAX).map(|(_, one)| *one).collect();
    let mut pages = BTreeSet::new();
    let mut written = Ok(());
    let mut left = severe.len();
    let count = severe.len() as u64;
    steps.begin("pages", count);
    let at = |number: u64| severe[usize::try_from(number).unwrap_or(usize::MAX)];
    let work = |number| gathered(results, at(number), stop);
    let ended: Result<(), Infallible> = in_order(count, jobs, work, |number, gathered| {
        let finding = at(number);
        if gathered.is_none() && stop.ends_the_rest() {
            // It may have been cut off.
            return Ok(ControlFlow::Break(()));
        }
        if let Some(evidence) = gathered {
            written = page(results, finding, &evidence);
            pages.insert(finding.id.clone());
        }
        steps.done();
        left -= 1;
        Ok(match written {
            Ok(()) if !stop.ends_the_rest() => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        })
    });
    let Ok(()) = ended;
    written.map(|()| (left == 0).then_some(pages))
}

/// The evidence of a finding: as it was kept, or gathered anew. There is none of what would end the process that gathers it.
fn gathered(results: &Results<'_>, finding: &Finding, stop: &StopSignal) -> Option<Evidence> {
    let kept = Results::file_of(&finding.id, "evidence.json")?;
    let kept = results.folder.read(&kept).ok();
    if let Some(kept) = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Some(kept);
    }
    let unexplained = Results::file_of(&finding.id, UNEXPLAINED)?;
    if results.folder.read(&unexplained).is_ok() {
        return None;
    }
    let path = Results::file_of(&finding.id, "reproducer.json")?;
    let evidence = workers::evidence_of(results.executor, results.file(&path), stop)?;
    let file = Results::file_of(&finding.id, "evidence.json")?;
    // It can be gathered again: that it cannot be kept is no reason to show nothing.
    let _ = results.folder.write_json_again(&file, &evidence);
    Some(evidence)
}

/// Writes the page of a finding, and what it is made of.
fn page(results: &Results<'_>, finding: &Finding, evidence: &Evidence) -> Result<(), Failure> {
    let file = |name| Results::file_of(&finding.id, name).unwrap_or_default();
    let failed = |error| results.failed(&error);
    let bytes = results
        .folder
        .read(&file("reproducer.json"))
        .map_err(failed)?;
    let Ok(reproducer) = serde_json::from_slice::<Reproducer<serde_json::Value>>(&bytes) else {
        return Ok(());
    };
    let path = format!("{}/{}", results.label, file("reproducer.json"));
    let head = PageHead::new(&reproducer, &path);
    let page = violation_page(&head, evidence);
    let text = violation_text(&called(&head, &path), evidence, &Layout::PLAIN);
    for (name, content) in [("report.html", page), ("timeline.txt", text)] {
        let written = results.folder.write_again(&file(name), content.as_bytes());
        written.map_err(failed)?;
    }
    Ok(())
}

/// What a finding is called in the text beside its page; `path` is its reproducer.
fn called(head: &PageHead, path: &str) -> ViolationHead {
    let commands = ["replay", "shrink"].map(|command| format!("tornwrite {command} {path}"));
    ViolationHead {
        scenario: head.scenario.clone(),
        subject: head.subject.clone(),
        profile: head.profile.clone(),
        device: head.device.clone(),
        seed: Seed(head.seed),
        invariant: head.invariant.clone(),
        witness: Some(head.witness.clone()),
        again: commands.into(),
    }
}

/// The page of the campaign; `links` leads from it to the folder.
pub(super) fn index(results: &Results<'_>, found: &Found, links: &str) -> String {
    campaign_page(&CampaignPage {
        summary: results.summary,
        described: &results.described,
        strips: Some(&found.strips),
        folder: &results.label,
        links,
        witness: &|finding| told(results.folder, finding).witness,
        evidence: &|finding| {
            let file = Results::file_of(&finding.id, "evidence.json")?;
            let bytes = results.folder.read(&file).ok()?;
            serde_json::from_slice(&bytes).ok()
        },
        has_page: &|finding| found.pages.contains(&finding.id),
    })
}

/// The strips of all scenarios, as they were kept.
fn kept_strips(results: &Results<'_>) -> Option<Strips> {
    let count = results.summary.scenarios.len();
    let kept = results.folder.read("strips.json").ok();
    let kept: Option<Strips> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let is_whole =
        |strips: &Strips| strips.version == STRIPS_VERSION && strips.scenarios.len() == count;
    kept.filter(is_whole)
}

/// The strips of all scenarios, made anew, if that is not interrupted.
fn made_strips(
    results: &Results<'_>,
    jobs: usize,
    steps: &mut Steps,
    stop: &StopSignal,
) -> Result<Option<Strips>, Failure> {
    if stop.ends_the_rest() {
        return Ok(None);
    }
    let count = results.summary.scenarios.len() as u64;
    steps.begin("strips", count);
    let mut made = Vec::new();
    let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let work = |number| strip_of(results, at(number), stop);
    let ended: Result<(), Infallible> = in_order(count, jobs, work, |_, strip| {
        if strip.is_none() && stop.ends_the_rest() {
            // It may have been cut off.
            return Ok(ControlFlow::Break(()));
        }
        made.push(strip);
        steps.done();
        Ok(if stop.ends_the_rest() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    });
    let Ok(()) = ended;
    if made.len() < results.summary.scenarios.len() {
        return Ok(None);
    }
    let strips = Strips::new(STRIP_STATES_MAX, made);
    let written = results.folder.write_json_again("strips.json", &strips);
    written.map_err(|error| results.failed(&error))?;
    Ok(Some(strips))
}

/// The strip of one scenario: of its first violating seed, or of its first one.
fn strip_of(results: &Results<'_>, place: usize, stop: &StopSignal) -> Option<Strip> {
    let made = |scenario: &Scenario, seed: Seed, schedule: &Schedule| {
        let executor = results.executor;
        workers::strip_of(executor, scenario, seed, schedule, STRIP_STATES_MAX, stop)
    };
    let summary = results.summary.scenarios.get(place)?;
    if let Some(finding) = first(summary) {
        let path = Results::file_of(&finding.id, "reproducer.json")?;
        let target = target::load(&results.file(&path)).ok()?;
        if target.death().is_some() {
            return None;
        }
        return made(&target.scenario, target.seed, &target.schedule);
    }
    let described = results.described.get("scenarios")?.get(place)?;
    let scenario: Scenario = serde_json::from_value(described.get("scenario")?.clone()).ok()?;
    let seed = described.get("seeds")?.get(0)?.as_u64()?;
    made(&scenario, Seed(seed), &Schedule::default())
}

/// The finding with the smallest seed.
fn first(scenario: &ScenarioSummary) -> Option<&Finding> {
    scenario
        .findings
        .iter()
        .min_by_key(|finding| finding.first_seed)
}

/// The way from a page to a folder, as a relative link that ends in a slash.
fn links(page: &Path, folder: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (page, folder) = (absolute(page), absolute(folder));
    let from: Vec<Component<'_>> = page.parent().unwrap_or(&page).components().collect();
    let to: Vec<Component<'_>> = folder.components().collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to[shared..].iter().copied()).collect();
    let mut links = "./".to_owned();
    for component in way.components() {
        links += &encoded(&component.as_os_str().to_string_lossy());
        links.push('/');
    }
    links
}

/// A name as part of a link.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            other => {
                // Writing to a string cannot fail.
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_a_page_to_its_folder() {
        let links = |page, folder| links(Path::new(page), Path::new(folder));
        assert_eq!(links("/a/r/index.html", "/a/r"), "./");
        assert_eq!(links("/a/i.html", "/a/r"), "./r/");
        assert_eq!(links("/b/c/i.html", "/a/r"), "./../../a/r/");
        assert_eq!(
            links("/a/i.html", "/a/java script:x?#"),
            "./java%20script%3Ax%3F%23/"
        );
    }
}
