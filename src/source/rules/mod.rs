//! Prometheus rule files: groups of alert and recording rules. What cannot be evaluated is named, and the rest goes on.

mod tree;

use chrono::TimeDelta;

use self::tree::{Data, Node};
use crate::{
    domain::{
        alert::{
            RUNBOOK,
            rule::{AnyRule, NO_DATA_HOLD, NoData, Recording, Rule},
            template::Template,
        },
        expr::{Expr, Fault as ExprFault, length_ms},
        trouble::{Problem, nearest},
    },
    text::Text,
};

/// What rules have where their file does not say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Defaults {
    /// How often a group without `interval` is evaluated.
    pub every: TimeDelta,
    /// What alerts do without data; rule files have no key for it.
    pub no_data: NoData,
    /// For how long a firing alert may be blind.
    pub no_data_hold: TimeDelta,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { every: TimeDelta::minutes(1), no_data: NoData::default(), no_data_hold: NO_DATA_HOLD }
    }
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The rule's name; blank where it is about a group or the file.
    pub rule: Text,
    /// Where, what, and what to write instead.
    pub problem: Problem,
    /// How bad it is.
    pub verdict: Verdict,
}

/// What becomes of a rule with a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is evaluated; something about it should be mended.
    Kept,
    /// It is not evaluated, as it uses something that is not supported here: what.
    Unsupported(String),
    /// It is not evaluated, as it is wrong.
    Wrong,
}

/// The key of a fault about a runbook that is missing (R44).
pub const RUNBOOK_KEY: &str = "annotations.runbook_url";

/// The longest length of time that is taken: ten years. Beyond it sums of lengths would not hold.
const LONGEST_MS: i64 = 315_360_000_000;

const GROUP_KEYS: [&str; 7] =
    ["name", "interval", "rules", "limit", "query_offset", "labels", "partial_response_strategy"];
const RULE_KEYS: [&str; 7] = ["alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"];

/// Reads a rule file. `name` is what people call it.
pub fn read(name: &str, written: &str, defaults: &Defaults) -> (Vec<AnyRule>, Vec<Fault>) {
    let mut reader = Reader { file: name, defaults, rules: Vec::new(), faults: Vec::new() };
    match tree::documents(written) {
        Err((line, why)) => reader.tell("", line, "", &format!("is no YAML from here on: {why}"), None, Verdict::Wrong),
        Ok(documents) => documents.iter().for_each(|document| reader.document(document)),
    }
    (reader.rules, reader.faults)
}

struct Reader<'a> {
    file: &'a str,
    defaults: &'a Defaults,
    rules: Vec<AnyRule>,
    faults: Vec<Fault>,
}

/// What the rules of a group share.
struct Group {
    name: Text,
    every: TimeDelta,
    labels: Vec<(String, String)>,
}

impl Reader<'_> {
    fn tell(&mut self, rule: &str, line: usize, key: &str, what: &str, hint: Option<&str>, verdict: Verdict) {
        let (what, hint) = (Text::scrub(what), hint.map(Text::scrub));
        let problem = Problem { line: Some(line), key: key.to_owned(), what, hint };
        self.faults.push(Fault { rule: Text::scrub(rule), problem, verdict });
    }

    fn document(&mut self, document: &Node) {
        // An operator's resource holds the same in its spec.
        let groups = document.get("groups").or_else(|| document.get("spec").and_then(|spec| spec.get("groups")));
        let Some(groups) = groups.filter(|groups| matches!(groups.data, Data::List(_))) else {
            let hint = "a rule file begins with groups:";
            self.tell("", document.line, "groups", "is missing, or no list", Some(hint), Verdict::Wrong);
            return;
        };
        for group in groups.items() {
            self.group(group);
        }
    }

    fn unknown(&mut self, rule: &str, node: &Node, known: &[&'static str]) {
        for (key, value) in node.pairs().iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let hint = nearest(key, known.iter().copied()).map(|near| format!("did you mean {near}?"));
            self.tell(rule, value.line, key, "is not known and left out", hint.as_deref(), Verdict::Kept);
        }
    }

    fn group(&mut self, node: &Node) {
        self.unknown("", node, &GROUP_KEYS);
        let name = node.get("name").and_then(Node::text).unwrap_or_default();
        if name.is_empty() {
            self.tell("", node.line, "name", "is missing", Some("name the group"), Verdict::Kept);
        }
        for key in ["limit", "query_offset"] {
            if let Some(value) = node.get(key).filter(|value| value.text().is_some_and(|text| text != "0")) {
                self.tell("", value.line, key, "is not supported here and left out", None, Verdict::Kept);
            }
        }
        let every = match node.get("interval").map(|value| (value.line, length(value))) {
            None => self.defaults.every,
            Some((_, Some(every))) if every > TimeDelta::zero() => every,
            Some((line, _)) => {
                let what = "is no length of time; the default is taken";
                self.tell("", line, "interval", what, Some("write interval: 1m"), Verdict::Kept);
                self.defaults.every
            }
        };
        let labels = self.texts("", node, "labels");
        let group = Group { name: Text::scrub(&format!("{}/{name}", self.file)), every, labels };
        for rule in node.get("rules").map(Node::items).unwrap_or_default() {
            self.rule(&group, rule);
        }
    }

    fn texts(&mut self, rule: &str, node: &Node, key: &str) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for (name, value) in node.get(key).map(Node::pairs).unwrap_or_default() {
            match &value.data {
                Data::Text(text) => texts.push((name.clone(), text.clone())),
                Data::List(_) | Data::Map(_) => {
                    self.tell(
                        rule,
                        value.line,
                        &format!("{key}.{name}"),
                        "is no text and left out",
                        None,
                        Verdict::Kept,
                    );
                }
            }
        }
        texts
    }

    fn rule(&mut self, group: &Group, node: &Node) {
        let (alert, record) = (node.get("alert").and_then(Node::text), node.get("record").and_then(Node::text));
        let Some(name) = alert.or(record) else {
            let hint = "write alert: or record:";
            self.tell("", node.line, "", "is a rule without a name", Some(hint), Verdict::Wrong);
            return;
        };
        if alert.is_some() && record.is_some() {
            self.tell(name, node.line, "record", "stands beside alert", Some("keep one"), Verdict::Wrong);
            return;
        }
        self.unknown(name, node, &RULE_KEYS);
        let Some(expr) = self.expr(name, node) else { return };
        let mut labels = self.texts(name, node, "labels");
        let of_group = group.labels.iter().filter(|(label, _)| labels.iter().all(|(own, _)| own != label)).cloned();
        let of_group: Vec<_> = of_group.collect();
        labels.extend(of_group);
        let origin = Text::scrub(&format!("{}:{}", self.file, node.line));
        if record.is_some() {
            let labels = labels.iter().map(|(label, value)| (Text::scrub(label), Text::scrub(value))).collect();
            let (name, group, every) = (Text::scrub(name), group.name.clone(), group.every);
            self.rules.push(AnyRule::Record(Box::new(Recording { name, group, origin, expr, every, labels })));
            return;
        }
        let hold = self.length(name, node, "for");
        let keep_firing = self.length(name, node, "keep_firing_for");
        let (Some(hold), Some(keep_firing)) = (hold, keep_firing) else { return };
        let annotations = self.texts(name, node, "annotations");
        if annotations.iter().all(|(key, value)| key != RUNBOOK || value.trim().is_empty()) {
            let hint = "write annotations: runbook_url: https://... or a path";
            self.tell(name, node.line, RUNBOOK_KEY, "is missing", Some(hint), Verdict::Kept);
        }
        let labels = self.templates(name, node, "labels", labels);
        let annotations = self.templates(name, node, "annotations", annotations);
        for (label, template) in labels.iter().filter(|(_, template)| template.says_value()) {
            let what = format!("{label} says the value: it stays what it was when the alert began");
            self.tell(name, node.line, "labels", &what, Some("say the value in an annotation"), Verdict::Kept);
            debug_assert!(!template.is_plain());
        }
        self.rules.push(AnyRule::Alert(Box::new(Rule {
            name: Text::scrub(name),
            group: group.name.clone(),
            origin,
            expr,
            every: group.every,
            hold,
            keep_firing,
            no_data: self.defaults.no_data,
            no_data_hold: self.defaults.no_data_hold,
            labels,
            annotations,
        })));
    }

    fn expr(&mut self, name: &str, node: &Node) -> Option<Expr> {
        let Some(written) = node.get("expr").filter(|expr| expr.text().is_some()) else {
            self.tell(name, node.line, "expr", "is missing", Some("write what is broken"), Verdict::Wrong);
            return None;
        };
        match Expr::read(written.text().unwrap_or_default()) {
            Ok(expr) => Some(expr),
            Err(ExprFault::Unsupported(what)) => {
                let says = format!("uses {what}: not supported here");
                self.tell(name, written.line, "expr", &says, None, Verdict::Unsupported(what));
                None
            }
            Err(ExprFault::Wrong { at, what }) => {
                let says = format!("cannot be read at character {}: {what}", at + 1);
                self.tell(name, written.line, "expr", &says, None, Verdict::Wrong);
                None
            }
        }
    }

    fn length(&mut self, name: &str, node: &Node, key: &str) -> Option<TimeDelta> {
        let Some(value) = node.get(key) else { return Some(TimeDelta::zero()) };
        let found = length(value);
        if found.is_none() {
            self.tell(name, value.line, key, "is no length of time", Some("write 5m or 1h30m"), Verdict::Wrong);
        }
        found
    }

    fn templates(&mut self, name: &str, node: &Node, key: &str, texts: Vec<(String, String)>) -> Vec<(Text, Template)> {
        let mut templates = Vec::new();
        for (label, text) in texts {
            let template = Template::read(&text).unwrap_or_else(|what| {
                let line = node.get(key).map_or(node.line, |node| node.line);
                let says = format!("{what}; it is shown as it is written");
                self.tell(name, line, &format!("{key}.{label}"), &says, None, Verdict::Kept);
                Template::plain(&text)
            });
            templates.push((Text::scrub(&label), template));
        }
        templates
    }
}

/// A length of time; `0` needs no unit.
fn length(node: &Node) -> Option<TimeDelta> {
    let text = node.text()?;
    if text == "0" {
        return Some(TimeDelta::zero());
    }
    length_ms(text).filter(|ms| *ms <= LONGEST_MS).map(TimeDelta::milliseconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "\
groups:
- name: db
  interval: 30s
  rules:
  - record: job:errors:rate5m
    expr: sum by (job) (rate(errors_total[5m]))
    labels: {kind: rate}
  - alert: Errors
    expr: job:errors:rate5m > 1
    for: 2m
    keep_firing_for: 5m
    labels: {severity: page, team: db}
    annotations:
      summary: '{{ $labels.job }}: {{ $value | humanize }}/s'
      runbook_url: https://example.com/errors
  - alert: Full
    expr: predict_linear(free[1h], 3600) < 0
  - alert: Odd
    expr: up ==
  - alert: Late
    expr: up == 0
    for: soon
  - alert: Bare
    expr: up == 0
    anotations: {}
    annotations: {summary: '{{ range query \"up\" }}'}
";

    #[test]
    fn a_file_is_read_rule_by_rule_and_each_fault_has_its_line() {
        let (rules, faults) = read("db.yml", FILE, &Defaults::default());
        let names: Vec<&str> = rules.iter().map(|rule| rule.name().as_str()).collect();
        assert_eq!(names, ["job:errors:rate5m", "Errors", "Bare"]);
        let AnyRule::Alert(errors) = &rules[1] else { panic!("an alert") };
        assert_eq!((errors.every, errors.hold), (TimeDelta::seconds(30), TimeDelta::minutes(2)));
        assert_eq!((errors.keep_firing, errors.origin.as_str()), (TimeDelta::minutes(5), "db.yml:8"));
        let told: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.rule, fault.problem)).collect();
        assert_eq!(
            told,
            [
                "Full: line 17: expr: uses predict_linear(): not supported here",
                "Odd: line 19: expr: cannot be read at character 6: something is missing",
                "Late: line 22: for: is no length of time\n  hint: write 5m or 1h30m",
                "Bare: line 25: anotations: is not known and left out\n  hint: did you mean annotations?",
                "Bare: line 23: annotations.runbook_url: is missing\n  hint: write annotations: runbook_url: https://... or a path",
                "Bare: line 26: annotations.summary: range is not filled in here; it is shown as it is written",
            ]
        );
        assert_eq!(faults[0].verdict, Verdict::Unsupported("predict_linear()".to_owned()));
    }

    #[test]
    fn what_is_no_yaml_or_no_rule_file_says_so() {
        let (rules, faults) = read("x.yml", "groups:\n- name: [", &Defaults::default());
        assert!(rules.is_empty() && faults.len() == 1 && faults[0].verdict == Verdict::Wrong);
        let (_, faults) = read("x.yml", "tests: []", &Defaults::default());
        assert!(faults[0].problem.to_string().contains("groups"), "{}", faults[0].problem);
    }

    proptest! {
        #[test]
        fn no_file_panics(written in "[a-z:\\-\\[\\]{}&*!|>'\"\n ]{0,200}") {
            read("x.yml", &written, &Defaults::default());
            read("x.yml", &format!("groups:\n- rules:\n  - {written}"), &Defaults::default());
        }
    }
}
