//! The text of a comment or of a new incident: given, piped, from a file, or written in the person's editor.

use std::{
    io::{IsTerminal, Read},
    path::Path,
};

use crate::{
    cli::{args::Body, exit, failure::Failure},
    floor::fact::{Fact, Went},
    shell::{desk, disk},
    text::Passage,
};

/// The longest text of an issue or a comment that GitHub takes, in characters, less room for the mark.
const LONGEST_BODY: usize = 65_000;

/// The text that was given, or that the person writes in their editor. `may_be_none` = no text is one as well.
pub(super) fn text_of(body: &Body, may_be_none: bool, folder: Option<&Path>) -> Result<Box<Passage>, Failure> {
    let usage = |what: String, hint: &str| Failure::new(exit::USAGE, what, hint);
    let unread = |name: &str, why: String| usage(format!("read {name}: {why}"), "give the text with --body TEXT");
    let written = match (&body.body, &body.body_file) {
        (Some(text), _) if text != "-" => text.clone(),
        (Some(_), _) => piped()?,
        (None, Some(path)) if path.as_os_str() == "-" => piped()?,
        (None, Some(path)) => {
            let bytes =
                disk::read(path, 4 * LONGEST_BODY).map_err(|e| unread(&path.to_string_lossy(), disk::why(&e)))?;
            String::from_utf8(bytes).map_err(|_| unread(&path.to_string_lossy(), "it is not UTF-8".to_owned()))?
        }
        (None, None) if may_be_none => String::new(),
        (None, None) => edited(folder)?,
    };
    let text = Passage::scrub(written.trim());
    if text.is_blank() && !may_be_none {
        return Err(usage("there is no text".to_owned(), "give it with --body TEXT or --body-file FILE"));
    }
    if LONGEST_BODY < written.chars().count() {
        return Err(usage(format!("the text is longer than {LONGEST_BODY} characters"), "GitHub takes no more"));
    }
    Ok(Box::new(text))
}

/// A text from standard input.
fn piped() -> Result<String, Failure> {
    let failed = |why: String| {
        Failure::new(exit::USAGE, format!("read standard input: {why}"), "give the text with --body TEXT")
    };
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(4 * LONGEST_BODY as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))
}

/// A text from the person's editor, begun empty in the state folder, where nobody else reads it.
fn edited(folder: Option<&Path>) -> Result<String, Failure> {
    let no_text = "give the text with --body TEXT or --body-file FILE (- is standard input)";
    let Some(folder) = folder.filter(|_| std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) else {
        return Err(Failure::new(exit::USAGE, "there is no text, and no terminal to write one in", no_text));
    };
    let path = folder.join(format!("comment-{}.md", std::process::id()));
    let failed = |error: std::io::Error| {
        Failure::new(exit::NO, format!("write {}: {}", path.to_string_lossy(), disk::why(&error)), no_text)
    };
    disk::private_new(&path).map_err(failed)?;
    let went = desk::edit(&path, 1);
    let read = disk::read(&path, 4 * LONGEST_BODY);
    let _ = std::fs::remove_file(&path);
    match went {
        Fact::Told { what, went: Went::Badly } => Err(Failure::new(exit::NO, what.to_string(), no_text)),
        _ => String::from_utf8(read.map_err(failed)?)
            .map_err(|_| Failure::new(exit::USAGE, "the text is not UTF-8", no_text)),
    }
}
