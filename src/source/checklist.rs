//! Reads the task items of a Markdown file, and ticks one box without touching another byte (SEMANTICS R49).
//!
//! Offsets are the point of this file: every item knows the one byte between its brackets in the file *as stored*, so that
//! a tick is a change of one byte and never a re-write of somebody's prose.

use std::borrow::Cow;

use crate::{
    domain::release::{
        Checklist, Digest, Item, fnv1a, fnv1a_both, merge,
        plan::{Mark, Reading},
    },
    source::plan,
};

/// The largest checklist read, in bytes. The largest seen in a public project is 21 kB; beyond this it is no checklist.
pub const LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// The most task items read from one file. A gate that judged by a part of its list would lie, so more is an error.
pub const LIMIT_ITEMS: usize = 200_000;

/// What stands for one byte that is not UTF-8 while the file is parsed: one byte long, and nothing to Markdown.
const SUBSTITUTE: u8 = 0x1a;

/// Why a file cannot be read as a checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChecklistError {
    /// Longer than [`LIMIT_BYTES`].
    #[error("the file has {bytes} bytes, the limit is {LIMIT_BYTES}")]
    TooLong {
        /// Bytes in the file.
        bytes: usize,
    },
    /// More task items than [`LIMIT_ITEMS`].
    #[error("the file has more than {LIMIT_ITEMS} task items")]
    TooManyItems,
    /// It starts with the mark of UTF-16; no box in it could be found.
    #[error("the file is UTF-16, not UTF-8")]
    Utf16,
    /// A merge that nobody settled stands in it: which side counts is not known.
    #[error("line {line}: {}", merge::words(mark))]
    Unmerged {
        /// The mark's line, from 1.
        line: usize,
        /// The mark.
        mark: &'static str,
    },
}

/// Why a box was not ticked. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ToggleError {
    /// The file is no longer the one the item was read from: read it again.
    #[error("the file has changed since it was read")]
    Changed,
    /// The item does not point at a box in the state it was read in.
    #[error("there is no such box at byte {byte}")]
    NotABox {
        /// Where a box was looked for.
        byte: usize,
    },
}

/// Reads the task items of a Markdown file, as stored.
///
/// A task is a list item whose text starts with `[ ]`, `[x]` or `[X]` and white space or the line's end (R49). Only an
/// ASCII space is an open box: a tab or a no-break space between the brackets makes it text. Items in code or HTML
/// comments are none; nested and quoted ones are. A leading byte order mark and YAML front matter are passed over; lines
/// may end in LF, CRLF or CR. Bytes that are not UTF-8 show as `␚`.
///
/// # Errors
/// [`ChecklistError`].
pub fn read(path: &str, bytes: &[u8]) -> Result<Checklist, ChecklistError> {
    plan::read(path, bytes, &Reading::default()).map(|plan| plan.checklist())
}

/// Ticks or unticks one box: the same bytes with the one between the brackets changed. A tick is written `x`.
///
/// # Errors
/// [`ToggleError::Changed`] where `bytes` are not those of `expected`; [`ToggleError::NotABox`] where the item's byte is
/// not the inside of a box in the state that `item` says.
pub fn toggle(bytes: &[u8], item: &Item, expected: Digest) -> Result<Vec<u8>, ToggleError> {
    if digest(bytes) != expected {
        return Err(ToggleError::Changed);
    }
    flip(bytes, Mark::Box { byte: item.byte, is_done: item.is_done })
}

/// Ticks or unticks a box that was found in these very bytes.
///
/// # Errors
/// [`ToggleError::NotABox`], as [`toggle`] says.
pub fn flip(bytes: &[u8], mark: Mark) -> Result<Vec<u8>, ToggleError> {
    let Mark::Box { byte, is_done } = mark else { return Err(ToggleError::NotABox { byte: 0 }) };
    let nowhere = ToggleError::NotABox { byte };
    let before = byte.checked_sub(1).ok_or(nowhere)?;
    let after = byte.checked_add(1).ok_or(nowhere)?;
    let written = match bytes.get(before..=after) {
        Some(b"[ ]") if !is_done => b'x',
        Some(b"[x]" | b"[X]") if is_done => b' ',
        Some(_) | None => return Err(nowhere),
    };
    let mut changed = bytes.to_vec();
    *changed.get_mut(byte).ok_or(nowhere)? = written;
    Ok(changed)
}

/// Tells this version of a file from another: its length and the FNV-1a 64 of its bytes.
///
/// It guards against a colleague's edit, not against an attacker: FNV is no cryptographic hash.
pub fn digest(bytes: &[u8]) -> Digest {
    Digest { length: bytes.len() as u64, hash: fnv1a(bytes) }
}

/// As [`digest`] of two files at once, which takes no longer than of one: each byte waits for the one before it, and not for
/// the other file's.
pub fn digests(one: &[u8], other: &[u8]) -> (Digest, Digest) {
    if one.len() != other.len() {
        return (digest(one), digest(other));
    }
    let (one_hash, other_hash) = fnv1a_both(one, other);
    let length = one.len() as u64;
    (Digest { length, hash: one_hash }, Digest { length, hash: other_hash })
}

/// The file as the parser may see it: UTF-8, LF or CRLF, a last line that ends; every byte still at its offset.
///
/// # Errors
/// [`ChecklistError::TooLong`], [`ChecklistError::Utf16`].
pub(super) fn parseable(bytes: &[u8]) -> Result<Cow<'_, str>, ChecklistError> {
    if bytes.len() > LIMIT_BYTES {
        return Err(ChecklistError::TooLong { bytes: bytes.len() });
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(ChecklistError::Utf16);
    }
    let has_lone_cr = bytes.windows(2).any(|pair| matches!(pair, [b'\r', next] if *next != b'\n'));
    let ends = bytes.last().is_none_or(|last| *last == b'\n');
    if let Ok(valid) = str::from_utf8(bytes)
        && !has_lone_cr
        && ends
    {
        return Ok(Cow::Borrowed(valid));
    }
    let mut same = Vec::with_capacity(bytes.len() + 1);
    for chunk in bytes.utf8_chunks() {
        same.extend_from_slice(chunk.valid().as_bytes());
        same.extend(std::iter::repeat_n(SUBSTITUTE, chunk.invalid().len()));
    }
    // The parser takes white space after a box for granted; a last line without its end must not lose its task.
    if !ends {
        same.push(b'\n');
    }
    let mut following = same.get(1..).unwrap_or_default().to_vec().into_iter();
    for byte in &mut same {
        let next = following.next();
        if *byte == b'\r' && next != Some(b'\n') {
            *byte = b'\n';
        }
    }
    Ok(Cow::Owned(String::from_utf8(same).unwrap_or_default()))
}

/// Where Markdown starts: past a byte order mark and past front matter.
///
/// Front matter is what stands between a first line `---` and the next `---` or `...`, and only if it opens with a key:
/// a checklist that opens with a rule and has another one below must not lose the items in between.
/// (The parser's own option finds such blocks in the middle of a file too, and would hide tasks.)
pub(super) fn start_of_markdown(source: &str) -> usize {
    let bom = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = source.get(bom..).unwrap_or_default().split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else { return bom };
    let mut end = bom + first.len();
    let mut opens_with_key = None;
    for line in lines {
        end += line.len();
        let bare = line.trim_end();
        if bare == "---" || bare == "..." {
            return if opens_with_key == Some(false) { bom } else { end };
        }
        if !bare.is_empty() && !bare.starts_with('#') {
            opens_with_key.get_or_insert_with(|| is_key(bare));
        }
    }
    bom
}

/// Whether a line of YAML is `key:` or `key: value`, unindented.
fn is_key(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, value)| {
        !key.starts_with(['-', '*', '+', '>', ' ', '\t']) && (value.is_empty() || value.starts_with([' ', '\t']))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(bytes: impl AsRef<[u8]>) -> Vec<Item> {
        read("c.md", bytes.as_ref()).unwrap().items
    }

    /// `[x] text` for each item.
    fn shown(bytes: impl AsRef<[u8]>) -> Vec<String> {
        items(bytes).iter().map(|i| format!("[{}] {}", if i.is_done { 'x' } else { ' ' }, i.text)).collect()
    }

    #[test]
    fn markdown_marks_vanish_from_the_text() {
        assert_eq!(
            shown(
                "- [ ] **Tag** `v1` and [push](http://x/y) ~~now~~ <!-- hidden --> ![logo](l.png)\n- [X] two\n  lines\n"
            ),
            ["[ ] Tag v1 and push now  logo", "[x] two lines"]
        );
    }

    #[test]
    fn text_from_outside_is_scrubbed() {
        assert_eq!(shown("# \u{202e}H\n- [ ] a\u{1b}[2Jb\n"), ["[ ] a␛[2Jb"]);
        assert_eq!(items("# \u{202e}H\n- [ ] a\n")[0].section.as_str(), "·H");
    }

    #[test]
    fn an_item_is_its_first_paragraph() {
        assert_eq!(
            shown("- [ ] first\n\n  second\n\n  - [x] nested\n- [ ] code\n  ```\n  - [ ] no\n  ```\n"),
            ["[ ] first", "[x] nested", "[ ] code"]
        );
    }

    #[test]
    fn depth_is_counted_from_the_outermost_list() {
        let found = items("- [ ] a\n  1. [ ] b\n     * [x] c\n- [ ] d\n\n> - [ ] quoted\n");
        assert_eq!(found.iter().map(|i| i.depth).collect::<Vec<_>>(), [0, 1, 2, 0, 0]);
    }

    #[test]
    fn a_box_without_text_is_a_task_with_or_without_a_last_line_end() {
        assert_eq!(shown("- [ ]\n- [x]\n"), ["[ ] ", "[x] "]);
        assert_eq!(shown("- [x] a\n- [ ]"), ["[x] a", "[ ] "]);
        assert_eq!(shown("- [ ]\n  text below\n"), ["[ ] text below"]);
    }

    #[test]
    fn only_a_space_or_an_x_makes_a_box() {
        let none = "- [\t] tab\n- [\u{a0}] no-break\n- [\n] newline\n- [\u{445}] Cyrillic\n- [] empty\n- [ ]\u{a0}glued\n- [x](link)\n";
        assert_eq!(shown(none), Vec::<String>::new());
    }

    #[test]
    fn spaces_and_tabs_before_a_box_do_not_move_its_byte() {
        for before in ["-", "-  ", "-   ", "-\t", "- \t", " *\t", "10)\t"] {
            let found = items(format!("{before} [x] a\n"));
            assert_eq!(found.iter().map(|i| (i.text.as_str(), i.byte)).collect::<Vec<_>>(), [("a", before.len() + 2)]);
        }
    }

    #[test]
    fn code_and_comments_hold_no_tasks() {
        let none = "<!--\n- [ ] a\n-->\n\n    - [ ] b\n\n~~~\n- [ ] c\n~~~\n\n<details>\n- [ ] d\n</details>\n";
        assert_eq!(shown(none), Vec::<String>::new());
    }

    #[test]
    fn a_phase_is_inherited_below_its_heading_only() {
        let found = items(
            "# Release\n- [ ] a\n## T-2\n- [ ] b\n### Docs\n- [ ] c\n#### T-1 in the evening\n- [ ] d\n### Sites\n- [ ] e\n\
             ## Contacts\n- [ ] f\n",
        );
        assert_eq!(
            found.iter().map(|i| i.phase).collect::<Vec<_>>(),
            [None, Some(-2), Some(-2), Some(-1), Some(-2), None]
        );
        assert_eq!(found[2].section.as_str(), "Docs");
    }

    #[test]
    fn the_title_is_the_first_heading_of_either_kind() {
        assert_eq!(read("c.md", b"Release *4.9*\n===\n\n# Other\n").unwrap().title.as_str(), "Release 4.9");
        assert!(read("c.md", b"- [ ] a\n").unwrap().title.is_blank());
    }

    #[test]
    fn the_owner_is_the_first_mention_in_prose() {
        let owner = |text: &str| items(format!("- [ ] {text}\n"))[0].owner.as_ref().map(ToString::to_string);
        assert_eq!(owner("Sign-off (@ana.k), then @bo"), Some("ana.k".to_owned()));
        assert_eq!(owner("ask @acme/sre."), Some("acme/sre".to_owned()));
        assert_eq!(owner("mail a@b.org, use `@scope/pkg` and checkout@v4 @ 5"), None);
    }

    #[test]
    fn lines_and_bytes_are_those_of_the_file_as_stored() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["---", "title: x", "---", "# H", "", "- [ ] a", "  1. [x] b", "> * [ ]  c"].join(end);
            let bytes = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
            let found = items(&bytes);
            assert_eq!(found.iter().map(|i| i.line).collect::<Vec<_>>(), [6, 7, 8], "{end:?}");
            for item in &found {
                assert_eq!(bytes[item.byte - 1..=item.byte + 1], *if item.is_done { b"[x]" } else { b"[ ]" });
            }
        }
    }

    #[test]
    fn broken_utf8_does_not_move_a_byte() {
        let bytes = b"# \xff\xfe H\xc3\n- [ ] caf\xe9 \xf0\x9f\n- [x] b\xe2\x82";
        assert_eq!(shown(bytes), ["[ ] caf␚ ␚␚", "[x] b␚␚"]);
        let changed = toggle(bytes, &items(bytes)[1], digest(bytes)).unwrap();
        assert_eq!(changed, b"# \xff\xfe H\xc3\n- [ ] caf\xe9 \xf0\x9f\n- [ ] b\xe2\x82");
    }

    #[test]
    fn front_matter_holds_no_tasks_but_a_rule_on_top_hides_none() {
        assert_eq!(shown("---\nlabels:\n- [x] no\n---\n- [ ] yes\n"), ["[ ] yes"]);
        assert_eq!(shown("---\n- [x] one\n\n---\n- [ ] two\n"), ["[x] one", "[ ] two"]);
        assert_eq!(shown("---\nname: never closed\n- [x] one\n"), ["[x] one"]);
        assert_eq!(shown("a\n\n---\nkey: x\n- [x] one\n\n---\n"), ["[x] one"]);
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        assert_eq!(read("c", &vec![b'a'; LIMIT_BYTES + 1]), Err(ChecklistError::TooLong { bytes: LIMIT_BYTES + 1 }));
        assert_eq!(read("c", "- [ ] a\n".repeat(LIMIT_ITEMS + 1).as_bytes()), Err(ChecklistError::TooManyItems));
        assert_eq!(items("- [ ] a\n".repeat(LIMIT_ITEMS)).len(), LIMIT_ITEMS);
        assert_eq!(read("c", b"\xff\xfe-\0"), Err(ChecklistError::Utf16));
    }

    #[test]
    fn a_tick_is_one_byte_and_the_rest_stays() {
        let bytes = b"- [ ] a\r\n- [X] b";
        let found = items(bytes);
        assert_eq!(toggle(bytes, &found[0], digest(bytes)).unwrap(), b"- [x] a\r\n- [X] b");
        assert_eq!(toggle(bytes, &found[1], digest(bytes)).unwrap(), b"- [ ] a\r\n- [ ] b");
    }

    #[test]
    fn a_file_that_changed_underneath_is_left_alone() {
        let (old, new) = (b"- [ ] a\n", b"- [ ] b\n");
        assert_eq!(toggle(new, &items(old)[0], digest(old)), Err(ToggleError::Changed));
    }

    #[test]
    fn an_item_from_elsewhere_ticks_nothing() {
        let bytes = b"- [ ] a\n- [\t] tab\n- [x] c\n";
        let found = items(bytes);
        for (byte, is_done) in
            [(0, false), (1, false), (11, false), (19, false), (3, true), (26, true), (usize::MAX, true)]
        {
            let item = Item { byte, is_done, ..found[0].clone() };
            assert_eq!(toggle(bytes, &item, digest(bytes)), Err(ToggleError::NotABox { byte }), "{byte}");
        }
    }

    #[test]
    fn the_digest_is_fnv_1a() {
        assert_eq!(digest(b""), Digest { length: 0, hash: 0xcbf2_9ce4_8422_2325 });
        assert_eq!(digest(b"foobar"), Digest { length: 6, hash: 0x8594_4171_f739_67e8 });
        for other in [&b"fooba!"[..], b"", b"foobar and more"] {
            assert_eq!(digests(b"foobar", other), (digest(b"foobar"), digest(other)));
        }
    }

    /// Ticks each box in turn: one byte differs, that item alone flips, and a second tick restores the file.
    fn every_box_flips_alone(bytes: &[u8]) -> Result<(), TestCaseError> {
        let before = read("c.md", bytes).unwrap();
        for (nth, item) in before.items.iter().enumerate() {
            let once = toggle(bytes, item, before.digest).unwrap();
            prop_assert_eq!(once.len(), bytes.len());
            let differing: Vec<_> = (0..bytes.len()).filter(|i| bytes[*i] != once[*i]).collect();
            prop_assert_eq!(differing, vec![item.byte]);
            let after = read("c.md", &once).unwrap();
            let mut expected = before.items.clone();
            expected[nth].is_done = !item.is_done;
            prop_assert_eq!(&after.items, &expected);
            let mut twice = toggle(&once, &after.items[nth], after.digest).unwrap();
            // A capital X comes back as a small one.
            if bytes[item.byte] == b'X' {
                twice[item.byte] = b'X';
            }
            prop_assert_eq!(twice, bytes);
        }
        Ok(())
    }

    /// Fragments that Markdown cares about, in any order.
    fn markdownish() -> impl Strategy<Value = Vec<u8>> {
        let pieces: Vec<&[u8]> = vec![
            b"- [ ] ",
            b"- [x] ",
            b"* [X] ",
            b"1. [ ] ",
            b"[ ]",
            b"[x]",
            b"- ",
            b"+ ",
            b"> ",
            b"\n",
            b"\n",
            b"\n\n",
            b"\r",
            b"\r\n",
            b"  ",
            b"    ",
            b"\t",
            b"# ",
            b"## T-2 ",
            b"```",
            b"`",
            b"<!--",
            b"-->",
            b"---",
            b"===",
            b"|",
            b"|-|\n",
            b"[x]: u",
            b"](u)",
            b"[",
            b"<p>",
            b"\\",
            b"*",
            b"~~",
            b"@a",
            b"a",
            b"\xc3\xa9",
            b"\xff",
            b"\xef\xbb\xbf",
            b"\0",
            b"k: v",
            b":",
        ];
        proptest::collection::vec(proptest::sample::select(pieces), 0..40).prop_map(|chosen| chosen.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            every_box_flips_alone(&bytes)?;
        }

        #[test]
        fn toggling_flips_exactly_one_item(bytes in markdownish()) {
            every_box_flips_alone(&bytes)?;
        }

        #[test]
        fn a_foreign_item_never_breaks_anything(bytes in markdownish(), byte in 0usize..200, is_done: bool) {
            let item = Item { byte, is_done, ..items(b"- [ ] a\n")[0].clone() };
            if let Ok(changed) = toggle(&bytes, &item, digest(&bytes)) {
                prop_assert_eq!(changed.len(), bytes.len());
                prop_assert!(bytes[byte] != changed[byte]);
            }
        }
    }
}
