//! Outside text in Markdown that is for other people: nothing in it is a link, a tag, a mention, code or a bound.

use crate::{sink::github::quoted, text::Text};

/// The most bytes that the fences of one piece of code may take.
const FENCES: usize = 24;

/// Plain words in Markdown, in a cell of a table as well.
///
/// Words that hold a sign which Markdown, HTML or a host may read as more than itself stand as code: hosts look for mentions
/// and references in what was rendered, where an entity or a backslash is gone. All other words stay as they are.
pub fn escaped(text: &Text) -> String {
    let mut out = String::with_capacity(text.as_str().len());
    // Code cannot hold what parts the cells of a table.
    for (nth, part) in text.as_str().trim().split('|').enumerate() {
        if 0 < nth {
            out.push_str("\\|");
        }
        words(part, nth == 0, &mut out);
    }
    out
}

fn words(part: &str, is_start: bool, out: &mut String) {
    let mut code = String::new();
    let mut is_first = is_start;
    let mut rest = part;
    while !rest.is_empty() {
        let (blank, behind) = rest.split_at(rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()));
        let (word, behind) = behind.split_at(behind.find(char::is_whitespace).unwrap_or(behind.len()));
        rest = behind;
        let is_bad = !word.is_empty() && ((is_first && begins_a_block(word)) || is_read(word));
        is_first = is_first && word.is_empty();
        if is_bad && !code.is_empty() {
            code.push_str(blank);
            code.push_str(word);
            continue;
        }
        flush(&mut code, out);
        out.push_str(blank);
        if is_bad {
            code.push_str(word);
        } else {
            out.push_str(word);
        }
    }
    flush(&mut code, out);
}

/// Writes what was gathered as code. A row of many backticks would need as many on either side: they become apostrophes.
fn flush(code: &mut String, out: &mut String) {
    if code.is_empty() {
        return;
    }
    let shown = quoted(code);
    let is_short = shown.len() <= code.len().saturating_add(FENCES);
    out.push_str(&if is_short { shown } else { quoted(&code.replace('`', "'")) });
    code.clear();
}

/// Whether a word begins a list, a heading, a rule or a quotation where it is the first of its line.
fn begins_a_block(word: &str) -> bool {
    let number = word.trim_start_matches(|c: char| c.is_ascii_digit());
    word.starts_with('>')
        || word.chars().all(|c| matches!(c, '-' | '+' | '=' | '#'))
        || (number.len() < word.len() && matches!(number, "." | ")"))
}

/// Whether Markdown, HTML or a host may read more in a word than its signs.
fn is_read(word: &str) -> bool {
    if word.chars().all(|c| matches!(c, '<' | '>' | '=' | '-')) {
        return false;
    }
    word.contains(['`', '\\', '*', '[', ']', '{', '}', '~', '$', '<', '^'])
        || word.contains("://")
        || word.to_ascii_lowercase().contains("www.")
        || (word.contains('&') && word.contains(';'))
        || calls(word)
        || has_loose_line(word)
        || has_picture(word)
        || has_reference(word)
}

/// Whether a word has a sign that calls a person or names something, with what it may call: `@ana`, `#1`, `!1`, `%1`, `&1`.
fn calls(word: &str) -> bool {
    word.char_indices().any(|(at, c)| {
        let next = word.get(at.saturating_add(c.len_utf8())..).and_then(|behind| behind.chars().next());
        match c {
            // GitHub takes the wide one for the same.
            '@' | '\u{ff20}' => c.len_utf8() < word.len(),
            '#' => next.is_some(),
            '!' | '&' => next.is_some_and(|next| next.is_ascii_digit()),
            '%' => next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '"' | '\'')),
            c => c.is_control(),
        }
    })
}

/// Whether a word has an underscore that does not stand inside it: `_so_`, and not `error_rate`.
fn has_loose_line(word: &str) -> bool {
    let signs: Vec<char> = word.chars().collect();
    let is_inside = |place: Option<usize>| {
        place.and_then(|place| signs.get(place)).is_some_and(|c| c.is_alphanumeric() || *c == '_')
    };
    let n = signs.len();
    signs.first() == Some(&'_')
        || (0 < n && signs.last() == Some(&'_'))
        || signs
            .iter()
            .enumerate()
            .any(|(at, c)| *c == '_' && !(is_inside(at.checked_sub(1)) && is_inside(at.checked_add(1))))
}

/// Whether a word may have the name of a picture in it, as `:tada:`; a time of day has none.
fn has_picture(word: &str) -> bool {
    let is_time =
        word.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '-' | '.' | '+' | 'T' | 'Z' | ',' | ';'));
    !is_time && 1 < word.matches(':').count()
}

/// Whether a word may name a commit or an issue: seven signs of one or more, `GH-1`, `ABC-12`.
fn has_reference(word: &str) -> bool {
    let is_commit = |run: &str| 7 <= run.len() && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    if word.split(|c: char| !c.is_alphanumeric()).any(is_commit) {
        return true;
    }
    word.match_indices('-').any(|(at, _)| {
        let (before, behind) =
            (word.get(..at).unwrap_or_default(), word.get(at.saturating_add(1)..).unwrap_or_default());
        let name = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let is_numbered = behind.starts_with(|c: char| c.is_ascii_digit());
        name.eq_ignore_ascii_case("ghsa") || (is_numbered && (name.eq_ignore_ascii_case("gh") || is_key(name)))
    })
}

/// Whether it looks like the key of a tracker: two capitals or more.
fn is_key(name: &str) -> bool {
    1 < name.len() && name.bytes().all(|byte| byte.is_ascii_uppercase())
}

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
                Event::Text(said) | Event::Code(said) => text.push_str(&said),
                Event::SoftBreak => text.push(' '),
                Event::Start(Tag::List(None) | Tag::Item | Tag::Paragraph) => {}
                Event::End(TagEnd::List(false) | TagEnd::Item | TagEnd::Paragraph) => {}
                other => odd.push(format!("{other:?}")),
            }
        }
        (text, odd)
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
            let bare = outside_code(&written);
            assert!(!bare.contains(['@', '#']) && !bare.contains("https:") && !bare.contains("www."), "{written}");
        }
    }

    #[test]
    fn what_calls_people_or_names_issues_and_commits_is_code() {
        for (title, written) in [
            ("@everyone @org/team", "`@everyone @org/team`"),
            ("fix #1, GH-1 and acme/api#2", "fix `#1, GH-1` and `acme/api#2`"),
            ("as in 1a2b3c4d5e6f", "as in `1a2b3c4d5e6f`"),
            ("mail ana@example.com", "mail `ana@example.com`"),
            ("&#64;everyone &#35;1", "`&#64;everyone &#35;1`"),
            ("see gh-7 or ABC-12 :tada:", "see `gh-7` or `ABC-12 :tada:`"),
            ("a | @b|c", "a \\| `@b`\\|c"),
            ("`@ana`", "`` `@ana` ``"),
            ("1. - one", "`1.` - one"),
        ] {
            assert_eq!(escaped(&Text::scrub(title)), Text::scrub(written).as_str(), "{title}");
        }
    }

    #[test]
    fn what_nobody_reads_more_in_stays_as_it_is() {
        for title in [
            "NO GO  2.0: 47 reasons",
            "Go/no-go memo: 2.0",
            "- not done: Git tag created (see below), 50 % left!".trim_start_matches("- "),
            "error_rate < 0.01 -> at 2026-11-20T08:40:00Z, C# & R&D, T-0",
            "a = b, \u{201e}so\u{201c}",
        ] {
            assert_eq!(escaped(&Text::scrub(title)), Text::scrub(title).as_str());
        }
    }

    /// What is no code: what stands between fences of the same length is left out.
    fn outside_code(text: &str) -> String {
        let (mut rest, mut out) = (text, String::new());
        while let Some(at) = rest.find('`') {
            out.push_str(&rest[..at]);
            let n = rest[at..].chars().take_while(|sign| *sign == '`').count();
            let (inner, mut place) = (&rest[at + n..], 0);
            loop {
                let next = place + inner[place..].find('`').expect("every fence ends");
                let run = inner[next..].chars().take_while(|sign| *sign == '`').count();
                place = next + run;
                if run == n {
                    break;
                }
            }
            rest = &inner[place..];
        }
        out + rest
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
            let bare = outside_code(&escaped(&title));
            let calls = |c: char| bare.split_whitespace().any(|word| 1 < word.len() && word.contains(c));
            prop_assert!(!calls('@') && !bare.contains("://") && !bare.contains("www."), "{}", bare);
        }
    }
}
