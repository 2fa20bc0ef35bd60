//! What was written for other programs is read, or refused with the reason.

use std::{fs, path::PathBuf};

use super::*;
use crate::domain::zone::Zones;

fn zones(name: &str) -> Option<Zone> {
    Zones::bundled().find(name)
}

fn whys(skipped: &[Skipped]) -> Vec<String> {
    skipped.iter().map(|s| format!("{}: {}", s.at, s.why)).collect()
}

const RATIO: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata: { name: api }
spec:
  service: shop
  indicatorRef: errors
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Timeslices
  objectives:
    - { target: 0.999, timeSliceTarget: 0.95, timeSliceWindow: 5m }
    - { target: 1, timeSliceTarget: 0.95 }
    - { targetPercent: 99.5, timeSliceTarget: 0.95, timeSliceWindow: 7m }
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: errors }
spec:
  ratioMetric:
    bad: { metricSource: { type: Prometheus, spec: { query: 'sum(rate(http_total{code=~"5.."}[5m]))' } } }
    total: { metricSource: { type: Prometheus, spec: { query: 'sum(rate(http_total[5m]))' } } }
"#;

#[test]
fn an_objective_that_cannot_be_kept_is_named_and_the_others_are_taken() {
    let found = read(RATIO, &zones);
    let [slo] = found.slos.as_slice() else { panic!("{:?}", found.slos) };
    assert_eq!((slo.name.as_str(), slo.service.as_str(), slo.target.percent()), ("api-1", "shop", "99.9".to_owned()));
    let crate::domain::slo::Sli::Ratio { part, total, .. } = &slo.sli else { panic!("{:?}", slo.sli) };
    assert_eq!(
        (part.of.to_string(), total.of.to_string()),
        ("http_total{code=~\"5..\"}".to_owned(), "http_total".to_owned())
    );
    assert_eq!(
        whys(&found.skipped),
        [
            "api: objective 2: its target 1 leaves no budget",
            "api: objective 3: its timeSliceWindow 7m does not divide an hour"
        ]
    );
}

#[test]
fn what_is_no_yaml_or_nothing_known_is_said() {
    let of = |text| whys(&read(text, &zones).skipped);
    assert!(of("a: [1\nb: 2")[0].contains("not readable as YAML"), "{:?}", of("a: [1\nb: 2"));
    assert_eq!(of("apiVersion: v1\nkind: Pod"), ["document 1: apiVersion \"v1\" with kind \"Pod\" is not known here"]);
    assert_eq!(
        of("groups: []"),
        ["document 1: Prometheus rules are no objective: import what they were generated from"]
    );
    assert_eq!(of(""), Vec::<String>::new());
}

/// Every file of the material: how many objectives, and what was left out.
#[test]
fn every_file_of_the_material_is_read_or_refused_with_a_reason() {
    let Some(data) = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from) else {
        println!("left out: WATCHFLOOR_DATA is not set, no file of others was read");
        return;
    };
    let (mut n_files, mut n_slos, mut of_openslo) = (0, 0, 0);
    for folder in ["slo/openslo", "slo/pyrra", "slo/sloth", "slo/sloth/windows", "slo/sloth/generated"] {
        for entry in fs::read_dir(data.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let found = read(&fs::read_to_string(&path).unwrap(), &zones);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            println!("{folder}/{name}: {} objectives; {:?}", found.slos.len(), whys(&found.skipped));
            assert!(!found.slos.is_empty() || !found.skipped.is_empty(), "{name}: neither read nor refused");
            assert!(found.skipped.iter().all(|s| !s.why.is_blank()));
            n_files += 1;
            n_slos += found.slos.len();
            of_openslo += if folder == "slo/openslo" { found.slos.len() } else { 0 };
        }
    }
    println!("{n_files} files, {n_slos} objectives");
    assert_eq!(of_openslo, 3);
    assert!(20 <= n_slos, "{n_slos}");
}
