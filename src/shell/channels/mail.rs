//! Mail: one attempt over SMTP. What a server answered before the message was handed over is known; a silence after that is
//! not, and the message is sent again under the same Message-ID.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail as From, Rcpt},
        extension::ClientId,
    },
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    config::notify::{Mail, Tls},
    domain::notify::{
        Notice,
        message::{Marks, NoticeId},
    },
    shell::channels::send::{Outcome, later, refused},
    sink::channel::mail::{Letter, letter},
    text::Text,
};

/// Notices of which it is remembered who has them; more than ever wait at a server that takes one recipient and not another.
const REMEMBERED: usize = 1_000;

/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Brings mail to one server.
#[derive(Debug, Default)]
pub(super) struct Postman {
    /// Who has a notice already, while others of its recipients do not.
    have: Mutex<BTreeMap<NoticeId, BTreeSet<String>>>,
}

impl Postman {
    /// Tries to deliver a notice to every recipient that has it not.
    pub(super) async fn deliver(
        &self,
        mail: &Mail,
        password: Option<&SecretString>,
        notice: &Notice,
        marks: Marks,
        timeout: Duration,
        now: DateTime<Utc>,
    ) -> Outcome {
        let bytes = match written(mail, &letter(notice, marks, &mail.from), now) {
            Ok(bytes) => bytes,
            Err(why) => return refused(&why),
        };
        let is_handed_over = AtomicBool::new(false);
        let attempt = async {
            let mut line = opened(mail, password, timeout).await?;
            let outcome = self.told(&mut line, mail, notice.id, &bytes, &is_handed_over).await;
            Ok::<_, Outcome>((line, outcome))
        };
        let outcome = match tokio::time::timeout(timeout, attempt).await {
            Ok(Ok((mut line, Ok(outcome) | Err(outcome)))) => {
                // All that matters is said; a server that does not say goodbye is no fault.
                let _ = tokio::time::timeout(GOODBYE, line.quit()).await;
                outcome
            }
            Ok(Err(outcome)) => outcome,
            Err(_) if is_handed_over.load(Ordering::Relaxed) => {
                Outcome::Unsure { why: Text::scrub("it has the message and did not answer in time") }
            }
            Err(_) => later("it did not answer in time"),
        };
        if matches!(outcome, Outcome::Taken | Outcome::Refused { .. })
            && let Ok(mut have) = self.have.lock()
        {
            have.remove(&notice.id);
        }
        outcome
    }

    async fn told(
        &self,
        line: &mut AsyncSmtpConnection,
        mail: &Mail,
        id: NoticeId,
        bytes: &[u8],
        is_handed_over: &AtomicBool,
    ) -> Result<Outcome, Outcome> {
        let sender = address(&mail.from)?;
        line.command(From::new(Some(sender), Vec::new())).await.map_err(failed)?;
        let have = self.have.lock().map(|have| have.get(&id).cloned().unwrap_or_default()).unwrap_or_default();
        let (mut accepted, mut no, mut not_yet) = (Vec::new(), None, None);
        for (place, to) in mail.to.iter().enumerate().filter(|(_, to)| !have.contains(*to)) {
            match line.command(Rcpt::new(address(to)?, Vec::new())).await {
                Ok(_) => accepted.push(to.clone()),
                Err(error) => {
                    let of = format!("recipient {} of {}", place + 1, mail.to.len());
                    match error.status() {
                        Some(code) if error.is_permanent() => no = no.or(Some(format!("{of}: it answered {code}"))),
                        Some(code) => not_yet = not_yet.or(Some(format!("{of}: it answered {code}"))),
                        None => return Err(failed(error)),
                    }
                }
            }
        }
        let mut others = "";
        if !accepted.is_empty() {
            line.command(Data).await.map_err(failed)?;
            is_handed_over.store(true, Ordering::Relaxed);
            line.message(bytes).await.map_err(|error| match error.status() {
                Some(_) => failed(error),
                None => Outcome::Unsure { why: Text::scrub(&format!("it has the message, then: {}", words(&error))) },
            })?;
            is_handed_over.store(false, Ordering::Relaxed);
            others = "; the others have it";
            self.remember(id, accepted);
        } else if !have.is_empty() {
            others = "; the others have it";
        }
        Ok(match (not_yet, no) {
            (Some(why), _) => later(&format!("{why}{others}")),
            (None, Some(why)) => refused(&format!("{why}{others}")),
            (None, None) => Outcome::Taken,
        })
    }

    fn remember(&self, id: NoticeId, accepted: Vec<String>) {
        if let Ok(mut have) = self.have.lock() {
            have.entry(id).or_default().extend(accepted);
            while REMEMBERED < have.len() {
                have.pop_first();
            }
        }
    }
}

/// A connection over which mail may be sent: private where that is wanted, and signed in.
async fn opened(
    mail: &Mail,
    password: Option<&SecretString>,
    timeout: Duration,
) -> Result<AsyncSmtpConnection, Outcome> {
    let tls = || TlsParameters::new_rustls(mail.host.clone()).map_err(failed);
    let hello = ClientId::default();
    let implicit = if mail.tls == Tls::Implicit { Some(tls()?) } else { None };
    let at = (mail.host.as_str(), mail.port);
    let mut line =
        AsyncSmtpConnection::connect_tokio1(at, Some(timeout), &hello, implicit, None).await.map_err(failed)?;
    if mail.tls == Tls::StartTls {
        if !line.can_starttls() {
            return Err(later("it offers no STARTTLS, and without it nothing is sent"));
        }
        line.starttls(tls()?, &hello).await.map_err(failed)?;
    }
    if let (Some(login), Some(password)) = (&mail.login, password) {
        let who = Credentials::new(login.user.clone(), password.expose_secret().to_owned());
        line.auth(&[Mechanism::Plain, Mechanism::Login], &who).await.map_err(failed)?;
    }
    Ok(line)
}

fn address(written: &str) -> Result<Address, Outcome> {
    written.parse().map_err(|_| refused("an address of the settings is none for the mail library"))
}

/// The letter as it travels: ASCII alone, whatever is in it.
fn written(mail: &Mail, letter: &Letter, now: DateTime<Utc>) -> Result<Vec<u8>, String> {
    let mailbox = |at: &str| at.parse::<Address>().map(|at| Mailbox::new(None, at)).map_err(|why| why.to_string());
    let header = |name: &str, value: &str| {
        let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|why| why.to_string())?;
        Ok::<_, String>(HeaderValue::new(name, value.to_owned()))
    };
    let mut builder = Message::builder()
        .from(mailbox(&mail.from)?)
        .subject(letter.subject.clone())
        .date(now.into())
        .message_id(Some(letter.id.clone()))
        .in_reply_to(letter.thread.clone())
        .references(letter.thread.clone())
        // Nobody's absence note answers it (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated")?)
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        builder = builder.to(mailbox(to)?);
    }
    builder.body(letter.body.clone()).map(|message| message.formatted()).map_err(|why| why.to_string())
}

/// What a failure means before the message was handed over: nobody has it.
fn failed(error: Error) -> Outcome {
    match error.status() {
        Some(code) if error.is_permanent() => refused(&format!("it answered {code}")),
        Some(code) => later(&format!("it answered {code}")),
        None => later(&words(&error)),
    }
}

/// Without what the server said: that may be anything.
fn words(error: &Error) -> String {
    match () {
        () if error.is_timeout() => "it did not answer in time".to_owned(),
        () if error.is_response() => "what it answered is no SMTP".to_owned(),
        () => {
            // Each names the next: the last one says what it was.
            let mut cause: &dyn std::error::Error = error;
            while let Some(next) = cause.source() {
                cause = next;
            }
            let io = cause.downcast_ref::<std::io::Error>();
            if io.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData) {
                // RFC 5321, section 4.2: the text of a reply is ASCII; RFC 6531 allows UTF-8.
                return "it answers in signs that are neither ASCII nor UTF-8".to_owned();
            }
            format!("the connection failed: {cause}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{
        io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::{
        config::{TokenSource, notify::MailLogin},
        sink::channel::plain::tests::{message, now},
    };

    /// What a server does.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Mode {
        Accepts,
        /// Answers this to the named command; to `.` once it has the message, to `""` at once.
        Answers(&'static str, u16),
        /// This answer to a recipient whose address begins so.
        Recipient(&'static str, u16),
        /// Says nothing any more after that command.
        HangsAt(&'static str),
        /// Cuts the connection there.
        CutsAt(&'static str),
        /// Speaks, but not SMTP.
        Babbles,
    }

    #[derive(Debug, Default)]
    struct Seen {
        commands: Vec<String>,
        letters: Vec<String>,
    }

    struct Server {
        port: u16,
        seen: Arc<Mutex<Seen>>,
        mode: Arc<Mutex<Mode>>,
    }

    impl Server {
        async fn start(mode: Mode) -> Self {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = Self { port, seen: Arc::default(), mode: Arc::new(Mutex::new(mode)) };
            let (seen, mode) = (Arc::clone(&server.seen), Arc::clone(&server.mode));
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let mode = *mode.lock().unwrap();
                    tokio::spawn(serve(stream, mode, Arc::clone(&seen)));
                }
            });
            server
        }

        fn letters(&self) -> Vec<String> {
            self.seen.lock().unwrap().letters.clone()
        }

        fn commands(&self) -> Vec<String> {
            self.seen.lock().unwrap().commands.clone()
        }

        fn mail(&self, to: &[&str]) -> Mail {
            Mail {
                host: "127.0.0.1".to_owned(),
                port: self.port,
                tls: Tls::None,
                from: "watch@acme.example".to_owned(),
                to: to.iter().map(|to| (*to).to_owned()).collect(),
                login: None,
            }
        }
    }

    /// True where the session goes on.
    async fn at(place: &str, usual: &str, mode: Mode, stream: &mut BufReader<TcpStream>) -> bool {
        let answer = match mode {
            Mode::HangsAt(there) if there == place => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return false;
            }
            Mode::CutsAt(there) if there == place => return false,
            Mode::Answers(there, code) if there == place => format!("{code} secret words of the server\r\n"),
            Mode::Babbles => "HTTP/1.1 400 Bad Request\r\n".to_owned(),
            _ => usual.to_owned(),
        };
        stream.get_mut().write_all(answer.as_bytes()).await.is_ok()
    }

    async fn serve(stream: TcpStream, mode: Mode, seen: Arc<Mutex<Seen>>) {
        let mut stream = BufReader::new(stream);
        if !at("", "220 here\r\n", mode, &mut stream).await {
            return;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end().to_owned();
            seen.lock().unwrap().commands.push(line.clone());
            let word = line.split([' ', ':']).next().unwrap_or_default().to_owned();
            let usual = match (word.as_str(), mode) {
                ("EHLO", _) => "250-here\r\n250 AUTH PLAIN LOGIN\r\n".to_owned(),
                ("AUTH", _) => "235 welcome\r\n".to_owned(),
                ("RCPT", Mode::Recipient(who, code)) if line.contains(&format!("<{who}")) => {
                    format!("{code} secret words of the server\r\n")
                }
                ("DATA", _) => "354 go on\r\n".to_owned(),
                ("QUIT", _) => "221 bye\r\n".to_owned(),
                _ => "250 ok\r\n".to_owned(),
            };
            if !at(&word, &usual, mode, &mut stream).await {
                return;
            }
            if word == "DATA" && mode != Mode::Answers("DATA", 451) {
                let mut letter = Vec::new();
                while !letter.ends_with(b"\r\n.\r\n") {
                    let mut byte = [0];
                    if stream.read_exact(&mut byte).await.is_err() {
                        return;
                    }
                    letter.push(byte[0]);
                }
                seen.lock().unwrap().letters.push(String::from_utf8(letter).unwrap());
                if !at(".", "250 queued\r\n", mode, &mut stream).await {
                    return;
                }
            }
        }
    }

    fn notice(title: &str) -> Notice {
        let mut message = message();
        message.title = Text::scrub(title);
        Notice { id: NoticeId(5), channel: Text::scrub("post"), since: now(), message, parts: Vec::new() }
    }

    async fn deliver(postman: &Postman, mail: &Mail, title: &str) -> Outcome {
        let wait = Duration::from_millis(700);
        postman.deliver(mail, None, &notice(title), Marks::default(), wait, now()).await
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    fn why(outcome: Outcome) -> (&'static str, String) {
        match outcome {
            Outcome::Taken => ("taken", String::new()),
            Outcome::Later { why, .. } => ("later", why.to_string()),
            Outcome::Unsure { why } => ("unsure", why.to_string()),
            Outcome::Refused { why } => ("refused", why.to_string()),
            Outcome::Nothing { why } => ("nothing", why.to_string()),
        }
    }

    async fn in_mode(mode: Mode) -> (&'static str, String) {
        let server = Server::start(mode).await;
        why(deliver(&Postman::default(), &server.mail(&["ann@acme.example"]), "p99").await)
    }

    #[test]
    fn a_letter_arrives_whole_and_a_title_adds_no_header() {
        run(async {
            let server = Server::start(Mode::Accepts).await;
            let mail = server.mail(&["ann@acme.example", "ben@acme.example"]);
            let title = "Größe\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<x@evil.example>";
            assert_eq!(deliver(&Postman::default(), &mail, title).await, Outcome::Taken);
            let letters = server.letters();
            let [letter] = letters.as_slice() else { panic!("{letters:?}") };
            let (head, body) = letter.split_once("\r\n\r\n").unwrap();
            assert!(letter.is_ascii());
            // A folded line goes on after a blank; every other begins a header.
            let names: Vec<&str> = head
                .lines()
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split_once(':').unwrap().0)
                .collect();
            let mut known = names.clone();
            known.sort_unstable();
            let expected = [
                "Auto-Submitted",
                "Content-Transfer-Encoding",
                "Content-Type",
                "Date",
                "From",
                "In-Reply-To",
                "MIME-Version",
                "Message-ID",
                "References",
                "Subject",
                "To",
            ];
            assert_eq!(known, expected, "{head}");
            assert!(head.contains("Message-ID: <0000000000000005.notice.watchfloor@acme.example>"), "{head}");
            assert!(head.contains("Date: Fri, 20 Nov 2026"), "{head}");
            assert!(body.contains("312 ms") && body.contains("wiki.example/p99"), "{body}");
            let envelope: Vec<String> = server.commands().into_iter().filter(|c| c.starts_with("RCPT")).collect();
            assert_eq!(envelope, ["RCPT TO:<ann@acme.example>", "RCPT TO:<ben@acme.example>"]);
        });
    }

    #[test]
    fn what_may_be_tried_again_is_told_from_what_may_not_and_the_servers_words_are_not_repeated() {
        run(async {
            for place in ["", "EHLO", "MAIL", "RCPT", "DATA"] {
                let (what, why) = in_mode(Mode::Answers(place, 451)).await;
                assert_eq!(what, "later", "{place}: {why}");
                assert!(why.contains("451") && !why.contains("secret"), "{place}: {why}");
            }
            for place in ["", "EHLO", "MAIL", "RCPT"] {
                let (what, why) = in_mode(Mode::Answers(place, 550)).await;
                assert_eq!(what, "refused", "{place}: {why}");
                assert!(why.contains("550") && !why.contains("secret"), "{place}: {why}");
            }
            assert_eq!(in_mode(Mode::Answers(".", 421)).await, ("later", "it answered 421".to_owned()));
            assert_eq!(in_mode(Mode::Answers(".", 554)).await, ("refused", "it answered 554".to_owned()));
        });
    }

    #[test]
    fn a_server_that_hangs_or_cuts_has_the_message_for_certain_only_when_it_says_so() {
        run(async {
            for place in ["", "EHLO", "MAIL", "RCPT", "DATA"] {
                assert_eq!(in_mode(Mode::HangsAt(place)).await.0, "later", "hangs at {place}");
                assert_eq!(in_mode(Mode::CutsAt(place)).await.0, "later", "cuts at {place}");
            }
            assert_eq!(in_mode(Mode::HangsAt(".")).await.0, "unsure");
            assert_eq!(in_mode(Mode::CutsAt(".")).await.0, "unsure");
            assert_eq!(in_mode(Mode::HangsAt("QUIT")).await.0, "taken");
            assert_eq!(in_mode(Mode::CutsAt("QUIT")).await.0, "taken");
            assert_eq!(in_mode(Mode::Babbles).await.0, "later");
            let nobody = Mail { port: 1, ..Server::start(Mode::Accepts).await.mail(&["ann@acme.example"]) };
            assert_eq!(why(deliver(&Postman::default(), &nobody, "p99").await).0, "later");
        });
    }

    #[test]
    fn who_has_a_letter_gets_it_no_second_time_for_the_sake_of_who_has_not() {
        run(async {
            let server = Server::start(Mode::Recipient("ben", 452)).await;
            let (mail, postman) = (server.mail(&["ann@acme.example", "ben@acme.example"]), Postman::default());
            let said = ("later", "recipient 2 of 2: it answered 452; the others have it".to_owned());
            assert_eq!(why(deliver(&postman, &mail, "p99").await), said);
            assert_eq!(why(deliver(&postman, &mail, "p99").await), said);
            assert_eq!(server.letters().len(), 1);
            *server.mode.lock().unwrap() = Mode::Accepts;
            assert_eq!(deliver(&postman, &mail, "p99").await, Outcome::Taken);
            assert_eq!(server.letters().len(), 2);
            let asked = |who: &str| server.commands().iter().filter(|c| c.contains(&format!("TO:<{who}"))).count();
            assert_eq!((asked("ann"), asked("ben")), (1, 3));
            *server.mode.lock().unwrap() = Mode::Recipient("ben", 550);
            let refused = ("refused", "recipient 2 of 2: it answered 550; the others have it".to_owned());
            assert_eq!(why(deliver(&postman, &mail, "p99").await), refused);
        });
    }

    #[test]
    fn a_password_goes_nowhere_but_to_a_server_that_is_private_where_that_is_wanted() {
        run(async {
            let server = Server::start(Mode::Accepts).await;
            let login = MailLogin { user: "watch".to_owned(), password: TokenSource::Variable("P".to_owned()) };
            let plain = Mail { login: Some(login), ..server.mail(&["ann@acme.example"]) };
            let password = SecretString::from("hunter2");
            let go = async |mail: &Mail| {
                let wait = Duration::from_millis(700);
                let (postman, notice) = (Postman::default(), notice("p99"));
                why(postman.deliver(mail, Some(&password), &notice, Marks::default(), wait, now()).await)
            };
            let (what, said) = go(&Mail { tls: Tls::StartTls, ..plain.clone() }).await;
            assert_eq!(what, "later");
            assert!(said.contains("STARTTLS"), "{said}");
            assert_eq!(go(&Mail { tls: Tls::Implicit, ..plain.clone() }).await.0, "later");
            assert!(!server.commands().iter().any(|c| c.starts_with("AUTH") || c.starts_with("MAIL")));
            // To this machine it may go as it is: base64 of "\0watch\0hunter2".
            assert_eq!(go(&plain).await.0, "taken");
            assert!(server.commands().contains(&"AUTH PLAIN AHdhdGNoAGh1bnRlcjI=".to_owned()));
            let wrong = Server::start(Mode::Answers("AUTH", 535)).await;
            let (what, said) = go(&Mail { port: wrong.port, ..plain }).await;
            assert_eq!((what, said.as_str()), ("refused", "it answered 535"));
        });
    }
}
