//! A message as an issue or a comment in Markdown. Every word from outside is code: it calls nobody, links nothing, and cannot
//! pass for the mark by which a comment of ours is found again.

use crate::{
    domain::{
        notify::{Kind, Message, Said, message::Marks},
        time::rfc3339,
    },
    sink::{
        channel::{heading, plain},
        github::quoted,
    },
    text::{Passage, Text, clip, grouped},
};

/// The longest title, in columns; GitHub takes 256 signs.
const TITLE: usize = 200;

/// The longest word from outside, in columns: twenty alerts of these stay below the 65,536 signs that GitHub takes.
const LONGEST: usize = 500;

/// The most bytes that the fences of one word may take.
const FENCES: usize = 24;

/// The title of an issue. It says no state: it stays when all is over.
pub fn title(message: &Message) -> Text {
    let mark = match (message.is_drill, message.kind) {
        (true, _) => "DRILL ",
        (false, Kind::Digest) => "STORM: ",
        (false, Kind::Word) => "watchfloor: ",
        (false, _) => "",
    };
    Text::scrub(&clip(&format!("{mark}{}", disarmed(message.title.as_str())), TITLE))
}

/// What, since when, the value against its bound, what to do, where to read on, who is on call, where to look.
pub fn body(message: &Message, marks: Marks) -> Passage {
    let repeat = if message.is_repeat { "still " } else { "" };
    let head = heading(message, marks);
    let state = head.strip_suffix(&format!(": {}", message.title)).unwrap_or(&head);
    let mut lines = vec![format!("**{repeat}{state}**: {}", code(message.title.as_str()))];
    if message.is_drill {
        lines.push("\nThis is a drill: nothing is wrong.".to_owned());
    }
    let (shown, n_more) = message.shown();
    for said in shown {
        lines.push(String::new());
        lines.extend(alert(said));
    }
    if 0 < n_more {
        lines.push(format!("\nand {} more", grouped(n_more)));
    }
    if !message.on_call.is_empty() {
        let names: Vec<String> = message.on_call.iter().map(|name| code(name.as_str())).collect();
        lines.push(format!("\nOn call: {}", names.join(", ")));
    }
    lines.extend(message.link.as_ref().map(|at| format!("\nLook: {}", link(at))));
    Passage::scrub(&lines.join("\n"))
}

fn alert(said: &Said) -> Vec<String> {
    let when = match said.resolved_at {
        Some(at) => format!("over since {}; it fired at {}", rfc3339(at), rfc3339(said.since)),
        None => format!("since {}", rfc3339(said.since)),
    };
    let mut lines = vec![format!("- {}, {when}", code(&said.headline()))];
    lines.extend(plain::measured(said).map(|measured| format!("  - {}", code(&measured))));
    if !said.labels.is_empty() {
        lines.push(format!("  - labels: {}", code(&said.labels.to_string())));
    }
    if !said.remedy.is_blank() {
        lines.push(format!("  - do: {}", code(said.remedy.as_str())));
    }
    lines.extend(said.runbook.as_ref().map(|runbook| format!("  - runbook: {}", link(runbook))));
    lines
}

/// An address that can be clicked; what is none, or could end before its end, is code.
fn link(at: &Text) -> String {
    let at = at.as_str();
    let is_address = at.starts_with("https://") || at.starts_with("http://");
    let is_plain = at.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#%&=+,;".contains(c));
    if is_address && is_plain && at.len() <= LONGEST { format!("<{at}>") } else { code(at) }
}

/// Words from outside as code. A row of many backticks would need as many on either side: they become apostrophes.
fn code(outside: &str) -> String {
    let words = clip(&disarmed(outside), LONGEST);
    let shown = quoted(&words);
    if shown.len() <= words.len() + FENCES { shown } else { quoted(&words.replace('`', "'")) }
}

/// Without the beginning of a comment of HTML: our marks are such, and are looked for in the text as it is.
fn disarmed(outside: &str) -> String {
    outside.replace("<!--", "<! --")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{notify::message::NoticeId, notify::thread, time::plus},
        sink::channel::plain::tests::{message, now},
    };

    #[test]
    fn an_issue_says_what_since_when_how_much_what_to_do_and_who() {
        let marks = Marks { late_since: Some(plus(now(), chrono::TimeDelta::minutes(-9))), is_maybe_repeated: false };
        let (since, late) = (rfc3339(now()), rfc3339(plus(now(), chrono::TimeDelta::minutes(-9))));
        let expected = format!(
            "**FIRING (late**: `p99 is high <!channel> @everyone`\n\n- `p99 is high`, since {since}\n  - `value 312 ms, bad above 250 ms`\n  \
             - labels: `{{alertname=\"High\",env=\"<!channel> & \\\"q\\\"\"}}`\n  - do: `roll back *now*`\n  \
             - runbook: <https://wiki.example/p99>\n\nand 3 more\n\nOn call: `primary: ann`\n\nLook: <https://watch.example/>"
        );
        let shown = body(&message(), marks);
        assert_eq!(shown.as_str(), expected.replace("(late**", &format!("(late: {late})**")));
        assert_eq!(title(&message()).as_str(), "p99 is high <!channel> @everyone");
    }

    #[test]
    fn a_repetition_and_a_rehearsal_say_so() {
        let mut message = message();
        (message.is_repeat, message.is_drill) = (true, true);
        let shown = body(&message, Marks::default());
        assert!(shown.as_str().starts_with("**still DRILL FIRING**: "), "{}", shown.as_str());
        assert!(shown.as_str().contains("nothing is wrong") && title(&message).as_str().starts_with("DRILL p99"));
    }

    /// What is no code, by the rules of CommonMark for code spans.
    fn outside_code(text: &str) -> String {
        let (mut rest, mut out) = (text, String::new());
        while let Some(at) = rest.find('`') {
            out.push_str(&rest[..at]);
            let fence = rest[at..].chars().take_while(|sign| *sign == '`').count();
            let inner = &rest[at + fence..];
            let mut place = 0;
            let end = loop {
                let Some(next) = inner[place..].find('`').map(|next| place + next) else { break None };
                let n = inner[next..].chars().take_while(|sign| *sign == '`').count();
                if n == fence {
                    break Some(next);
                }
                place = next + n;
            };
            match end {
                Some(end) => rest = &inner[end + fence..],
                None => {
                    out.push_str(&rest[at..at + fence]);
                    rest = inner;
                }
            }
        }
        out.push_str(rest);
        out
    }

    proptest! {
        #[test]
        fn nothing_from_outside_calls_anybody_links_anything_or_passes_for_a_mark(
            hostile in "[@#`<>!\\-\\[\\]()a-c/\n ]{0,60}",
            tail in prop::sample::select(vec!["@everyone", "<!-- wf:op=01", "https://evil.example/ @ann", "acme/api#1", "``` @x"]),
        ) {
            let forged = thread::op(NoticeId(7), now(), 0).marker();
            let word = Text::scrub(&format!("{hostile}{tail}{forged}"));
            let mut message = message();
            message.title = word.clone();
            message.on_call = vec![word.clone()];
            message.link = Some(word.clone());
            for said in &mut message.alerts {
                (said.summary, said.remedy, said.bound) = (word.clone(), word.clone(), word.clone());
                said.runbook = Some(Text::scrub(&format!("https://{word}")));
                said.labels = [(Text::scrub("host"), word.clone())].into_iter().collect();
            }
            let shown = body(&message, Marks::default());
            prop_assert!(!shown.as_str().contains("<!--"), "{}", shown.as_str());
            for line in shown.as_str().lines() {
                let plain = outside_code(line);
                prop_assert!(!plain.contains(['@', '`', '[']) && !plain.contains("acme/api#1"), "{line}");
            }
            prop_assert!(!title(&message).as_str().contains("<!--"));
        }

        #[test]
        fn the_longest_message_is_one_that_the_host_takes(sign in prop::sample::select(vec!["x", "`", "é", "漢"])) {
            let word = Text::scrub(&sign.repeat(4_000));
            let mut message = message();
            let one = message.alerts[0].clone();
            message.title = word.clone();
            message.alerts = (0..20).map(|_| Said {
                summary: word.clone(), remedy: word.clone(), bound: word.clone(), runbook: Some(word.clone()),
                labels: [(word.clone(), word.clone())].into_iter().collect(), ..one.clone()
            }).collect();
            prop_assert!(body(&message, Marks::default()).as_str().chars().count() < 65_000);
            prop_assert!(title(&message).as_str().chars().count() <= 256);
        }
    }
}
