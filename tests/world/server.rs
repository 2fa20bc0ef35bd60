//! The socket and its faults.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use github_world::{
    fault::Fault,
    server::{Clock, Server},
};

use crate::scene::{start, world};

/// What a plain client sees: the bytes until the end, the silence or the reset, and which it was.
fn talk(server: &Server, method: &str, target: &str, body: &str) -> (String, &'static str) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", server.port())) else { return (String::new(), "refused") };
    stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    let asked = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\nuser-agent: t\r\nauthorization: Bearer t\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(asked.as_bytes()).unwrap();
    let (mut bytes, mut block) = (Vec::new(), [0; 4_096]);
    loop {
        match stream.read(&mut block) {
            Ok(0) => return (String::from_utf8_lossy(&bytes).into_owned(), "end"),
            Ok(n) => bytes.extend_from_slice(&block[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                return (String::from_utf8_lossy(&bytes).into_owned(), "reset");
            }
            Err(_) => return (String::from_utf8_lossy(&bytes).into_owned(), "silence"),
        }
    }
}

fn server() -> Server {
    Server::start(world(3), Clock::from(start(), 1.0)).unwrap()
}

const LIST: &str = "/repos/acme/api/issues";

#[test]
fn the_world_answers_on_a_socket_and_names_its_address() {
    let server = server();
    let (told, how) = talk(&server, "GET", &format!("{LIST}?per_page=1"), "");
    assert!(told.starts_with("HTTP/1.1 200") && how == "end", "{told}");
    assert!(told.contains(&format!("<http://127.0.0.1:{}/repositories/", server.port())), "{told}");
    let (told, _) = talk(&server, "POST", &format!("{LIST}/1/comments"), "{\"body\": \"hello\"}");
    assert!(told.starts_with("HTTP/1.1 201"), "{told}");
    assert_eq!(server.world().repos[0].issue(1).unwrap().comments(), 1);
    let log = server.log();
    assert_eq!((log.len(), log[1].status, log[1].request.method.as_str()), (2, 201, "POST"));
    assert!(!server.leaks("Bearer t") && server.leaks("hello"));
}

#[test]
fn each_fault_shows_what_it_is() {
    let server = server();
    let comment = |fault: Fault| {
        let before = server.world().repos[0].issue(2).unwrap().comments();
        server.ambush("POST", "/issues/2/comments", fault);
        let (told, how) = talk(&server, "POST", &format!("{LIST}/2/comments"), "{\"body\": \"hello\"}");
        let n = server.world().repos[0].issue(2).unwrap().comments() - before;
        (n, how, told.split("\r\n").next().unwrap_or_default().to_owned())
    };
    assert_eq!(comment(Fault::BlackHole), (0, "silence", String::new()));
    assert_eq!(comment(Fault::ResetBefore), (0, "reset", String::new()));
    assert_eq!(comment(Fault::HangAfter), (1, "silence", String::new()));
    assert_eq!(comment(Fault::ResetAfter), (1, "reset", String::new()));
    assert_eq!(comment(Fault::HangAfterHead).0, 1);
    assert_eq!(comment(Fault::ResetWhileReading).1, "reset");
    assert_eq!(comment(Fault::CutBody).1, "end");
    assert_eq!(comment(Fault::Status(502)), (0, "end", "HTTP/1.1 502 -".to_owned()));
    assert_eq!(comment(Fault::StatusAfter(502)), (1, "end", "HTTP/1.1 502 -".to_owned()));
    assert_eq!(comment(Fault::Portal), (0, "end", "HTTP/1.1 200 -".to_owned()));
    assert_eq!(comment(Fault::Noise).2, "220 mail.example ESMTP");
    let late = Instant::now();
    assert_eq!(comment(Fault::Latency(Duration::from_millis(150))).0, 1);
    assert!(late.elapsed() >= Duration::from_millis(150));
    assert_eq!(comment(Fault::Trickle(Duration::ZERO)).2, "HTTP/1.1 201 -");
    assert_eq!(server.n_ambushes(), 0);
    let statuses: Vec<u16> = server.log().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 8);
}

#[test]
fn weather_holds_until_it_clears() {
    let server = server();
    server.weather(Some(Fault::Status(503)));
    assert!((0..3).all(|_| talk(&server, "GET", LIST, "").0.starts_with("HTTP/1.1 503")));
    server.weather(Some(Fault::Refuse));
    assert_eq!(talk(&server, "GET", LIST, "").1, "refused");
    server.weather(None);
    assert!(talk(&server, "GET", LIST, "").0.starts_with("HTTP/1.1 200"));
}

#[test]
fn faults_have_names() {
    assert_eq!(Fault::read(&["status", "503"]), Some(Fault::Status(503)));
    assert_eq!(Fault::read(&["trickle", "2"]), Some(Fault::Trickle(Duration::from_millis(2))));
    assert!(
        matches!(Fault::read(&["retry-after", "soon"]), Some(Fault::Refusal(403, headers, _)) if headers[0].1 == "soon")
    );
    assert_eq!(Fault::read(&["status", "x"]).or(Fault::read(&["rain"])), None);
}
