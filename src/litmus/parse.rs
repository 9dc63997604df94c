//! Reads a script.

use super::{Grid, Outcomes, Script, Step, When, Who};

/// A script that cannot be read: where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct ScriptError {
    /// The name of the file.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// The part of the script that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Head,
    Setup,
    Run,
    Outcomes,
}

impl Script {
    /// Reads a script; `file` is its name, in errors and, without folder and extension, as that of the script.
    pub fn parse(file: &str, text: &str) -> Result<Script, ScriptError> {
        let name = file.rsplit('/').next().unwrap_or(file);
        let mut reader = Reader {
            section: Section::Head,
            when: None,
            script: Script {
                name: name.strip_suffix(".litmus").unwrap_or(name).to_owned(),
                about: String::new(),
                grid: Grid::default(),
                fills: false,
                setup: Vec::new(),
                program: Vec::new(),
                when: When::Anywhere,
                outcomes: Outcomes::default(),
            },
        };
        let error = |line: usize, message: String| ScriptError {
            file: file.to_owned(),
            line,
            message,
        };
        for (index, line) in text.lines().enumerate() {
            let read = reader.line(line);
            read.map_err(|message| error(index + 1, message))?;
        }
        let last = text.lines().count();
        reader.finish().map_err(|message| error(last, message))
    }
}

struct Reader {
    section: Section,
    when: Option<When>,
    script: Script,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let words = line.trim();
        if let Some(comment) = words.strip_prefix('#') {
            if self.section == Section::Head {
                let about = &mut self.script.about;
                about.push_str(if about.is_empty() { "" } else { "\n" });
                about.push_str(comment.trim());
            }
            return Ok(());
        }
        if words.is_empty() {
            return Ok(());
        }
        if line.starts_with([' ', '\t']) {
            return self.entry(words);
        }
        self.heading(words)
    }

    fn heading(&mut self, words: &str) -> Result<(), String> {
        let (section, when) = match words {
            "grid 512" if self.section == Section::Head => {
                self.script.grid = Grid::Sector;
                return Ok(());
            }
            "fills" if self.section == Section::Head => {
                self.script.fills = true;
                return Ok(());
            }
            "setup" if self.section == Section::Head => (Section::Setup, None),
            "run" if matches!(self.section, Section::Head | Section::Setup) => (Section::Run, None),
            "outcomes anywhere" if self.section == Section::Run => {
                (Section::Outcomes, Some(When::Anywhere))
            }
            "outcomes after ack" if self.section == Section::Run => {
                (Section::Outcomes, Some(When::AfterAck))
            }
            found => {
                let expected = match self.section {
                    Section::Head => "`grid 512`, `fills`, `setup` or `run`",
                    Section::Setup => "a step behind spaces, or `run`",
                    Section::Run => {
                        "a step behind spaces, `outcomes anywhere` or `outcomes after ack`"
                    }
                    Section::Outcomes => "an outcome behind spaces",
                };
                return Err(format!("expected {expected}, found `{found}`"));
            }
        };
        self.section = section;
        self.when = when;
        Ok(())
    }

    fn entry(&mut self, words: &str) -> Result<(), String> {
        match self.section {
            Section::Head => Err(format!("expected `setup` or `run` before `{words}`")),
            Section::Setup => {
                self.script.setup.push(Step::parse(words)?);
                Ok(())
            }
            Section::Run => {
                self.script.program.push(Step::parse(words)?);
                Ok(())
            }
            Section::Outcomes => self.outcome(words),
        }
    }

    fn outcome(&mut self, words: &str) -> Result<(), String> {
        let expected =
            "expected `OUTCOME: all`, `OUTCOME: all but PROFILE...` or `OUTCOME: PROFILE...`";
        let parts = words.rsplit_once(':');
        let parts = parts.and_then(|(outcome, who)| Some((outcome.trim(), Who::parse(who)?)));
        let (outcome, who) = parts.ok_or_else(|| format!("{expected}, found `{words}`"))?;
        let outcomes = &mut self.script.outcomes;
        if outcome == "unlisted" {
            outcomes.unlisted.extend(who.names().iter().cloned());
            return Ok(());
        }
        match outcomes.allowed.insert(outcome.to_owned(), who) {
            Some(_) => Err(format!(
                "expected each outcome once, found `{outcome}` again"
            )),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Script, String> {
        let missing = |what: &str| Err(format!("expected {what} before the end of the script"));
        if self.script.about.is_empty() {
            return missing("a comment at the head that says what the script asks");
        }
        if self.script.program.is_empty() {
            return missing("a step under `run`");
        }
        let Some(when) = self.when else {
            return missing("`outcomes anywhere` or `outcomes after ack`");
        };
        self.script.when = when;
        Ok(self.script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# What it asks.\n# Where from.\ngrid 512\nsetup\n  put f A*5\nrun\n  append f B*3+C*1\n  \
                        fsync f\n\noutcomes after ack\n  f=A*5+B*3+C*1: all but none-such\n  unlisted: ext2\n";

    #[test]
    fn a_script_has_a_head_a_setup_a_program_and_outcomes() {
        let script = Script::parse("a/b/name.litmus", TEXT).unwrap();
        assert_eq!(script.name, "name");
        assert_eq!(script.about, "What it asks.\nWhere from.");
        assert_eq!(script.grid, Grid::Sector);
        assert_eq!((script.setup.len(), script.program.len()), (1, 2));
        assert_eq!(script.when, When::AfterAck);
        assert_eq!(script.allowed("xfs").unwrap().len(), 1);
        assert_eq!(script.allowed("none-such").unwrap().len(), 0);
        assert_eq!(script.allowed("ext2"), None);
        assert_eq!(Script::with_outcomes(TEXT, &script.outcomes), TEXT);
    }

    #[test]
    fn errors_name_the_file_the_line_and_what_was_expected() {
        let cases = [
            (
                "run\n  fsync f\noutcomes anywhere\n",
                "x:3: expected a comment at the head",
            ),
            (
                "# A.\nrum\n",
                "x:2: expected `grid 512`, `fills`, `setup` or `run`, found `rum`",
            ),
            (
                "# A.\nrun\n  fsink f\n",
                "x:3: expected a step (create, put, ",
            ),
            (
                "# A.\nrun\n  write f B*3\n",
                "x:3: expected `write FILE OFFSET BYTES`",
            ),
            ("# A.\nrun\n  syncfs now\n", "x:3: expected `syncfs` with"),
            (
                "# A.\nrun\n  fsync f\n",
                "x:3: expected `outcomes anywhere` or",
            ),
            (
                "# A.\nrun\n  fsync f\noutcomes anywhere\n  f=empty\n",
                "x:5: expected `OUTCOME: all`",
            ),
            (
                "# A.\n  fsync f\n",
                "x:2: expected `setup` or `run` before `fsync f`",
            ),
        ];
        for (text, expected) in cases {
            let error = Script::parse("x", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
