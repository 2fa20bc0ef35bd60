//! Outside text in Markdown that is for other people: nothing in it is a link, a tag, a mention, code or a bound.

use crate::text::Text;

/// Plain words in Markdown, in a cell of a table as well.
///
/// Every sign that Markdown or HTML reads is escaped; addresses, mentions and references that are made links by their look
/// are broken up by an entity, which reads the same. A host looks for mentions and references in what is rendered, where an
/// entity is a sign again: a sign without width parts them from what follows.
pub fn escaped(text: &Text) -> String {
    let text = text.as_str().trim();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '!' | '~' | '$' | '(' | ')' => {
                out.push('\\');
                out.push(c);
            }
            ':' => out.push_str("&#58;"),
            '@' => out.extend(["&#64;", JOINER]),
            '\u{ff20}' => out.extend(["\u{ff20}", JOINER]),
            '#' => out.extend(["&#35;", JOINER]),
            '-' if out.get(out.len().saturating_sub(2)..).is_some_and(|end| end.eq_ignore_ascii_case("gh")) => {
                out.extend([JOINER, "-"]);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    let out = out.replace("www.", "www&#46;");
    // What would begin a list, a heading underlined, or a rule at the start of a line.
    match out.chars().next() {
        Some(c @ ('-' | '+' | '=')) => format!("\\{c}{}", out.get(1..).unwrap_or_default()),
        Some(c) if c.is_ascii_digit() => {
            let digits = out.find(|c: char| !c.is_ascii_digit()).unwrap_or(out.len());
            match out.split_at_checked(digits) {
                Some((number, rest)) if rest.starts_with('.') => format!("{number}\\{rest}"),
                _ => out,
            }
        }
        _ => out,
    }
}

/// It has no width and parts no words.
const JOINER: &str = "\u{2060}";

/// A link to an http(s) address; where it is none, the words alone.
pub fn link(words: &str, address: &Text) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '<' | '>' | '\\' | '"' | '`' | '|');
    let url = address.as_str();
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if is_web && url.chars().all(is_plain) { format!("[{words}]({url})") } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;

    fn rendered(markdown: &str) -> (String, Vec<String>) {
        let (mut text, mut odd) = (String::new(), Vec::new());
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Text(said) => text.push_str(&said),
                Event::SoftBreak => text.push(' '),
                Event::Start(Tag::List(None) | Tag::Item | Tag::Paragraph) => {}
                Event::End(TagEnd::List(false) | TagEnd::Item | TagEnd::Paragraph) => {}
                other => odd.push(format!("{other:?}")),
            }
        }
        // What is between two signs and has no width is not seen.
        (text.replace(JOINER, ""), odd)
    }

    #[test]
    fn nobody_is_mentioned_and_nothing_referred_to_once_entities_are_signs_again() {
        let written = escaped(&Text::scrub("@everyone @org/team #1 GH-1 gh-2 acme/api#2"));
        let seen = written.replace("&#64;", "@").replace("&#35;", "#");
        for look in ["@e", "@o", "#1", "#2", "GH-", "gh-"] {
            assert!(!seen.contains(look), "{look} in {seen}");
        }
        assert_eq!(escaped(&Text::scrub("high-1")), "high-1".replace("gh-", "gh\u{2060}-"));
    }

    #[test]
    fn a_hostile_title_is_plain_words() {
        for title in [
            "[click](https://evil.example) <script>alert(1)</script>",
            "![x](http://evil.example/t.png) @everyone #1 www.evil.example",
            "`a` *b* _c_ ~~d~~ | e | $f$",
            "- [ ] a task",
            "1. one",
            "# heading",
            "=== &lt;b&gt;",
            "> quote",
            "https://evil.example",
        ] {
            let written = escaped(&Text::scrub(title));
            let (text, odd) = rendered(&format!("- {written}\n"));
            assert_eq!((text.as_str(), odd), (title, Vec::new()), "{written}");
            assert!(!written.contains('@') && !written.contains("https:") && !written.contains("www."), "{written}");
        }
    }

    #[test]
    fn only_a_web_address_without_signs_of_markdown_is_a_link() {
        assert_eq!(link("x", &Text::scrub("https://a.example/1")), "[x](https://a.example/1)");
        assert_eq!(link("x", &Text::scrub("javascript:alert(1)")), "x");
        assert_eq!(link("x", &Text::scrub("https://a.example/) [y](z")), "x");
        assert_eq!(link("x", &Text::default()), "x");
    }

    proptest! {
        #[test]
        fn whatever_a_title_says_it_reads_as_it_was_and_is_nothing_but_text(title in "[ -~]{1,60}") {
            let title = Text::scrub(title.trim());
            prop_assume!(!title.is_blank());
            let (text, odd) = rendered(&format!("- {}\n", escaped(&title)));
            prop_assert_eq!(text.split_whitespace().collect::<Vec<_>>(), title.as_str().split_whitespace().collect::<Vec<_>>());
            prop_assert_eq!(odd, Vec::<String>::new());
        }
    }
}
