//! What can go wrong between a host and its client.

use std::{
    io::{self, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};

use crate::{
    server::{head, written},
    wire::Answer,
};

/// What happens to a request or its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens on the port.
    Refuse,
    /// The request is taken and never answered; the world does not hear of it.
    BlackHole,
    /// The connection is reset before the world hears of the request.
    ResetBefore,
    /// The world does what is asked, and the answer never comes: silence.
    HangAfter,
    /// The world does what is asked, and the connection breaks before the answer.
    ResetAfter,
    /// The head comes, and then nothing.
    HangAfterHead,
    /// Half of the body comes, then a reset.
    ResetWhileReading,
    /// Half of the body comes, then an orderly end.
    CutBody,
    /// The answer comes so much later.
    Latency(Duration),
    /// The answer comes byte by byte, so far apart.
    Trickle(Duration),
    /// A server's trouble, with a page of HTML; the world does not hear of the request.
    Status(u16),
    /// The same, after the world has done what was asked.
    StatusAfter(u16),
    /// The hotel's sign-in page, with status 200.
    Portal,
    /// Bytes that are no HTTP.
    Noise,
    /// 200 with bytes that are no JSON.
    Garbage,
    /// 200, gzip: a few bytes that become this many mebibytes.
    GzipBomb(usize),
    /// 200, with a header of this many bytes.
    LongHeader(usize),
    /// 200, with JSON this deep.
    DeepJson(usize),
    /// 200, an empty list whose next page is always another.
    EndlessLink,
    /// 200, the answer, whose next page is on this origin.
    LinkTo(String),
    /// A redirect to this address.
    Redirect(u16, String),
    /// A refusal of this status with these headers and this message.
    Refusal(u16, Vec<(String, String)>, String),
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the world hears of the request.
    Before,
    /// After it did what was asked.
    After,
}

impl Fault {
    /// A fault by its words: `status 503`, `reset-after`, `latency 300` (milliseconds), …
    pub fn read(words: &[&str]) -> Option<Self> {
        let number = |word: &str| word.parse::<u64>().ok();
        Some(match words {
            ["refuse"] => Self::Refuse,
            ["black-hole"] => Self::BlackHole,
            ["reset-before"] => Self::ResetBefore,
            ["reset-after"] => Self::ResetAfter,
            ["hang-after"] => Self::HangAfter,
            ["hang-after-head"] => Self::HangAfterHead,
            ["reset-while-reading"] => Self::ResetWhileReading,
            ["cut-body"] => Self::CutBody,
            ["latency", ms] => Self::Latency(Duration::from_millis(number(ms)?)),
            ["trickle", ms] => Self::Trickle(Duration::from_millis(number(ms)?)),
            ["status", status] => Self::Status(status.parse().ok()?),
            ["status-after", status] => Self::StatusAfter(status.parse().ok()?),
            ["portal"] => Self::Portal,
            ["noise"] => Self::Noise,
            ["garbage"] => Self::Garbage,
            ["gzip-bomb", mebibytes] => Self::GzipBomb(mebibytes.parse().ok()?),
            ["long-header", bytes] => Self::LongHeader(bytes.parse().ok()?),
            ["deep-json", deep] => Self::DeepJson(deep.parse().ok()?),
            ["endless-link"] => Self::EndlessLink,
            ["link-to", origin] => Self::LinkTo((*origin).to_owned()),
            ["redirect", status, to] => Self::Redirect(status.parse().ok()?, (*to).to_owned()),
            ["primary-limit", seconds] => Self::limit(number(seconds)?),
            ["secondary-limit"] => {
                Self::Refusal(403, Vec::new(), "You have exceeded a secondary rate limit.".to_owned())
            }
            ["retry-after", value] => {
                let wait = vec![("retry-after".to_owned(), (*value).to_owned())];
                Self::Refusal(403, wait, "You have exceeded a secondary rate limit.".to_owned())
            }
            _ => return None,
        })
    }

    /// The primary limit, used up for so many seconds by the host's clock.
    pub fn limit(seconds: u64) -> Self {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        let headers = [
            ("x-ratelimit-limit", "5000".to_owned()),
            ("x-ratelimit-remaining", "0".to_owned()),
            ("x-ratelimit-reset", (now + seconds).to_string()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self::Refusal(403, headers, "API rate limit exceeded for user ID 1.".to_owned())
    }

    /// When it strikes.
    pub fn stage(&self) -> Stage {
        match self {
            Self::HangAfter | Self::ResetAfter | Self::HangAfterHead | Self::ResetWhileReading | Self::CutBody => {
                Stage::After
            }
            Self::Latency(_) | Self::Trickle(_) | Self::StatusAfter(_) | Self::LinkTo(_) => Stage::After,
            _ => Stage::Before,
        }
    }

    /// Whether the connection lives on.
    pub fn keeps_connection(&self) -> bool {
        matches!(self, Self::Latency(_) | Self::Trickle(_) | Self::StatusAfter(_) | Self::LinkTo(_))
    }

    /// Whether the connection ends by a reset.
    pub fn is_reset(&self) -> bool {
        matches!(self, Self::Refuse | Self::ResetBefore | Self::ResetAfter | Self::ResetWhileReading)
    }

    /// Strikes; `is_over` ends what would last for ever.
    ///
    /// # Errors
    /// Where the client is gone.
    pub fn strike(&self, to: &mut TcpStream, answer: Option<&Answer>, is_over: &dyn Fn() -> bool) -> io::Result<()> {
        let nothing = Answer::default();
        let answer = answer.unwrap_or(&nothing);
        let half = answer.body.len() / 2;
        match self {
            Self::Refuse | Self::ResetBefore | Self::ResetAfter => Ok(()),
            Self::BlackHole | Self::HangAfter => silence(to, is_over),
            Self::HangAfterHead => {
                to.write_all(&head(answer, answer.body.len().max(1)))?;
                silence(to, is_over)
            }
            Self::ResetWhileReading => {
                to.write_all(&head(answer, answer.body.len().max(2)))?;
                to.write_all(&answer.body[..half])?;
                to.flush()?;
                thread::sleep(Duration::from_millis(20));
                Ok(())
            }
            Self::CutBody => {
                to.write_all(&head(answer, answer.body.len().max(2)))?;
                to.write_all(&answer.body[..half])
            }
            Self::Latency(by) => {
                wait(*by, is_over);
                to.write_all(&written(answer, false))
            }
            Self::Trickle(apart) => {
                for byte in written(answer, false) {
                    to.write_all(&[byte])?;
                    wait(*apart, is_over);
                }
                Ok(())
            }
            Self::Status(status) | Self::StatusAfter(status) => {
                let page = Answer {
                    status: *status,
                    body: b"<html><body>Unicorn!</body></html>".to_vec(),
                    ..Answer::default()
                };
                to.write_all(&written(&page.with("content-type", "text/html"), false))
            }
            Self::Portal => {
                let page =
                    Answer { status: 200, body: b"<html>Sign in to the hotel</html>".to_vec(), ..Answer::default() };
                to.write_all(&written(&page.with("content-type", "text/html"), false))
            }
            Self::Noise => to.write_all(b"220 mail.example ESMTP\r\n"),
            Self::Garbage => to.write_all(&written(&ok(b"\x1b]0;garbage\x07{".to_vec()), false)),
            Self::GzipBomb(mebibytes) => {
                to.write_all(&written(&ok(bomb(*mebibytes)).with("content-encoding", "gzip"), false))
            }
            Self::LongHeader(bytes) => {
                to.write_all(&written(&ok(b"[]".to_vec()).with("x-long", "x".repeat(*bytes)), false))
            }
            Self::DeepJson(deep) => {
                let body = "[".repeat(*deep) + &"]".repeat(*deep);
                to.write_all(&written(&ok(body.into_bytes()), false))
            }
            Self::EndlessLink => {
                let at = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
                let link = format!("</repositories/1/issues?page={at}>; rel=\"next\"");
                to.write_all(&written(&ok(b"[]".to_vec()).with("link", link), false))
            }
            Self::LinkTo(origin) => {
                let mut answer = answer.clone();
                answer.headers.retain(|(name, _)| name != "link");
                let is_page = origin.matches('/').count() > 2;
                let page = if is_page { "" } else { "/repositories/1/issues?page=2" };
                let link = format!("<{origin}{page}>; rel=\"next\"");
                to.write_all(&written(&answer.with("link", link), false))
            }
            Self::Redirect(status, location) => {
                let moved = Answer { status: *status, ..Answer::default() };
                to.write_all(&written(&moved.with("location", location.as_str()), false))
            }
            Self::Refusal(status, headers, message) => {
                let mut refusal = Answer::refusal(*status, message);
                refusal.headers.extend(headers.iter().cloned());
                to.write_all(&written(&refusal, false))
            }
        }
    }
}

fn ok(body: Vec<u8>) -> Answer {
    Answer { status: 200, headers: vec![("content-type".into(), "application/json".into())], body }
}

fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let block = vec![b' '; 1 << 20];
    for _ in 0..mebibytes {
        let _ = encoder.write_all(&block);
    }
    encoder.finish().unwrap_or_default()
}

/// Says nothing until the client goes away or all is over.
fn silence(to: &mut TcpStream, is_over: &dyn Fn() -> bool) -> io::Result<()> {
    to.set_read_timeout(Some(Duration::from_millis(50)))?;
    let mut byte = [0; 1];
    let limit = Instant::now() + Duration::from_secs(120);
    while !is_over() && Instant::now() < limit {
        match io::Read::read(to, &mut byte) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock || error.kind() == io::ErrorKind::TimedOut => {}
            Err(_) => break,
        }
    }
    Ok(())
}

fn wait(by: Duration, is_over: &dyn Fn() -> bool) {
    let until = Instant::now() + by;
    while !is_over() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        thread::sleep(left.min(Duration::from_millis(50)));
    }
}
