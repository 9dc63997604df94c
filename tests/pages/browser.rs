//! What a browser makes of a page: headless Chromium, whatever it is called here.

use std::{env, path::Path, process::Command};

/// Names that Chromium goes by.
const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

/// A page as a browser has it.
pub(crate) struct Loaded {
    /// The document after everything in it that could run has run.
    pub(crate) dom: String,
    /// What was said on the console.
    pub(crate) console: Vec<String>,
}

impl Loaded {
    /// The title of the document, as markup.
    pub(crate) fn title(&self) -> &str {
        let rest = self.dom.split_once("<title>").map_or("", |(_, rest)| rest);
        rest.split_once("</title>").map_or(rest, |(title, _)| title)
    }
}

/// Loads a page.
///
/// # Panics
///
/// If there is no browser, or it fails.
pub(crate) fn load(page: &Path) -> Loaded {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program())
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args([
            "--no-first-run",
            "--disable-extensions",
            "--disable-dev-shm-usage",
        ])
        .args(["--enable-logging=stderr", "--timeout=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", home.path().display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    Loaded {
        dom: String::from_utf8(output.stdout).unwrap(),
        console: console.map(str::to_owned).collect(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where a browser is only the environment says"
)]
fn program() -> String {
    if let Ok(named) = env::var("CHROMIUM") {
        return named;
    }
    let runs = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    let found = NAMES.iter().find(runs);
    let Some(found) = found else {
        panic!("no Chromium: install it, or name it in CHROMIUM; tried {NAMES:?}")
    };
    (*found).to_owned()
}
