//! Asking a calendar's host, and what comes of being sent on.

use url::Url;

use super::Question;
use crate::{
    domain::trouble::Trouble,
    shell::http::{Http, HttpError, is_here},
    text::Text,
    wire::Response,
};

/// Asks a calendar's host; redirects are followed to the same origin only, and never a token is sent.
///
/// # Errors
/// What kind of trouble, and why; never more of the address than its host.
pub async fn ask(http: &Http, question: &Question) -> Result<Response, (Trouble, String)> {
    let mut request = question.request.clone();
    let away = |error: HttpError| (error.trouble(), error.to_string());
    for _ in 0..=MOST_REDIRECTS {
        let answer = http.perform(&request, None).await.map_err(away)?;
        let Some(to) = redirected(&request.url, &answer) else { return Ok(answer) };
        if to.scheme() != "https" && !(to.scheme() == "http" && is_here(&to)) {
            return Err((Trouble::Refused, "it sends us on to an address that is no https".to_owned()));
        }
        if to.origin() != question.request.url.origin() {
            let host = Text::scrub(to.host_str().unwrap_or_default());
            return Err((Trouble::Refused, format!("it sends us on to another host, {host}: write that address")));
        }
        request.url = to;
    }
    Err((Trouble::Garbled, "it sends us on and on".to_owned()))
}

const MOST_REDIRECTS: usize = 3;

fn redirected(from: &Url, answer: &Response) -> Option<Url> {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308).then(|| from.join(answer.header("location")?).ok()).flatten()
}
