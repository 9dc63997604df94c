//! `run --export FORMAT=PATH`

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use serde::Deserialize;

use super::{exit::Failure, output::Output, pages};
use crate::{
    campaign::{Finding, Folder, Reproducer, Summary},
    report::{self, ExportFormat, Results, Told},
    run::Missing,
};

/// What is to be exported, and where to.
#[derive(Debug)]
pub(super) struct Exports(Vec<Asked>);

/// One of them.
#[derive(Debug)]
struct Asked {
    format: ExportFormat,
    path: PathBuf,
    output: Output,
}

/// What of `evidence.json` an export tells.
#[derive(Deserialize)]
struct Evidence {
    missing: Option<Missing>,
}

impl Exports {
    /// Makes sure that all can be written.
    pub(super) fn prepare(asked: &[(ExportFormat, PathBuf)]) -> Result<Exports, Failure> {
        let mut paths = BTreeSet::new();
        if let Some((_, twice)) = asked.iter().find(|(_, path)| !paths.insert(path)) {
            return Err(Failure::Usage(format!(
                "two exports go to {}: expected a path for each",
                twice.display()
            )));
        }
        let exports = asked.iter().map(|(format, path)| {
            Ok(Asked {
                format: *format,
                path: path.clone(),
                output: Output::prepare(path)?,
            })
        });
        Ok(Exports(exports.collect::<Result<_, Failure>>()?))
    }

    /// Whether standard output is taken by one of them.
    pub(super) fn take_stdout(&self) -> bool {
        let mut outputs = self.0.iter();
        outputs.any(|asked| matches!(asked.output, Output::Standard))
    }

    /// Writes all but pages.
    pub(super) fn write(
        &self,
        summary: &Summary,
        folder: &Folder,
        label: &str,
    ) -> Result<(), Failure> {
        let results = Results {
            summary,
            folder: label,
            told: &|finding| told(folder, finding),
            has_source: &has_source,
        };
        for asked in &self.0 {
            if let Some(text) = report::export(asked.format, &results) {
                asked.output.write(&text)?;
            }
        }
        Ok(())
    }

    /// Writes pages.
    pub(super) fn write_pages(
        &self,
        results: &pages::Results<'_>,
        found: &pages::Found,
    ) -> Result<(), Failure> {
        let pages = self.0.iter();
        for asked in pages.filter(|asked| asked.format == ExportFormat::Html) {
            asked.output.write(&results.index_at(found, &asked.path))?;
        }
        Ok(())
    }
}

/// What the files of a finding say.
pub(super) fn told(folder: &Folder, finding: &Finding) -> Told {
    let reproducer = || {
        let bytes = folder.read(&finding.reproducer).ok()?;
        let reproducer: Reproducer<serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
        Some(reproducer)
    };
    let missing = || {
        let bytes = folder
            .read(&format!("violations/{}/evidence.json", finding.id))
            .ok()?;
        let evidence: Evidence = serde_json::from_slice(&bytes).ok()?;
        evidence.missing
    };
    let reproducer = reproducer();
    Told {
        died: reproducer.as_ref().is_some_and(|kept| kept.died.is_some()),
        witness: reproducer.map(|kept| kept.witness),
        missing: missing(),
    }
}

/// Whether this is the path of a file below the current folder: a subject's code is where the user is, ours is not.
fn has_source(file: &str) -> bool {
    let path = Path::new(file);
    let is_inside = |part| matches!(part, Component::Normal(_));
    path.components().all(is_inside) && path.is_file()
}
