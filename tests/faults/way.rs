//! Faults 1 to 13, 34 and 36: the way to the host.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use github_world::fault::Fault;

use crate::scene::{NO_NAMESPACES, NO_STRACE, Said, Scene, can, has_namespaces, has_strace, row, said, until};

const KEPT: &str = "last data with its age; back with the next round";

#[test]
fn fault_01_a_refused_connection_keeps_the_last_data() {
    row(1, "connection refused", KEPT, || Scene::new().keeps(Fault::Refuse, "refuses connections"));
}

/// A network of its own, where packets to 10.9.9.2 and fd00:9::2 vanish.
const VOID: &str = "ip link set lo up; ip link add name wa type veth peer name wb; ip addr add 10.9.9.1/24 dev wa; \
    ip link set wa up; ip link set wb up; ip neigh add 10.9.9.2 lladdr 02:00:00:00:00:02 dev wa; \
    ip -6 addr add fd00:9::1/64 dev wa nodad; ip -6 neigh add fd00:9::2 lladdr 02:00:00:00:00:02 dev wa; ";

fn in_network(scene: &Scene, script: &str) -> Said {
    let script = format!("{VOID}{script} exec \"$@\"");
    let before = ["unshare", "-n", "-m", "sh", "-c", script.as_str(), "sh"];
    scene.run_behind(&before, &["watch", "--once", "--within", "40s"])
}

#[test]
fn fault_02_packets_that_vanish_end_a_connection_after_five_seconds() {
    row(2, "SYN black hole", "connect time-out 5 s; last data", || {
        if !has_namespaces() {
            return NO_NAMESPACES.to_owned();
        }
        let scene = Scene::new();
        scene.pass().has_code(0);
        scene.settle_at("https://10.9.9.2", &["acme/api"], "");
        let seen = in_network(&scene, "");
        seen.has_code(4).says("3 open").says("no connection came about within 5 s");
        assert!((4.0..9.0).contains(&seen.took.as_secs_f64()), "{seen:?}");
        scene.settle(&["acme/api"], "");
        scene.is_back_after(&seen, "not heard now")
    });
}

#[test]
fn fault_03_a_connection_that_falls_silent_ends_after_fifteen_seconds() {
    row(3, "connection goes silent", "total time-out 15 s; last data", || {
        let before = Scene::new().keeps(Fault::BlackHole, "did not answer within 15 s");
        let _ = Scene::new().keeps(Fault::HangAfterHead, "did not answer within 15 s");
        before
    });
}

#[test]
fn fault_04_a_reset_while_reading_is_tried_again() {
    row(4, "RST while reading", "tried again, growing apart; then the age", || {
        let scene = Scene::new();
        for _ in 0..2 {
            scene.server.ambush("", "", Fault::ResetWhileReading);
        }
        let _watch = scene.watch();
        let took = until(25, "all is read after two resets", || scene.queue()["items"].as_array().unwrap().len() == 3);
        let _ = Scene::new().keeps(Fault::ResetWhileReading, "broke off");
        format!("two resets, then all 3 read {:.1} s after the start", took.as_secs_f64())
    });
}

#[test]
fn fault_05_a_slow_network_is_slow_and_nothing_else() {
    row(5, "300-2000 ms latency", "works", || {
        let scene = Scene::new();
        scene.server.weather(Some(Fault::Latency(Duration::from_millis(1_500))));
        let seen = scene.pass();
        seen.has_code(0).says("3 open");
        format!("exit 0 after {}, 3 open; input during waits is measured in tests/pty", seen.seconds())
    });
}

#[test]
fn fault_06_a_kilobyte_a_second_ends_in_time() {
    row(6, "1 kB/s", "done or time-out, never a freeze", || {
        let scene = Scene::new();
        scene.server.weather(Some(Fault::Trickle(Duration::from_millis(1))));
        let seen = scene.pass();
        seen.ended_well();
        assert!(seen.took < Duration::from_secs(40), "{seen:?}");
        assert!(seen.code == Some(4) || seen.text.contains("3 open"), "{seen:?}");
        scene.server.weather(None);
        scene.pass().has_code(0).says("3 open");
        format!("exit {:?} after {}: \"{}\"", seen.code.unwrap_or(-1), seen.seconds(), seen.line())
    });
}

#[test]
fn fault_07_one_byte_a_packet_works() {
    row(7, "one byte per packet", "works", || {
        let scene = Scene::new();
        scene.server.weather(Some(Fault::Trickle(Duration::ZERO)));
        let seen = scene.pass();
        seen.has_code(0).says("3 open");
        format!("exit 0 after {}, 3 open", seen.seconds())
    });
}

#[test]
fn fault_08_a_body_that_is_cut_is_no_list() {
    row(8, "body cut", "not taken as a full list", || {
        let rest = Scene::rest();
        rest.pass().has_code(0);
        rest.server.ambush("GET", "/issues", Fault::CutBody);
        // What was told before stays, and the next pass is whole.
        rest.pass().has_code(4).says("3 open").says("broke off");
        rest.pass().has_code(0).says("3 open");
        assert_eq!(rest.server.n_ambushes(), 0);
        Scene::new().keeps(Fault::CutBody, "broke off")
    });
}

#[test]
fn fault_09_an_interface_that_is_gone_is_said_and_found_again() {
    row(9, "network down, then up", "last data; back with the next round", || {
        if !has_namespaces() {
            return NO_NAMESPACES.to_owned();
        }
        let scene = Scene::new();
        scene.pass().has_code(0);
        let seen = in_network(&scene, "ip link set lo down; ");
        scene.is_back_after(&seen, "\"127.0.0.1\"")
    });
}

#[test]
fn fault_10_no_route_is_said() {
    row(10, "ENETUNREACH, EHOSTUNREACH", KEPT, || {
        if !has_strace() {
            return NO_STRACE.to_owned();
        }
        let mut rows = Vec::new();
        for error in ["ENETUNREACH", "EHOSTUNREACH"] {
            let scene = Scene::new();
            scene.pass().has_code(0);
            let inject = format!("inject=connect:error={error}");
            let before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject.as_str()];
            let seen = scene.run_behind(&before, &["watch", "--once"]);
            rows.push(scene.is_back_after(&seen, "there is no way to"));
        }
        rows.remove(0)
    });
}

#[test]
fn fault_11_a_dead_name_server_is_waited_for_no_longer_than_a_connection() {
    row(11, "DNS dead", "bounded by the time-out", || {
        if !has_namespaces() {
            return NO_NAMESPACES.to_owned();
        }
        let scene = Scene::new();
        scene.pass().has_code(0);
        scene.settle_at("https://api.github.example", &["acme/api"], "");
        let names = scene.folder.path().join("resolv.conf");
        std::fs::write(&names, "nameserver 10.9.9.2\n").unwrap();
        let seen = in_network(&scene, &format!("mount --bind {} /etc/resolv.conf; ", names.display()));
        assert!(seen.took < Duration::from_secs(16), "{seen:?}");
        scene.settle(&["acme/api"], "");
        scene.is_back_after(&seen, "not heard now")
    });
}

/// A TLS server with a certificate of its own for 127.0.0.1 and a name.
struct Tls(Child, u16);

impl Tls {
    fn start(scene: &Scene, name: &str, days: &str) -> Option<Self> {
        let folder = scene.folder.path();
        let subject = format!("subjectAltName={name}");
        let mut make = Command::new("openssl");
        make.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"]);
        make.args(["-days", days, "-subj", "/CN=host", "-addext", &subject, "-addext", "basicConstraints=CA:FALSE"]);
        let made = make.current_dir(folder).stderr(Stdio::null()).stdout(Stdio::null()).status().ok()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut serve = Command::new("openssl");
        serve.args([
            "s_server",
            "-quiet",
            "-www",
            "-accept",
            &port.to_string(),
            "-cert",
            "cert.pem",
            "-key",
            "key.pem",
        ]);
        serve.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = made.success().then(|| serve.spawn().ok())??;
        until(5, "the TLS server listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self(server, port))
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const NO_OPENSSL: &str = "left out: openssl is not here";

/// A pass against a TLS server; its certificate is trusted where `is_trusted`.
fn by_tls(name: &str, is_trusted: bool, before: &[&str]) -> Option<(Scene, Said)> {
    let scene = Scene::new();
    scene.pass().has_code(0);
    let tls = Tls::start(&scene, name, "30")?;
    scene.settle_at(&format!("https://127.0.0.1:{}", tls.1), &["acme/api"], "");
    let mut command = scene.command(before, &["watch", "--once"]);
    if is_trusted {
        command.env("SSL_CERT_FILE", scene.folder.path().join("cert.pem"));
    }
    let seen = said(&mut command);
    drop(tls);
    scene.settle(&["acme/api"], "");
    Some((scene, seen))
}

#[test]
fn fault_12_a_host_that_cannot_prove_who_it_is_gets_nothing() {
    row(12, "TLS: unknown CA, wrong host", "a clear word, no way around it", || {
        let (Some((scene, unknown)), Some((_, wrong))) =
            (by_tls("IP:127.0.0.1", false, &[]), by_tls("DNS:other.example", true, &[]))
        else {
            return NO_OPENSSL.to_owned();
        };
        wrong.has_code(4).says("no trusted connection");
        scene.is_back_after(&unknown, "no trusted connection")
    });
}

#[test]
fn fault_13_where_the_clock_makes_tls_fail_the_clock_is_named() {
    row(13, "clock wrong makes TLS fail", "the message suggests the clock", || {
        if !can("faketime", &["-f", "+1d", "true"]) {
            return "left out: faketime is not here".to_owned();
        }
        let Some((_, seen)) = by_tls("IP:127.0.0.1", true, &["faketime", "-f", "+400d"]) else {
            return NO_OPENSSL.to_owned();
        };
        seen.has_code(4).says("no trusted connection").says("check this machine's clock");
        seen.line()
    });
}

#[test]
fn fault_34_a_proxy_is_named_and_never_asked_for_this_machine() {
    row(34, "proxy set, and wrong", "named by doctor; loopback never proxied", || {
        let scene = Scene::new();
        let behind = |words: &[&str]| {
            let mut command = scene.command(&[], words);
            for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
                command.env(name, "http://127.0.0.1:1");
            }
            said(&mut command)
        };
        behind(&["watch", "--once"]).has_code(0).says("3 open");
        let doctor = behind(&["doctor"]);
        doctor.says("HTTP_PROXY is set; never used for loopback");
        "exit 0 and 3 open past a dead proxy; doctor: \"HTTP_PROXY is set; never used for loopback\"".to_owned()
    });
}

#[test]
fn fault_36_a_broken_ipv6_costs_less_than_a_second() {
    row(36, "IPv6 broken, IPv4 fine", "IPv4 is tried at once: < 1 s", || {
        if !has_namespaces() || !can("openssl", &["version"]) {
            return format!("{NO_NAMESPACES}, or openssl is not");
        }
        let scene = Scene::new();
        // Whoever answers by IPv4 has no certificate that is trusted: that it is heard shows that it was reached.
        drop(Tls::start(&scene, "DNS:gh.example", "30"));
        scene.settle_at("https://gh.example:8443", &["acme/api"], "");
        let names = scene.folder.path().join("hosts");
        std::fs::write(&names, "fd00:9::2 gh.example\n10.9.9.1 gh.example\n").unwrap();
        let serve =
            "openssl s_server -quiet -accept 8443 -cert cert.pem -key key.pem </dev/null >/dev/null 2>&1 & sleep 1;";
        let end = "\"$@\"; code=$?; kill $!; exit $code;";
        let script = format!("mount --bind {} /etc/hosts; {serve} {end}", names.display());
        let seen = in_network(&scene, &script);
        seen.has_code(4).says("no trusted connection");
        // A second of it is the server's start.
        assert!(seen.took < Duration::from_millis(3_500), "{seen:?}");
        format!("IPv4 answered {:.1} s after the question", seen.took.as_secs_f64() - 1.0)
    });
}
