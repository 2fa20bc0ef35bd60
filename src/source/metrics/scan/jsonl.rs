//! Lines that one program writes differ in their values only: the bytes between them are compared, not read.
//!
//! A line that the full parser took is cut into what was always there and the holes where values stood. A line that fits
//! is JSON because that one was, and its values stand under the same keys.

use serde_json::Value;

use crate::source::metrics::{
    scan::{Keys, Row, number, stamp::Clock, words},
    shape::Paths,
};

/// How many kinds of lines are remembered of one file.
const KINDS: usize = 24;

/// A line with more parts than this is not worth comparing.
const PARTS: usize = 400;

/// The kinds of lines seen so far.
#[derive(Debug, Default)]
pub(super) struct Templates {
    kinds: Vec<Template>,
    /// The one that fitted last.
    last: usize,
    /// The one to give way next, once there are too many.
    oldest: usize,
}

#[derive(Debug)]
struct Template {
    /// What stands before each hole, and the hole.
    holes: Vec<(Box<[u8]>, Hole)>,
    /// What stands behind the last one.
    end: Box<[u8]>,
    /// What the line is called, where it has no name.
    name: Option<Box<[u8]>>,
    /// Whether a label is wanted.
    has_label: bool,
    has_value: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Hole {
    kind: Kind,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Between quotes, which belong to what was always there.
    Text,
    Number,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Ignored,
    Time,
    Name,
    Value,
    Label,
}

impl Templates {
    /// Reads a line, which is UTF-8; nothing = the full parser must.
    #[inline]
    pub(super) fn read(&mut self, line: &[u8], clock: &mut Clock, keys: &mut Keys) -> Option<Row> {
        if let Some(row) = self.kinds.get(self.last)?.read(line, clock, keys) {
            return Some(row);
        }
        for (place, kind) in self.kinds.iter().enumerate() {
            if place != self.last
                && let Some(row) = kind.read(line, clock, keys)
            {
                self.last = place;
                return Some(row);
            }
        }
        None
    }

    /// Remembers the kind of a line that the full parser read.
    pub(super) fn learn(&mut self, line: &[u8], paths: &Paths, name_of_all: &str) {
        let Some(template) = Template::of(line, paths, name_of_all) else { return };
        self.last = if self.kinds.len() < KINDS {
            self.kinds.push(template);
            self.kinds.len() - 1
        } else {
            let place = self.oldest;
            if let Some(kind) = self.kinds.get_mut(place) {
                *kind = template;
            }
            self.oldest = (place + 1) % KINDS;
            place
        };
    }
}

impl Template {
    #[inline]
    fn read(&self, line: &[u8], clock: &mut Clock, keys: &mut Keys) -> Option<Row> {
        let (mut at_ms, mut name, mut label, mut value) = (None, self.name.as_deref(), None, None);
        let mut rest = line;
        for (before, hole) in &self.holes {
            rest = words::behind(rest, before)?;
            match hole.kind {
                Kind::Text => {
                    let length = words::plain_text(rest)?;
                    let (text, after) = rest.split_at_checked(length)?;
                    rest = after;
                    match hole.role {
                        Role::Ignored => {}
                        Role::Time => at_ms = Some(clock.read(text)?),
                        Role::Name => name = Some(text),
                        Role::Label => label = Some(text),
                        Role::Value => value = Some(number::all(text)?),
                    }
                }
                Kind::Number => {
                    let found = number::leading(rest)?;
                    rest = rest.get(found.text.len()..)?;
                    match hole.role {
                        // So long a number might be larger than the full parser takes.
                        Role::Ignored if found.text.len() > 40 => return None,
                        Role::Ignored => {
                            found.value()?;
                        }
                        Role::Time => at_ms = Some(Clock::number(&found)?),
                        Role::Value => value = Some(found.value()?),
                        // As text, only a plain integer is written as it stands.
                        Role::Name | Role::Label => {
                            if found.whole()? < 0 || found.text.starts_with(b"-") {
                                return None;
                            }
                            if hole.role == Role::Name { name = Some(found.text) } else { label = Some(found.text) }
                        }
                    }
                }
            }
        }
        if rest != &*self.end {
            return None;
        }
        let label = if self.has_label { Some(label.unwrap_or_default()) } else { None };
        Some(Row {
            at_ms: Some(at_ms?),
            key: keys.of(name?, label),
            value: if self.has_value { Some(value?) } else { None },
        })
    }

    /// Cuts a line; nothing where it holds something that templates do not know.
    fn of(line: &[u8], paths: &Paths, name_of_all: &str) -> Option<Self> {
        if line.contains(&b'\\') {
            return None;
        }
        let event: Value = serde_json::from_slice(line).ok()?;
        let place = |path: &str| chain(&event, path);
        let wanted = [
            (Role::Time, place(&paths.time)),
            (Role::Name, paths.name.as_deref().and_then(place)),
            (Role::Value, paths.value.as_deref().and_then(place)),
            (Role::Label, paths.labels.first().and_then(|path| place(path))),
        ];
        // A field in two roles would need two holes in one place.
        let found = || wanted.iter().filter_map(|(_, chain)| chain.as_ref());
        if found().enumerate().any(|(i, one)| found().skip(i + 1).any(|other| one == other)) {
            return None;
        }
        let mut walk =
            Walk { line, at: 0, from: 0, chain: Vec::new(), wanted: &wanted, visits: [0; 4], holes: Vec::new() };
        walk.value(0)?;
        let Walk { from, visits, holes, .. } = walk;
        let has = |role: Role| holes.iter().filter(|(_, hole)| hole.role == role).count();
        // Of a key that comes twice only the last counts; a value that is no text and no number has no hole.
        let is_plain = |((role, chain), visits): (&(Role, Option<Vec<String>>), &usize)| {
            (has(*role), *visits) == (usize::from(chain.is_some()), usize::from(chain.is_some()))
        };
        if !wanted.iter().zip(&visits).all(is_plain) {
            return None;
        }
        let end = line.get(from..)?.into();
        let name = paths.name.is_none().then(|| name_of_all.as_bytes().into());
        let (has_label, has_value) = (!paths.labels.is_empty(), has(Role::Value) == 1);
        Some(Self { holes, end, name, has_label, has_value })
    }
}

/// The keys that lead to what a path finds, by the rule of the full parser.
fn chain(value: &Value, path: &str) -> Option<Vec<String>> {
    if step(value, path).is_some() {
        return Some(vec![path.to_owned()]);
    }
    let (first, rest) = path.split_once('.')?;
    let mut below = chain(step(value, first)?, rest)?;
    below.insert(0, first.to_owned());
    Some(below)
}

fn step<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    // What stands in a list is for the full parser.
    value.as_object()?.get(key)
}

/// Goes through a line that is known to be JSON without escapes.
struct Walk<'a> {
    line: &'a [u8],
    at: usize,
    /// Where what was always there begins.
    from: usize,
    chain: Vec<String>,
    wanted: &'a [(Role, Option<Vec<String>>); 4],
    /// How often each wanted field came by.
    visits: [usize; 4],
    holes: Vec<(Box<[u8]>, Hole)>,
}

impl Walk<'_> {
    fn byte(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.byte().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn text(&mut self) -> Option<&[u8]> {
        self.at += 1;
        let start = self.at;
        self.at += memchr::memchr(b'"', self.line.get(start..)?)?;
        let found = self.line.get(start..self.at);
        self.at += 1;
        found
    }

    fn hole(&mut self, kind: Kind, start: usize, end: usize) -> Option<()> {
        let role = self.wanted.iter().find(|(_, chain)| chain.as_ref() == Some(&self.chain)).map(|(role, _)| *role);
        let before = self.line.get(self.from..start)?.into();
        self.holes.push((before, Hole { kind, role: role.unwrap_or(Role::Ignored) }));
        self.from = end;
        (self.holes.len() < PARTS).then_some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        match self.byte()? {
            b'{' | b'[' => self.many(depth),
            b'"' => {
                let start = self.at + 1;
                let length = self.text()?.len();
                self.hole(Kind::Text, start, start + length)
            }
            b'-' | b'0'..=b'9' => {
                let length = number::leading(self.line.get(self.at..)?)?.text.len();
                let start = self.at;
                self.at += length;
                self.hole(Kind::Number, start, start + length)
            }
            // true, false and null stay where they are; another word is another kind of line.
            _ => {
                while self.byte().is_some_and(|b| b.is_ascii_lowercase()) {
                    self.at += 1;
                }
                Some(())
            }
        }
    }

    /// The inside of an object or a list.
    fn many(&mut self, depth: usize) -> Option<()> {
        if depth > 32 {
            return None;
        }
        let is_object = self.byte()? == b'{';
        self.at += 1;
        let mut n = 0_usize;
        loop {
            self.blanks();
            match self.byte()? {
                b'}' | b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    let key = if is_object {
                        let key = String::from_utf8(self.text()?.to_vec()).ok()?;
                        self.blanks();
                        // The colon.
                        self.at += 1;
                        key
                    } else {
                        // No path leads here: a key cannot hold a line's end.
                        format!("{n}\n")
                    };
                    n += 1;
                    self.chain.push(key);
                    for ((_, chain), visits) in self.wanted.iter().zip(&mut self.visits) {
                        *visits += usize::from(chain.as_ref() == Some(&self.chain));
                    }
                    self.value(depth + 1)?;
                    self.chain.pop();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::zone::Zone,
        source::metrics::{
            scan::Scanner,
            shape::{Layout, Shape, Stamps},
        },
    };

    fn shape(value: Option<&str>) -> Shape {
        let paths = Paths {
            time: "ts".into(),
            name: Some("name".into()),
            value: value.map(str::to_owned),
            labels: vec!["labels.host".into()],
        };
        Shape { layout: Layout::Jsonl(paths), name: "events".into(), stamps: Stamps::Zoned }
    }

    #[test]
    fn the_second_line_of_a_kind_is_not_parsed() {
        let Layout::Jsonl(paths) = shape(Some("value")).layout else { panic!("JSON") };
        let (mut templates, mut keys) = (Templates::default(), Keys::new(1));
        let mut clock = Clock::new(&Zone::utc());
        let line = |value: &str| {
            format!(
                r#"{{"ts": "2026-11-20T12:00:00.250Z","name":"a","ok":true,"n":[1,2],"value":{value},"labels":{{"host":"h"}}}}"#
            )
        };
        templates.learn(line("1").as_bytes(), &paths, "events");
        let row = templates.read(line("-2.5e1").as_bytes(), &mut clock, &mut keys);
        assert_eq!(row, Some(Row { at_ms: Some(1_795_176_000_250), key: 0, value: Some(-25.0) }));
        for bad in ["01", "1.", "\"1", "1e400", "1,\"value\":2", ""] {
            assert_eq!(templates.read(line(bad).as_bytes(), &mut clock, &mut keys), None, "{bad}");
        }
    }

    fn word() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{0,4}".prop_map(|s| format!("\"{s}\"")),
            "[a-z\\\\\"\u{e4}\u{1}]{0,4}".prop_map(|s| format!("\"{s}\"")),
            "-?[0-9]{1,20}(\\.[0-9]{0,4})?(e[0-9]{1,3})?",
            Just("true".to_owned()),
            Just("null".to_owned()),
            Just("[1,{\"name\":2}]".to_owned()),
            Just("{\"host\":\"h\"}".to_owned()),
            "2026-11-20T12:0[0-9]:[0-5][0-9](\\.[0-9]{1,4})?(Z|\\+01:00)?".prop_map(|s| format!("\"{s}\"")),
        ]
    }

    proptest! {
        #[test]
        fn every_line_says_what_the_full_parser_says(
            events in proptest::collection::vec(
                proptest::collection::vec(("ts|name|value|labels|labels\\.host|x", word()), 0..7), 1..12),
            order in proptest::collection::vec(any::<prop::sample::Index>(), 0..30), is_counted in any::<bool>(),
        ) {
            let shape = shape((!is_counted).then_some("value"));
            let lines: Vec<String> = events.iter().map(|event| {
                let mut fields: Vec<String> = event.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                fields.insert(0, "\"ts\":1795176000,\"name\":\"n\",\"value\":1".to_owned());
                format!("{{{}}}", if event.len() % 2 == 0 { fields.join(",") } else { fields[1..].join(",") })
            }).collect();
            let (mut fast, mut keys) = (Scanner::new(&shape, &Zone::utc()), Keys::new(2));
            for line in order.iter().map(|i| i.get(&lines)).chain(&lines).chain(&lines) {
                let found = fast.line(line.as_bytes(), &mut keys);
                // One that has seen nothing knows no template.
                let full = Scanner::new(&shape, &Zone::utc()).line(line.as_bytes(), &mut keys);
                prop_assert_eq!(found, full, "{}", line);
            }
        }
    }
}
