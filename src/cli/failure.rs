//! Why a command failed: what the person reads, and the exit code.

use std::io::{self, Write as _};

use crate::{cli::exit, config::Problems, text::Text};

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The settings file is wrong.
    Config(Problems),
    /// Something else: the exit code, what went wrong, what to do.
    Other {
        /// The exit code.
        code: u8,
        /// What went wrong, a lower-case fragment.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
    /// It was said already; the exit code.
    Said(u8),
}

impl Failure {
    /// A failure with what to do about it.
    pub fn new(code: u8, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { code, what: what.into(), hint: Some(hint.into()) }
    }

    /// Says it on standard error and gives the exit code.
    pub fn report(&self) -> u8 {
        match self {
            Self::Said(code) => *code,
            Self::Config(problems) => {
                complain(&problems.to_string());
                exit::CONFIG
            }
            Self::Other { code, what, hint } => {
                let hint = hint.as_ref().map(|h| format!("\nhint: {}", Text::scrub(h))).unwrap_or_default();
                complain(&format!("error: {}{hint}", Text::scrub(what)));
                *code
            }
        }
    }
}

/// Writes to standard error. Where even that fails there is nobody left to tell.
pub fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "{}", message.trim_end());
}

/// Writes a command's answer to standard output, with its last newline.
///
/// # Errors
/// [`Failure::Said`] when it could not be written whole. A reader that went away (`| head`) has what it wanted.
pub fn print(text: &str) -> Result<(), Failure> {
    let whole = if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
    match exit::write_out(&whole) {
        exit::DONE => Ok(()),
        code => Err(Failure::Said(code)),
    }
}

/// Prints a document as it is made, indented: a long one is never whole in memory.
///
/// # Errors
/// As [`print()`].
pub fn print_json(document: &impl serde::Serialize) -> Result<(), Failure> {
    match exit::write_json(document) {
        exit::DONE => Ok(()),
        code => Err(Failure::Said(code)),
    }
}
