//! Rule files of others: every rule of every file is evaluated or refused by a name, and each file is in the table.

use std::{collections::BTreeMap, path::Path};

use watchfloor::{
    domain::pool::Pool,
    source::rules::{Defaults, Verdict, read},
};

use crate::promql::untar;

fn files(data: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["rules/prometheus", "rules/erni-ki", "slo/sloth/generated"] {
        for entry in std::fs::read_dir(data.join(folder)).expect("the folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".yml") || name.ends_with(".yaml") {
                files.push((format!("{folder}/{name}"), std::fs::read_to_string(entry.path()).expect("UTF-8")));
            }
        }
    }
    for (name, bytes) in untar(&data.join("rules/awesome-prometheus-alerts.tar.gz")) {
        if name.ends_with(".yml") || name.ends_with(".yaml") {
            files.push((name, String::from_utf8(bytes).expect("UTF-8")));
        }
    }
    files.sort();
    files
}

#[test]
fn every_rule_of_others_is_evaluated_or_refused_by_name() {
    let Ok(data) = std::env::var("WATCHFLOOR_DATA") else {
        println!("left out: WATCHFLOOR_DATA is not set");
        return;
    };
    let files = files(Path::new(&data));
    let (mut evaluated, mut runbooks, mut refused, mut wrong) = (0, 0, BTreeMap::<String, usize>::new(), Vec::new());
    let mut notes = BTreeMap::<String, usize>::new();
    println!("{:<64} {:>9} {:>7}", "file", "evaluated", "refused");
    for (name, text) in &files {
        let (rules, faults) = read(name, text, &Defaults::default());
        for rule in &rules {
            rule.expr().eval(&Pool::default(), 0).expect("an empty pool is no error");
        }
        let mut n_refused = 0;
        for fault in &faults {
            match &fault.verdict {
                Verdict::Unsupported(what) => {
                    n_refused += 1;
                    *refused.entry(what.clone()).or_default() += 1;
                }
                Verdict::Wrong => wrong.push(format!("{name}: {}: {}", fault.rule, fault.problem)),
                Verdict::Kept if fault.problem.key == "annotations.runbook_url" => runbooks += 1,
                Verdict::Kept => *notes.entry(fault.problem.what.as_str().to_owned()).or_default() += 1,
            }
        }
        println!("{name:<64} {:>9} {n_refused:>7}", rules.len());
        evaluated += rules.len();
    }
    println!("{} files: {evaluated} rules evaluated, refused: {refused:?}", files.len());
    println!("{runbooks} alerts without a runbook; notes: {notes:#?}");
    println!("wrong: {wrong:#?}");
    // One file is no rule file but a unit test of some.
    assert!(wrong.iter().all(|why| why.starts_with("rules/prometheus/unittest.yml")), "{wrong:#?}");
    assert!(files.len() > 60 && evaluated > 500, "{} files, {evaluated} rules", files.len());
}
