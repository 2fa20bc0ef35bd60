//! Alerts of real servers as rows of our queue: a Prometheus that gives its alerts a label on their way to an Alertmanager.

use std::{fs, process::Command, time::Duration};

use serde_json::Value;
use url::Url;
use watchfloor::{domain::remote::RemoteState, source::alertmanager};

use crate::{
    console::Console,
    server::{Server, free_ports, left_out, perform, program, wait_for},
};

const RULES: &str = "groups:\n- name: g\n  rules:\n  - alert: CheckoutDown\n    expr: vector(3) > 1\n    \
    labels: {severity: critical}\n    annotations: {summary: orders are refused}\n  \
    - alert: Slow\n    expr: vector(1)\n    for: 1h\n    labels: {severity: warning}\n";

#[test]
fn an_alert_of_a_prometheus_and_its_alertmanager_is_one_row_silenced_there_and_stale_without_them() {
    let Some(manager) = program(&["prometheus-alertmanager", "alertmanager"]) else {
        return left_out("prometheus-alertmanager");
    };
    let Some(prometheus) = program(&["prometheus"]) else { return left_out("prometheus") };
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_owned();
    let [am, prom] = free_ports();
    let told = "route: {receiver: none}\nreceivers: [{name: none}]\n";
    fs::write(home.join("alertmanager.yml"), told).unwrap();
    fs::write(home.join("rules.yml"), RULES).unwrap();
    let global = format!(
        "global: {{evaluation_interval: 1s, external_labels: {{cluster: eu}}}}\nrule_files: [rules.yml]\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{am}']}}]}}]}}\n"
    );
    fs::write(home.join("prometheus.yml"), global).unwrap();
    let there = home.clone();
    let mut one = Server::start(&home.join("am.log"), move || {
        let mut command = Command::new(&manager);
        command.arg(format!("--config.file={}", there.join("alertmanager.yml").display()));
        command.arg(format!("--storage.path={}", there.join("am").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{am}"));
        command.arg("--cluster.listen-address=");
        command
    });
    let base = Url::parse(&format!("http://127.0.0.1:{am}")).unwrap();
    wait_for("the Alertmanager answers", Duration::from_secs(20), || perform(&alertmanager::alerts_request(&base)));
    let there = home.clone();
    let mut two = Server::start(&home.join("prom.log"), move || {
        let mut command = Command::new(&prometheus);
        command.arg(format!("--config.file={}", there.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", there.join("prom").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{prom}"));
        command
    });
    let alerts = || Some(alertmanager::alerts(&perform(&alertmanager::alerts_request(&base))?).ok()?.items);
    let handed = || alerts().filter(|alerts| !alerts.is_empty());
    wait_for("the alert is handed over", Duration::from_secs(90), handed);

    let settings = format!(
        "team = \"Acme\"\nzone = \"UTC\"\n\
         [[alertmanager]]\nname = \"pair\"\nurls = [\"http://127.0.0.1:{am}\"]\nevery = \"1s\"\ntimeout = \"2s\"\n\
         [[prometheus]]\nname = \"prom\"\nurl = \"http://127.0.0.1:{prom}\"\nalerts = true\nevery = \"1s\"\ntimeout = \"2s\"\n"
    );
    let file = home.join("watchfloor.toml");
    fs::write(&file, settings).unwrap();
    let mut console = Console::start(&file, &home.join("state"));
    console.sees("▲ 1 firing").sees("critical @pair +1").sees("warning @prom").keys("1g+");
    console.sees("prom, pair: firing").sees("cluster=\"eu\"");

    console.keys("a").sees("taken on by ann").keys("\r").sees("y/N").keys("y").sees("silenced at pair").sees("silent");
    let held = || alerts().filter(|alerts| alerts[0].state == RemoteState::Suppressed);
    assert_eq!(wait_for("it is held back there", Duration::from_secs(10), held).len(), 1);
    let silences = alertmanager::silences(&perform(&alertmanager::silences_request(&base)).unwrap()).unwrap().items;
    assert_eq!((silences.len(), silences[0].author.as_str()), (1, "ann"));
    assert_eq!(silences[0].comment.as_str(), "taken on by ann");

    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    command.args(["queue", "--json", "--config"]).arg(&file).arg("--state-dir").arg(home.join("other"));
    let page: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let rows: Vec<_> =
        page["alerts"].as_array().unwrap().iter().map(|row| (&row["rule"], &row["elsewhere"]["servers"])).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let of = |name: &str| page["alerts"].as_array().unwrap().iter().find(|row| row["rule"] == name).unwrap().clone();
    assert_eq!(of("CheckoutDown")["silence"]["author"], "ann", "{page}");
    assert_eq!(of("Slow")["state"], "pending");

    one.kill();
    // The Prometheus still tells of it.
    console.sees("alerts at pair").sees("CheckoutDown");
    two.kill();
    console.sees("stale").sees("not heard since").sees("CheckoutDown").sees("Slow");
    one.begin();
    two.begin();
    console.loses("not heard since").loses("alerts at pair");
}
