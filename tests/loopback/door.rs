//! The door to the network itself: what it refuses to do, and what it does again.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use secrecy::SecretString;
use url::Url;
use watchfloor::{
    shell::http::{Credential, Http, HttpError, Limits},
    wire::{Method, Request, Response},
};

const CANARY: &str = "ghp_canary0123456789";

fn door() -> Http {
    Http::new(Limits { connect: Duration::from_secs(1), total: Duration::from_secs(2), ..Limits::default() })
}

fn head(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}

/// A host that answers the first request of each connection and hangs up on the second.
fn forgetful() -> (Url, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let log = Arc::clone(&log);
            thread::spawn(move || {
                let Some(first) = head(&mut stream) else { return };
                log.lock().unwrap().push(first);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").unwrap();
                let second = head(&mut stream);
                log.lock().unwrap().extend(second);
            });
        }
    });
    (url, seen)
}

async fn asked(door: &Http, method: Method, url: &Url, body: &[u8]) -> Result<Response, HttpError> {
    let mut request = Request::get(url.clone(), Vec::new());
    (request.method, request.body) = (method, body.to_vec());
    door.perform(&request, None).await
}

#[tokio::test]
async fn what_only_reads_is_asked_again_where_a_kept_connection_was_closed() {
    let question = br#"{"query":"query{viewer{login}}"}"#.as_slice();
    for (method, path, body) in [(Method::Get, "/x", b"".as_slice()), (Method::Post, "/graphql", question)] {
        let ((url, seen), door) = (forgetful(), door());
        let url = url.join(path).unwrap();
        for _ in 0..2 {
            assert_eq!(asked(&door, method, &url, body).await.unwrap().status, 200);
        }
        assert_eq!(seen.lock().unwrap().len(), 3, "the second one twice, the last time by a connection of its own");
    }
}

#[tokio::test]
async fn what_changes_something_is_never_sent_twice() {
    for method in [Method::Post, Method::Patch, Method::Put, Method::Delete] {
        let ((url, seen), door) = (forgetful(), door());
        assert_eq!(asked(&door, Method::Get, &url, b"").await.unwrap().status, 200);
        let lost = asked(&door, method, &url, br#"{"body":"x"}"#).await.unwrap_err();
        assert!(matches!(lost, HttpError::Cut { .. }), "{lost:?}");
        assert_eq!(seen.lock().unwrap().len(), 2, "{method:?}");
    }
}

#[tokio::test]
async fn a_host_that_always_hangs_up_is_asked_twice_and_no_more() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let n = Arc::new(Mutex::new(0));
    let count = Arc::clone(&n);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            *count.lock().unwrap() += usize::from(head(&mut stream).is_some());
        }
    });
    assert!(matches!(asked(&door(), Method::Get, &url, b"").await, Err(HttpError::Cut { .. })));
    assert_eq!(*n.lock().unwrap(), 2);
}

#[tokio::test]
async fn without_tls_no_byte_leaves_this_machine() {
    // The address by which others reach this machine; nothing is sent to find it.
    let probe = UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr()).map(|address| address.ip());
    let Some(own) = own.ok().filter(|ip| !ip.is_loopback() && !ip.is_unspecified()) else {
        println!("left out: this machine has no address but the loopback's");
        return;
    };
    let listener = TcpListener::bind((own, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = Url::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let credential = Credential::new(&url, SecretString::from(CANARY));
    let refused = door().perform(&Request::get(url, Vec::new()), Some(&credential)).await.unwrap_err();
    assert!(matches!(refused, HttpError::Plain { .. }) && refused.hint().unwrap().contains("https"), "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains(CANARY));
    thread::sleep(Duration::from_millis(50));
    assert!(listener.accept().is_err(), "a connection was made");
}
