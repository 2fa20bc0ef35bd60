//! The runbook of a rehearsed alert: whether it can be read, and how many steps it has.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    domain::alert::Alert,
    shell::{disk, http::Http},
    text::{Passage, Text, counted},
    tui::runbook::steps::steps,
    wire::Request,
};

/// The most of a runbook that is read.
const LARGEST: usize = 4 * 1_024 * 1_024;

/// A runbook.
pub(super) struct Book {
    link: Text,
    /// How many steps it has, or why it cannot be read.
    read: Result<usize, Text>,
}

impl Book {
    pub(super) fn is_readable(&self) -> bool {
        self.read.is_ok()
    }

    pub(super) fn has_steps(&self) -> bool {
        self.read.as_ref().is_ok_and(|n| 0 < *n)
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "link": self.link.as_str(), "readable": self.read.is_ok(), "steps": self.read.as_ref().ok(),
            "why": self.read.as_ref().err().map(Text::as_str),
        })
    }
}

/// A line about it.
pub(super) fn said(book: Option<&Book>) -> String {
    match book {
        None => "  runbook: the alert has none: whoever is woken does not know what to do".to_owned(),
        Some(Book { link, read: Ok(n) }) => format!("  runbook: {link} can be read, {}", counted(*n, "step", "steps")),
        Some(Book { link, read: Err(why) }) => format!("  runbook: {link} cannot be read: {why}"),
    }
}

/// Reads the runbook of an alert; nothing where it has none.
pub(super) async fn read(alert: &Alert) -> Option<Book> {
    let link = alert.runbook()?.clone();
    let is_web = link.as_str().starts_with("http://") || link.as_str().starts_with("https://");
    let bytes = if is_web {
        match url::Url::parse(link.as_str()) {
            Err(error) => Err(error.to_string()),
            Ok(url) => match Http::default().perform(&Request::get(url, Vec::new()), None).await {
                Ok(answer) if (200..400).contains(&answer.status) => Ok(answer.body),
                Ok(answer) => Err(format!("it answered {}", answer.status)),
                Err(error) => Err(error.to_string()),
            },
        }
    } else {
        let path = Path::new(link.as_str().split('#').next().unwrap_or_default());
        disk::read(path, LARGEST).map_err(|error| disk::why(&error))
    };
    let page = bytes.and_then(text_of).map(|text| Passage::scrub(&text));
    let read = page.map(|page| steps(&page).len()).map_err(|why| Text::scrub(&why));
    Some(Book { link, read })
}

/// What somebody can read of it.
fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "it is no text".to_owned())?;
    match () {
        () if text.contains('\0') => Err("it is no text".to_owned()),
        () if text.trim().is_empty() => Err("it is empty".to_owned()),
        () => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_that_is_empty_or_no_text_helps_nobody() {
        assert_eq!(text_of(b" \n".to_vec()).unwrap_err(), "it is empty");
        for bytes in [&b"\x7fELF\0\0"[..], b"\xff\xfe"] {
            assert_eq!(text_of(bytes.to_vec()).unwrap_err(), "it is no text");
        }
        assert!(text_of(b"1. restart it".to_vec()).is_ok());
    }
}
