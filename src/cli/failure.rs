//! Why a command failed: what the person reads, and the exit code.

use std::io::{self, Write as _};

use crate::{config::Problems, text::Text};

/// The exit codes of PRODUCT: a gate never reads "could not judge" as "passed".
pub mod code {
    /// Yes, or done.
    pub const DONE: u8 = 0;
    /// The gate says no, or it was not done.
    pub const NO: u8 = 1;
    /// The command line is wrong.
    pub const USAGE: u8 = 2;
    /// The settings are wrong.
    pub const CONFIG: u8 = 3;
    /// It could not be judged: a source is away.
    pub const UNKNOWN: u8 = 4;
    /// Our fault.
    pub const BUG: u8 = 70;
}

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
    /// Whoever read our output went away (`| head`): nothing to say.
    Quiet,
}

impl Failure {
    /// A failure with what to do about it.
    pub fn new(code: u8, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { code, what: what.into(), hint: Some(hint.into()) }
    }

    /// Says it on standard error and gives the exit code.
    pub fn report(&self) -> u8 {
        match self {
            Self::Quiet => code::DONE,
            Self::Config(problems) => {
                complain(&problems.to_string());
                code::CONFIG
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

/// Writes a command's answer to standard output.
///
/// # Errors
/// [`Failure::Quiet`] when the reader went away; a full or closed output is exit code 1.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let ends = text.ends_with('\n');
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| if ends { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush());
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::Quiet),
        Err(error) => Err(Failure::new(
            code::NO,
            format!("write the answer: {}", crate::shell::disk::why(&error)),
            "check where standard output goes",
        )),
    }
}
