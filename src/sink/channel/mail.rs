//! A message as a letter: what stands in its headers and its text. Addresses are put in where it is sent.

use crate::{
    domain::notify::{Notice, message::Marks},
    sink::channel::{heading, plain},
    text::clip,
};

/// The longest subject, in columns.
const SUBJECT: usize = 200;

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line, whatever the title holds.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Its Message-ID: the notice's name, so that a repetition can be told from news.
    pub id: String,
    /// What all letters of the group refer to, so that they stand together in a mailbox.
    pub thread: String,
}

/// Writes the letter of a notice; `from` is the sender's address, of which the domain stands in the identifiers.
pub fn letter(notice: &Notice, marks: Marks, from: &str) -> Letter {
    let domain = from.rsplit('@').next().unwrap_or(from);
    let title = heading(&notice.message, marks);
    let is_line = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    let subject: String = title.chars().map(|c| if is_line(c) { c } else { ' ' }).collect();
    Letter {
        subject: clip(&subject, SUBJECT),
        body: plain::render(&notice.message, marks),
        id: format!("<{}.notice.watchfloor@{domain}>", notice.id),
        thread: format!("<{:016x}.group.watchfloor@{domain}>", notice.message.key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::notify::message::NoticeId,
        sink::channel::plain::tests::{message, now},
        text::Text,
    };

    fn notice(id: u64, title: &str) -> Notice {
        let mut message = message();
        message.title = Text::scrub(title);
        Notice { id: NoticeId(id), channel: Text::scrub("post"), since: now(), message, parts: Vec::new() }
    }

    #[test]
    fn a_title_cannot_begin_another_header() {
        let hostile = "p99\r\nBcc: eve@evil.example\u{85}\u{2028}X: y\0";
        let letter = letter(&notice(1, hostile), Marks::default(), "alerts@acme.example");
        assert!(!letter.subject.contains(['\r', '\n', '\0', '\u{85}', '\u{2028}']), "{:?}", letter.subject);
        assert!(letter.subject.starts_with("FIRING: p99"), "{:?}", letter.subject);
    }

    #[test]
    fn a_repetition_has_the_same_identifier_and_news_of_a_group_another_one() {
        let of = |id, marks| letter(&notice(id, "p99"), marks, "alerts@acme.example");
        let again = Marks { is_maybe_repeated: true, ..Marks::default() };
        assert_eq!(of(1, Marks::default()).id, of(1, again).id);
        assert_eq!(of(1, again).id, "<0000000000000001.notice.watchfloor@acme.example>");
        assert!(of(1, again).subject.contains("maybe repeated"));
        let (first, second) = (of(1, again), of(2, again));
        assert_ne!(first.id, second.id);
        assert_eq!(first.thread, second.thread);
    }
}
