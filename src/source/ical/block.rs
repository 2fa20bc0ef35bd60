//! A calendar file as lines, and the lines as components.
//!
//! The parser of `icalendar` takes a file whole or not at all, and calls itself for each nested component; so it is given
//! one content line at a time, and a component that is cut off costs nobody else anything.

use icalendar::parser::Property as Parsed;

/// One content line that matters to us, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// In upper case.
    pub(super) name: String,
    /// Unescaped where its kind is text.
    pub(super) value: String,
    /// Names in upper case; quotes taken off.
    pub(super) params: Vec<(String, String)>,
    /// The line it begins on, from 1.
    pub(super) line: usize,
}

impl Property {
    /// The value of a parameter.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One component: its properties, and for a zone the components within it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Block {
    /// `VEVENT`, `STANDARD`.
    pub(super) kind: String,
    /// The line of its BEGIN.
    pub(super) line: usize,
    /// Its own properties, in the order of the file.
    pub(super) properties: Vec<Property>,
    /// What a zone is made of.
    pub(super) parts: Vec<Block>,
    /// Why it must not be used.
    pub(super) fault: Option<String>,
}

impl Block {
    /// The first property of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// All properties of that name.
    pub(super) fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }
}

/// What a file holds that matters to us.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Properties of the calendar itself.
    pub(super) calendar: Vec<Property>,
    /// Events, in the order of the file.
    pub(super) events: Vec<Block>,
    /// Zones.
    pub(super) zones: Vec<Block>,
    /// How many calendars begin in the file.
    pub(super) n_calendars: usize,
    /// Whether a calendar begins in the file and does not end.
    pub(super) is_cut_off: bool,
}

/// A content line that matters and is longer than this is refused; others may have any length.
const LONGEST_LINE: usize = 1 << 20;

/// What we read of an event, a zone and the calendar; every other line is passed over, whatever is in it.
const NAMES: [&str; 22] = [
    "UID",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "EXRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "STATUS",
    "SEQUENCE",
    "ATTENDEE",
    "ORGANIZER",
    "TZID",
    "X-LIC-LOCATION",
    "TZOFFSETFROM",
    "TZOFFSETTO",
    "TZNAME",
    "NAME",
    "X-WR-CALNAME",
    "X-WR-TIMEZONE",
];

/// Of those, the ones an event can do without: unreadable, they are left out and the event stays.
const SPARE: [&str; 7] = ["SUMMARY", "SEQUENCE", "ATTENDEE", "ORGANIZER", "TZNAME", "NAME", "X-WR-CALNAME"];

/// Joins folded lines, as bytes: a fold may part the bytes of one character. Each line comes with its number.
pub(super) fn unfold(bytes: &[u8]) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line, lines.last_mut()) {
            ([b' ' | b'\t', rest @ ..], Some((_, before))) => before.extend_from_slice(rest),
            _ => lines.push((number, line.to_vec())),
        }
    }
    lines.into_iter().map(|(number, line)| (number, String::from_utf8_lossy(&line).into_owned())).collect()
}

/// Takes a file apart into components.
pub(super) fn blocks(bytes: &[u8]) -> Blocks {
    let mut taken = Taker::default();
    for (number, line) in unfold(bytes) {
        taken.line(number, &line);
    }
    taken.end()
}

/// Reads line by line; nothing in it nests deeper than a zone's parts.
#[derive(Default)]
struct Taker {
    found: Blocks,
    /// A calendar began and has not ended.
    is_open: bool,
    open: Option<Block>,
    part: Option<Block>,
    /// Components within the open one that we do not read: only how deep we are.
    passed: Vec<String>,
}

impl Taker {
    fn line(&mut self, number: usize, line: &str) {
        let trimmed = line.trim();
        if let Some(kind) = keyword(trimmed, "BEGIN:") {
            self.begin(kind, number);
        } else if let Some(kind) = keyword(trimmed, "END:") {
            self.finish(kind);
        } else if !trimmed.is_empty() && self.passed.is_empty() && (self.open.is_some() || 0 < self.found.n_calendars) {
            self.content(number, line);
        }
    }

    fn begin(&mut self, kind: String, number: usize) {
        let begun = Block { kind: kind.clone(), line: number, ..Block::default() };
        match kind.as_str() {
            "VCALENDAR" | "VEVENT" | "VTIMEZONE" => {
                self.cut_off();
                if kind == "VCALENDAR" {
                    self.found.is_cut_off |= self.is_open;
                    self.is_open = true;
                    self.found.n_calendars = self.found.n_calendars.saturating_add(1);
                } else {
                    self.open = Some(begun);
                }
            }
            "STANDARD" | "DAYLIGHT" if self.passed.is_empty() && self.is_in_zone() => self.part = Some(begun),
            _ => self.passed.push(kind),
        }
    }

    fn is_in_zone(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.kind == "VTIMEZONE")
    }

    /// Ends whatever is open although its END did not come.
    fn cut_off(&mut self) {
        self.passed.clear();
        if let Some(mut block) = self.open.take() {
            let name = block.kind.clone();
            block.fault.get_or_insert(format!("it is cut off: no END:{name} before the next begins or the file ends"));
            self.part = None;
            self.keep(block);
        }
    }

    fn keep(&mut self, block: Block) {
        match block.kind.as_str() {
            "VEVENT" => self.found.events.push(block),
            _ => self.found.zones.push(block),
        }
    }

    fn finish(&mut self, kind: String) {
        if let Some(part) = self.part.take_if(|part| part.kind == kind) {
            if let Some(open) = &mut self.open {
                open.parts.push(part);
            }
        } else if let Some(block) = self.open.take_if(|open| open.kind == kind) {
            // What was begun within it and never ended was not read anyway.
            self.passed.clear();
            self.part = None;
            self.keep(block);
        } else if kind == "VCALENDAR" {
            self.cut_off();
            self.is_open = false;
        } else if let Some(at) = self.passed.iter().rposition(|open| *open == kind) {
            self.passed.truncate(at);
        }
    }

    fn content(&mut self, number: usize, line: &str) {
        let is_calendar = self.open.is_none();
        let name = line.trim_start().split([':', ';', ' ', '\t']).next().unwrap_or_default().to_ascii_uppercase();
        let is_ours = NAMES.contains(&name.as_str());
        if !is_ours && line.contains(':') {
            return;
        }
        match property(number, line).filter(|_| is_ours) {
            Some(property) if is_calendar => self.found.calendar.push(property),
            Some(property) => {
                if let Some(block) = self.part.as_mut().or(self.open.as_mut()) {
                    block.properties.push(property);
                }
            }
            None if SPARE.contains(&name.as_str()) => {}
            None => {
                if let Some(open) = &mut self.open {
                    let what = if is_ours { name.as_str() } else { "a line that is no property" };
                    open.fault.get_or_insert(format!("line {number} cannot be read: {what}"));
                }
            }
        }
    }

    fn end(mut self) -> Blocks {
        self.cut_off();
        self.found.is_cut_off |= self.is_open;
        self.found
    }
}

/// What follows `BEGIN:` or `END:`, in upper case.
fn keyword(line: &str, word: &str) -> Option<String> {
    let (head, kind) = line.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then(|| kind.trim().to_ascii_uppercase())
}

fn property(number: usize, line: &str) -> Option<Property> {
    // Without a colon the parser takes the name for a property without a value, and loses the rest.
    if LONGEST_LINE < line.len() || !line.contains(':') {
        return None;
    }
    let parsed = Parsed::try_from(line).ok()?;
    let params = parsed.params.iter().map(|param| {
        let value = param.val.as_ref().map(|value| value.as_str().to_owned()).unwrap_or_default();
        (param.key.as_str().to_ascii_uppercase(), value)
    });
    Some(Property {
        name: parsed.name.as_str().to_ascii_uppercase(),
        params: params.collect(),
        value: parsed.val.as_str().to_owned(),
        line: number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(inside: &str) -> Blocks {
        blocks(format!("BEGIN:VCALENDAR\r\n{inside}\r\nEND:VCALENDAR\r\n").as_bytes())
    }

    #[test]
    fn a_fold_may_part_one_character() {
        let folded = "SUMMARY:caf\u{e9}!".as_bytes();
        let at = folded.len() - 2;
        let bytes = [&folded[..at], b"\r\n ", &folded[at..]].concat();
        assert_eq!(unfold(&bytes), [(1, "SUMMARY:caf\u{e9}!".to_owned())]);
    }

    #[test]
    fn an_event_that_is_cut_off_costs_nobody_else_anything() {
        let found = calendar("BEGIN:VEVENT\nUID:1\nSUMMARY:ana\nBEGIN:VEVENT\nUID:2\nEND:VEVENT\nBEGIN:VEVENT\nUID:3");
        let faults: Vec<_> = found.events.iter().map(|event| event.fault.is_some()).collect();
        assert_eq!(faults, [true, false, true]);
        assert!(!found.is_cut_off && found.n_calendars == 1);
    }

    #[test]
    fn each_calendar_of_a_file_must_end_in_whatever_case() {
        let is_cut_off = |file: &str| blocks(file.as_bytes()).is_cut_off;
        let event = "BEGIN:VEVENT\nUID:1\nEND:VEVENT\n";
        assert!(is_cut_off(&format!("BEGIN:VCALENDAR\n{event}")));
        assert!(is_cut_off(&format!("BEGIN:VCALENDAR\n{event}END:VCALENDA")));
        assert!(is_cut_off(&format!("BEGIN:VCALENDAR\n{event}BEGIN:VCALENDAR\n{event}END:VCALENDAR")));
        assert!(is_cut_off(&format!("BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\n{event}")));
        assert!(!is_cut_off(&format!("begin:vcalendar\n{event}End:vCalendar")));
        assert!(!is_cut_off(&format!("BEGIN:VCALENDAR\n{event}END:VCALENDAR\n").repeat(2)));
        assert!(!is_cut_off(event), "no calendar began");
    }

    #[test]
    fn an_alarm_within_an_event_is_passed_over_even_when_it_never_ends() {
        let found =
            calendar("BEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nSUMMARY:loud\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nEND:VEVENT");
        assert_eq!(found.events.iter().map(|event| event.properties.len()).collect::<Vec<_>>(), [1, 1]);
        assert!(found.events.iter().all(|event| event.fault.is_none()));
    }

    #[test]
    fn components_nested_a_hundred_thousand_deep_are_read_in_one_breath() {
        let deep = "BEGIN:X\n".repeat(100_000);
        assert_eq!(calendar(&format!("{deep}BEGIN:VEVENT\nUID:1\nEND:VEVENT")).events.len(), 1);
    }

    #[test]
    fn a_line_that_matters_and_cannot_be_read_refuses_its_event_and_no_other_line_does() {
        let fault = |line: &str| calendar(&format!("BEGIN:VEVENT\n{line}\nEND:VEVENT")).events[0].fault.clone();
        assert_eq!(fault("EXDATE 20260101").as_deref(), Some("line 3 cannot be read: EXDATE"));
        assert_eq!(fault("loose words").as_deref(), Some("line 3 cannot be read: a line that is no property"));
        assert_eq!(fault("X-ANYTHING;;;=\":broken"), None);
        assert_eq!(
            fault(&format!("RRULE:{}", "x".repeat(LONGEST_LINE))).as_deref(),
            Some("line 3 cannot be read: RRULE")
        );
        assert_eq!(fault(&format!("DESCRIPTION:{}", "x".repeat(10 << 20))), None);
    }

    #[test]
    fn quotes_are_taken_off_and_escapes_of_text_undone() {
        let found = calendar("BEGIN:VEVENT\nATTENDEE;CN=\"K, Ana\":mailto:ana@x.org\nSUMMARY:a\\, b\\; c\nEND:VEVENT");
        let event = &found.events[0];
        assert_eq!(event.get("ATTENDEE").and_then(|p| p.param("CN")), Some("K, Ana"));
        assert_eq!(event.get("SUMMARY").map(|p| p.value.as_str()), Some("a, b; c"));
    }
}
