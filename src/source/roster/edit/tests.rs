use proptest::prelude::*;

use super::*;
use crate::domain::{diff::Mark, rota::OverrideKind, time::parse_rfc3339};

fn zones() -> Zones {
    Zones::bundled()
}

fn seat(name: &str) -> Text {
    Text::scrub(name)
}

fn cover() -> Override {
    Override {
        kind: OverrideKind::ReplaceUser { user: Text::scrub("ana"), with: Text::scrub("ben") },
        start: parse_rfc3339("2026-11-21T08:00:00Z").unwrap(),
        end: parse_rfc3339("2026-11-22T08:00:00Z").unwrap(),
        level: 0,
        created: None,
        note: Some(Text::scrub("a \"quoted\" note \\ with a slash")),
    }
}

/// Adds, reads back, removes; the file must be what it was. Returns the file with the override.
fn there_and_back(file: &str, name: &str) -> String {
    let before = roster::read(file, &zones()).unwrap();
    let added = add_override(file, &seat(name), &cover(), &zones()).unwrap();
    let after = roster::read(&added.text, &zones()).unwrap();
    let nth = before.schedules.iter().position(|s| s.name == seat(name)).unwrap();
    assert_eq!(after.schedules[nth].overrides.last(), Some(&cover()));
    assert!(added.diff.iter().any(|line| line.mark == Mark::Added));
    let place = before.schedules[nth].overrides.len();
    let removal = OverrideChange::Remove { nth: place, old: cover() };
    let removed = change(&added.text, &seat(name), &removal, &zones()).unwrap();
    assert_eq!(removed.text, file, "with it:\n{}", added.text);
    added.text
}

const HEAD: &str = "zone = \"Europe/Berlin\"\n[[person]]\nid = \"ana\"\n[[person]]\nid = \"ben\"\n";

#[test]
fn of_two_equal_overrides_the_one_at_its_place_goes() {
    let of = |note: &str| {
        format!(
            "\n[[schedule.override]] # {note}\nkind = \"remove\"\nuser = \"ana\"\n\
             from = 2026-12-24T00:00:00\nto = 2026-12-25T00:00:00\n"
        )
    };
    let seats = "\n[[schedule]]\nname = \"primary\"\n[[schedule.layer]]\nanchor = 2026-01-05\nshift = \"1 day\"\n\
                 people = [\"ana\"]\n";
    let file = format!("{HEAD}{seats}{}{}", of("first"), of("second"));
    let roster = roster::read(&file, &zones()).unwrap();
    let [first, second] = roster.schedules[0].overrides.as_slice() else { panic!("two") };
    assert_eq!(first, second);
    let without = |nth| change(&file, &seat("primary"), &OverrideChange::Remove { nth, old: first.clone() }, &zones());
    assert!(without(1).unwrap().text.contains("# first") && !without(1).unwrap().text.contains("# second"));
    assert!(!without(0).unwrap().text.contains("# first") && without(0).unwrap().text.contains("# second"));
    assert_eq!(without(2).unwrap_err(), EditError::NotThere);
    let removal = OverrideChange::Remove { nth: 1, old: cover() };
    assert_eq!(change(&file, &seat("primary"), &removal, &zones()).unwrap_err(), EditError::NotThere, "another one");
}

const BY_HAND: &str = r#"# Rota of the payments team.   Ask Ana before you touch it!
zone   =   'Europe/Berlin'   # the office

[[person]]
id="ana"        # no space on purpose
[[person]]
id = "ben"   ;
"#;

/// As people write: comments everywhere, odd spacing, both kinds of quotes, tables out of order.
fn by_hand() -> String {
    let head = BY_HAND.replace("   ;\n", "\n");
    head + r#"
  [[ schedule ]]      # the first seat
  name = 'primary'    # nobody renames this

    [[schedule."layer"]]
    anchor   = 2026-01-05T09:00:00   # Monday
    shift = """1 week"""
    people = [ "ana",
               'ben', # the new one
             ]

    [[schedule.override]] # Christmas
    people = ["ana"]
    from = 2026-12-24
    to = 2026-12-27   # inclusive of the 26th
    # note = "not agreed yet"


# ------------------------------------------------------------
# The second seat
[[schedule]]
name = "backup"
[[schedule.layer]]
anchor = 2026-01-05
shift = "2 weeks"
people = ["ben"]
# the end; do not add below"#
}

#[test]
fn a_file_edited_by_hand_survives_an_override_added_and_removed_byte_for_byte() {
    let file = by_hand();
    let with = there_and_back(&file, "primary");
    let place =
        "    # note = \"not agreed yet\"\n\n    [[schedule.override]]\n    kind = \"replace\"\n    user = \"ana\"\n";
    assert!(with.contains(place), "{with}");
    // Every line that was there is there, in its order.
    let mut lines = with.lines();
    assert!(file.lines().all(|old| lines.any(|new| new == old)), "{with}");
    let with = there_and_back(&file, "backup");
    assert!(with.contains("# the end; do not add below\n\n[[schedule.override]]\n"), "{with}");
    assert!(!with.ends_with('\n'));
}

#[test]
fn crlf_a_byte_order_mark_and_tight_tables_stay() {
    let crlf = by_hand().replace('\n', "\r\n");
    let with = there_and_back(&crlf, "primary");
    assert!(!with.replace("\r\n", "").contains('\n'), "{with:?}");
    let marked = format!("\u{feff}{crlf}");
    assert!(there_and_back(&marked, "backup").starts_with('\u{feff}'));
    let tight = format!(
        "{HEAD}[[schedule]]\nname = \"primary\"\n[[schedule.layer]]\nanchor = 2026-01-05\nshift = \"1 week\"\n\
         people = [\"ana\"]\n[[schedule]]\nname = \"backup\"\nlayer = []\noverride = [ ]\n"
    );
    let tight =
        tight.replace("layer = []\n", "layer = [{ anchor = 2026-01-05, shift = \"1 day\", people = [\"ben\"] }]\n");
    let with = there_and_back(&tight, "primary");
    assert!(with.contains("people = [\"ana\"]\n[[schedule.override]]\n"), "{with}");
    let with = there_and_back(&tight, "backup");
    assert!(with.contains("override = [{ kind = \"replace\", user"), "{with}");
}

#[test]
fn lists_of_overrides_keep_their_shape_whatever_it_is() {
    let item = "{ kind = \"add\", user = \"ben\", from = 2026-12-24, to = 2026-12-25 }";
    let lists = [
        format!("[{item}]"),
        format!("[ {item} ]"),
        format!("[{item},]"),
        format!("[ {item} , # why, who\n ]"),
        format!("[\n  {item}\n]"),
        format!("[\n  {item} # a comment, with a comma\n]"),
        format!("[\n  {item}, # a comment, with a comma\n]"),
        format!("[\n\t{item},\n\t{item}, ]"),
        format!("[\n  {item}\n  , # odd\n  {item}\n  # last\n]"),
        "[]".to_owned(),
        "[ # none yet\n]".to_owned(),
    ];
    for list in lists {
        let layer = "layer = [{ anchor = 2026-01-05, shift = \"1 day\", people = [\"ana\"] }]";
        there_and_back(&format!("{HEAD}[[schedule]]\nname = \"primary\"\noverride = {list} # end\n{layer}"), "primary");
        let inline = format!("{HEAD}schedule = [ {{ name = \"primary\", override = {list}, {layer} }}, ]");
        let toml = "zone = \"UTC\"\nperson = [{ id = \"ana\" }, { id = \"ben\" }]\n".to_owned()
            + inline.strip_prefix(HEAD).unwrap();
        there_and_back(&toml, "primary");
    }
}

#[test]
fn an_item_in_the_middle_goes_alone_with_its_comment() {
    let one = |user: &str| format!("{{ kind = \"add\", user = \"{user}\", from = 2026-12-24, to = 2026-12-25 }}");
    let file = format!(
        "{HEAD}[[schedule]]\nname = \"primary\"\noverride = [\n  {}, # first\n  {}, # second\n  {} # third\n]\n",
        one("ana"),
        one("ben"),
        one("ana")
    );
    let without = remove_override(&file, &seat("primary"), 1, &zones()).unwrap().text;
    assert_eq!(without, file.replace(&format!("  {}, # second\n", one("ben")), ""));
    let without = remove_override(&file, &seat("primary"), 2, &zones()).unwrap().text;
    assert_eq!(without.matches(',').count(), file.matches(',').count() - 4, "{without}");
    assert!(without.contains("}} # first\n".replace("}}", "},").as_str()) && !without.contains("third"), "{without}");
}

#[test]
fn a_table_of_another_seat_is_never_touched() {
    let file = by_hand() + "\n[[schedule.override]]\npeople = [\"ben\"]\nfrom = 2026-12-24\nto = 2026-12-25\n";
    let without = remove_override(&file, &seat("primary"), 0, &zones()).unwrap().text;
    let roster = roster::read(&without, &zones()).unwrap();
    assert_eq!(roster.schedules.iter().map(|s| s.overrides.len()).collect::<Vec<_>>(), [0, 1]);
    assert!(without.contains("# note = \"not agreed yet\""));
}

#[test]
fn what_cannot_be_edited_is_refused_with_the_reason() {
    let file = by_hand();
    let said = |seat_name: &str, new: &Override, file: &str| {
        add_override(file, &seat(seat_name), new, &zones()).unwrap_err().to_string()
    };
    assert_eq!(said("primray", &cover(), &file), "no seat is called \"primray\"; did you mean \"primary\"?");
    let backwards = Override { end: cover().start, ..cover() };
    assert_eq!(said("primary", &backwards, &file), "it does not end after it starts");
    let stranger = Override { kind: OverrideKind::Add(Text::scrub("bem")), ..cover() };
    let why = said("primary", &stranger, &file);
    assert!(why.contains("nobody is called \"bem\"") && why.contains("did you mean \"ben\"?"), "{why}");
    assert!(said("primary", &cover(), "zone = 3").starts_with("the roster file has a problem: line 1: "));
    let inline = "zone = \"UTC\"\nperson = [{ id = \"ana\" }, { id = \"ben\" }]\nschedule = [{ name = \"primary\", layer = \
                  [{ anchor = 2026-01-05, shift = \"1 day\", people = [\"ana\"] }] }]";
    assert!(said("primary", &cover(), inline).starts_with("this seat is written as one line of { }"));
    assert_eq!(remove_override(&file, &seat("backup"), 0, &zones()), Err(EditError::NotThere));
}

#[test]
fn a_part_of_a_second_is_left_out_and_far_years_are_refused() {
    let late = cover().start + chrono::TimeDelta::milliseconds(900);
    let text = add_override(&by_hand(), &seat("primary"), &Override { start: late, ..cover() }, &zones()).unwrap().text;
    assert!(text.contains("from = 2026-11-21T09:00:00+01:00"), "{text}");
    let far = Override { end: chrono::DateTime::<chrono::Utc>::MAX_UTC, ..cover() };
    assert_eq!(add_override(&by_hand(), &seat("primary"), &far, &zones()), Err(EditError::Years));
}

/// What may stand between the lines of a file without meaning anything.
fn decor() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            Just(String::new()),
            Just("   ".to_owned()),
            "[ \t]{0,3}#[ -~äß„]{0,20}",
            Just("# [[schedule]]".to_owned())
        ],
        0..3,
    )
    .prop_map(|lines| lines.into_iter().map(|line| line + "\n").collect())
}

fn tail() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("  ".to_owned()), "[ ]{0,2}#[ -~]{0,12}"]
}

/// A roster with `n` seats, each with layers and overrides, decor between all lines.
fn rosters() -> impl Strategy<Value = (String, usize)> {
    let seat = (1..3_usize, 0..3_usize, "[ \t]{0,4}", prop_oneof![Just("'"), Just("\"")]);
    let seats = prop::collection::vec(seat, 1..4);
    (seats, prop::collection::vec((decor(), tail()), 64), any::<[bool; 4]>()).prop_map(|(seats, decors, flags)| {
        let [crlf, bom, no_end, person_last] = flags;
        let mut lines = vec!["zone = \"Europe/Berlin\"".to_owned()];
        let people = ["[[person]]", "id = \"ana\"", "[[ person ]]", "id = 'ben'"].map(str::to_owned);
        if !person_last {
            lines.extend(people.clone());
        }
        for (nth, (n_layers, n_overrides, indent, quote)) in seats.iter().enumerate() {
            lines.push(format!("{indent}[[schedule]]"));
            lines.push(format!("{indent}name = {quote}seat {nth}{quote}"));
            for n in 0..*n_layers.max(n_overrides) {
                if n < *n_layers {
                    let layer =
                        ["[[schedule.layer]]", "anchor = 2026-01-05", "shift   = '1 day'", "people = ['ana', 'ben']"];
                    lines.extend(layer.map(|line| format!("{indent}{line}")));
                }
                if n < *n_overrides {
                    let one = ["[[schedule.override]]", "people = [\"ben\"]", "from = 2026-12-24", "to = '2026-12-25'"];
                    lines.extend(one.map(|line| format!("{indent}{line}")));
                }
            }
        }
        if person_last {
            lines.extend(people);
        }
        let mut file = String::new();
        for (nth, line) in lines.iter().enumerate() {
            let (above, tail) = &decors[nth % decors.len()];
            file += &format!("{above}{line}{tail}\n");
        }
        if no_end {
            file.pop();
        }
        if crlf {
            file = file.replace('\n', "\r\n");
        }
        (if bom { format!("\u{feff}{file}") } else { file }, seats.len())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn added_and_removed_leaves_every_roster_as_it_was((file, n_seats) in rosters(), which in any::<prop::sample::Index>()) {
        let name = format!("seat {}", which.index(n_seats));
        there_and_back(&file, &name);
    }

    #[test]
    fn any_override_can_be_taken_out_and_nothing_else_changes((file, _) in rosters()) {
        let roster = roster::read(&file, &zones()).unwrap();
        for schedule in &roster.schedules {
            for nth in 0..schedule.overrides.len() {
                let without = remove_override(&file, &schedule.name, nth, &zones()).unwrap();
                prop_assert!(without.text.len() < file.len());
            }
        }
    }
}
