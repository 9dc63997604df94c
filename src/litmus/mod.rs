//! Litmus scripts: small programs as text, each with the trees that a crash may leave.
//!
//! A [`Script`] says what is durable before ([`Script::setup`]), what runs ([`Script::program`]), and which trees each
//! profile allows afterwards. [`execute`] runs steps over any [`Vfs`](crate::vfs::Vfs), a simulated filesystem or a real
//! directory; [`Tree`] writes what a crash left as one line. `tests/litmus/*.litmus` are the scripts, `tests/litmus.rs`
//! holds them against the crash model, and the calibration tool against real filesystems.
//!
//! ```
//! use tornwrite::litmus::Script;
//!
//! let text = [
//!     "# Replace through rename, nothing synced.",
//!     "setup",
//!     "  put f A*5000",
//!     "run",
//!     "  put t B*5000",
//!     "  rename t f",
//!     "outcomes anywhere",
//!     "  f=A*5000: all",
//!     "  f=B*5000: all but sloppy",
//! ];
//! let script = Script::parse("replace.litmus", &text.join("\n"))?;
//! assert_eq!(script.program.len(), 2);
//! assert_eq!(script.allowed("sloppy").expect("listed"), ["f=A*5000"].into());
//! # Ok::<(), tornwrite::litmus::ScriptError>(())
//! ```
//!
//! Deliberately absent: several threads, and conditions. A script is a straight line.

mod execute;
mod outcomes;
mod parse;
mod runs;
mod script;
mod step;
mod tree;

pub use execute::{Outside, execute};
pub use outcomes::{Outcomes, Who};
pub use parse::ScriptError;
pub use runs::Runs;
pub use script::{Grid, Script, When};
pub use step::{STEP_WORDS, Step, StepWord};
pub use tree::{Content, Tree};
