//! `tornwrite report`

use std::{
    fmt::Write as _,
    path::{Component, Path, PathBuf},
};

use super::{
    args::ReportArguments,
    exit::{Exit, Failure},
    files,
    pages::{self, Results},
    run::{cores, witness},
    terminal,
};
use crate::{
    campaign::{Folder, FolderError, SUMMARY_VERSION, Summary},
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
            witness: &|finding| witness(&folder, finding),
        };
        terminal::print(&report::campaign(&summary, &human))?;
        return Ok(Exit::Met);
    };
    let results = Results::new(&args.folder, &folder, &summary);
    let found = pages::findings(&results, cores())?;
    let links = links(html, &args.folder);
    let page = pages::index(&results, &found, &links);
    let told = |error| Failure::results(&html.display().to_string(), &error);
    let nowhere = || Failure::Results(format!("{} is no place for a page", html.display()));
    let place = files::place(html).ok_or_else(nowhere)?;
    files::write_new(&place, page.as_bytes()).map_err(told)?;
    terminal::print(&format!("{}\n", html.display()))?;
    Ok(Exit::Met)
}

fn open(path: &Path, label: &str) -> Result<Folder, Failure> {
    let missing = || Failure::Input(InputError::whole(label, "there is no such folder"));
    if !path.is_dir() {
        return Err(missing());
    }
    let place = files::place(&path.join("campaign.json")).ok_or_else(missing)?;
    let parent = place
        .path
        .as_path()
        .parent()
        .map(crate::vfs::Path::to_owned);
    let root = parent.ok_or_else(missing)?;
    Folder::open(place.vfs, root).map_err(|error| match error {
        FolderError::NoResults(_) => {
            let message = "no results: expected a folder with campaign.json, as `run` writes it";
            Failure::Input(InputError::whole(label, message))
        }
        other => Failure::folder(label, &other),
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
