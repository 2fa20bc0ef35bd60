//! The one door to the network: every limit on what comes in, and the only place that attaches a token.
//!
//! Redirects are not followed here: the source decides. `https` everywhere but on this machine, where no proxy is asked.
//! Nothing that fails says more than a host's name, for a path or a query can be a secret.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Once, OnceLock},
    time::Duration,
};

use reqwest::{
    Client, ClientBuilder,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Origin, Url};

use crate::wire::{Method, Request, Response};

mod failure;
mod patience;

pub use failure::HttpError;
pub use patience::{Known, Patience};

/// What is taken from a host, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the question to the last byte of the answer.
    pub total: Duration,
    /// Bytes of a body, counted after decompression.
    pub body: usize,
    /// Bytes of all header names and values together.
    pub headers: usize,
}

impl Default for Limits {
    /// GitHub itself cuts a request after 10 s; its longest pages have a few MiB.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(15), body: 32 << 20, headers: 64 << 10 }
    }
}

/// A token that is sent to one origin and nowhere else. Its `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct Credential {
    origin: Origin,
    token: SecretString,
    /// What goes with the token, to the same origin alone: the tenant of a server that many share.
    more: HeaderMap,
}

impl Credential {
    /// Binds a token to the origin of an address.
    pub fn new(address: &Url, token: SecretString) -> Self {
        Self { origin: address.origin(), token, more: HeaderMap::new() }
    }

    /// Has headers go along, to the same origin and nowhere else; nothing where one of them cannot be sent.
    pub fn with_headers(mut self, headers: &[(String, String)]) -> Option<Self> {
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            self.more.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        }
        Some(self)
    }

    /// Whether it is the same token for the same origin.
    pub fn is_same(&self, other: &Self) -> bool {
        self.origin == other.origin && self.token.expose_secret() == other.token.expose_secret()
    }

    /// The token, for a mark of it that leads nowhere back.
    pub(in crate::shell) fn token(&self) -> &SecretString {
        &self.token
    }
}

/// Performs requests. Its connections are kept, so a process needs one.
#[derive(Debug, Default)]
pub struct Http {
    limits: Limits,
    away: OnceLock<Client>,
    here: OnceLock<Client>,
    here_plain: OnceLock<Client>,
    patience: Patience,
}

impl Http {
    /// A door with these limits. Clients are built when first needed: without certificates on the host that fails, and
    /// someone who only reads files should not hear of it.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// What those who ask hosts through this door hold to together.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Performs a request and brings the whole answer, whatever its status.
    ///
    /// The credential is attached when, and only when, the request goes to its origin. A connection that was kept may be
    /// closed by the host in the moment in which it is used again: what only reads is then asked once more, what changes
    /// anything never.
    ///
    /// # Errors
    /// One variant of [`HttpError`] per remedy; none names more of the address than its host.
    pub async fn perform(&self, request: &Request, credential: Option<&Credential>) -> Result<Response, HttpError> {
        let mut url = request.url.clone();
        // Both fail only for addresses that cannot carry credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let Some(host) = url.host_str().map(str::to_owned) else {
            return Err(HttpError::NoHost);
        };
        let client = self.client(&url, &host)?;
        let headers = headers(request, credential).ok_or_else(|| HttpError::Unsendable { host: host.clone() })?;
        let failed = |error| failure::read(&host, self.limits, error);
        let ask = || {
            let asked = client.request(method(request.method), url.clone()).headers(headers.clone());
            if request.body.is_empty() { asked } else { asked.body(request.body.clone()) }.send()
        };
        let mut answer = match ask().await {
            Err(error) if only_reads(request) && failure::is_closed(&error) => ask().await,
            answered => answered,
        }
        .map_err(failed)?;
        let status = answer.status().as_u16();
        let headers = self.received(answer.headers(), &host)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len().saturating_add(chunk.len()) > self.limits.body {
                return Err(HttpError::BodyTooBig { host, limit_mib: self.limits.body >> 20 });
            }
            body.extend_from_slice(&chunk);
        }
        if !(200..300).contains(&status)
            && let Some(credential) = credential
        {
            body = without_token(body, credential.token.expose_secret());
        }
        Ok(Response { status, headers, body })
    }

    fn client(&self, url: &Url, host: &str) -> Result<&Client, HttpError> {
        let (slot, builder) = match (url.scheme(), is_here(url)) {
            ("https", false) => (&self.away, Client::builder().https_only(true)),
            ("https", true) => (&self.here, this_machine()),
            // Without TLS no certificates are needed, and a host may have none.
            ("http", true) => (&self.here_plain, this_machine().tls_certs_only([])),
            _ => return Err(HttpError::Plain { host: host.to_owned() }),
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let built = self.limited(builder).build().map_err(|error| failure::unbuilt(&error))?;
        Ok(slot.get_or_init(|| built))
    }

    fn limited(&self, builder: ClientBuilder) -> ClientBuilder {
        static PROVIDER: Once = Once::new();
        // An error says that a provider is installed already, which is all that is needed.
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        builder
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .gzip(true)
            .connect_timeout(self.limits.connect)
            .timeout(self.limits.total)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(u32::try_from(self.limits.headers).unwrap_or(u32::MAX))
    }

    fn received(&self, headers: &HeaderMap, host: &str) -> Result<Vec<(String, String)>, HttpError> {
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes > self.limits.headers {
            return Err(HttpError::HeadersTooBig { host: host.to_owned(), limit_kib: self.limits.headers >> 10 });
        }
        let plain = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(headers.iter().map(|(name, value)| (name.as_str().to_owned(), plain(value))).collect())
    }
}

/// Whether a request changes nothing, however often it is made: a GET, or a question by GraphQL, which is a POST.
fn only_reads(request: &Request) -> bool {
    let is_question = || request.url.path().ends_with("/graphql") && request.body.starts_with(b"{\"query\":\"query");
    request.method == Method::Get || (request.method == Method::Post && is_question())
}

/// What a host says of a refusal is shown, and one that repeats the request would show the token.
fn without_token(body: Vec<u8>, token: &str) -> Vec<u8> {
    let is_there = !token.is_empty() && body.windows(token.len()).any(|part| part == token.as_bytes());
    if !is_there {
        return body;
    }
    String::from_utf8_lossy(&body).replace(token, "(token)").into_bytes()
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// Header lines read from one answer; GitHub sends about 30.
const MAX_HEADERS: usize = 128;

/// Whether an address is on this machine: `localhost` or a loopback address.
pub fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// A client that asks no proxy and no name server: `localhost` is this machine, whatever a resolver says.
fn this_machine() -> ClientBuilder {
    let any_port = 0;
    let loopback =
        [SocketAddr::from((Ipv4Addr::LOCALHOST, any_port)), SocketAddr::from((Ipv6Addr::LOCALHOST, any_port))];
    Client::builder().no_proxy().resolve_to_addrs("localhost", &loopback)
}

/// The request's headers and, for its own origin, the token; nothing when one of them cannot be sent.
fn headers(request: &Request, credential: Option<&Credential>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    // A credential comes in by one way only, where it is marked as one.
    headers.remove(AUTHORIZATION);
    if let Some(credential) = credential.filter(|credential| credential.origin == request.url.origin()) {
        headers.extend(credential.more.clone());
        // A server on this machine may want headers and no token.
        if !credential.token.expose_secret().is_empty() {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", credential.token.expose_secret())).ok()?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> Request {
        Request::get(Url::parse(url).unwrap(), vec![("accept", "x/y".to_owned())])
    }

    fn credential(url: &str) -> Credential {
        Credential::new(&Url::parse(url).unwrap(), SecretString::from("canary"))
    }

    #[test]
    fn the_token_goes_to_its_own_origin_only() {
        let own = credential("https://api.example/api/v3");
        let sent = |url: &str| headers(&request(url), Some(&own)).unwrap().contains_key(AUTHORIZATION);
        assert!(sent("https://api.example/x") && sent("https://api.example:443/y?z"));
        for stranger in [
            "http://api.example/x",
            "https://api.example:8443/x",
            "https://api.example.evil/x",
            "https://www.api.example/x",
            "http://127.0.0.1/x",
        ] {
            assert!(!sent(stranger), "{stranger}");
        }
    }

    #[test]
    fn headers_go_with_the_token_to_its_own_origin_only_and_without_one_where_there_is_none() {
        let own = Credential::new(&Url::parse("https://api.example").unwrap(), SecretString::from(String::new()));
        let own = own.with_headers(&[("x-scope-orgid".to_owned(), "team".to_owned())]).unwrap();
        let sent = headers(&request("https://api.example/x"), Some(&own)).unwrap();
        assert!(sent["x-scope-orgid"] == "team" && !sent.contains_key(AUTHORIZATION));
        assert!(!headers(&request("https://other.example/x"), Some(&own)).unwrap().contains_key("x-scope-orgid"));
        assert!(own.with_headers(&[("bad name".to_owned(), "x".to_owned())]).is_none());
    }

    #[test]
    fn nothing_printed_shows_the_token() {
        let own = credential("https://api.example");
        let headers = headers(&request("https://api.example/x"), Some(&own)).unwrap();
        assert!(!format!("{own:?} {headers:?}").contains("canary"));
    }

    #[test]
    fn a_host_that_repeats_the_token_does_not_get_it_shown() {
        let said = without_token(b"{\"message\":\"Bearer canary canary is bad\"}".to_vec(), "canary");
        assert_eq!(said, b"{\"message\":\"Bearer (token) (token) is bad\"}");
        assert_eq!(without_token(b"\xffplain".to_vec(), "canary"), b"\xffplain");
    }

    #[test]
    fn this_machine_is_known_by_its_loopback_addresses() {
        let here = |url: &str| is_here(&Url::parse(url).unwrap());
        assert!(here("http://127.0.0.1:80") && here("http://127.9.9.9") && here("http://[::1]:8080"));
        assert!(here("http://LocalHost/x"));
        for away in ["http://localhost.example", "http://128.0.0.1", "http://0.0.0.0", "http://api.example"] {
            assert!(!here(away), "{away}");
        }
    }

    #[test]
    fn plain_http_to_another_host_is_refused_unasked() {
        let http = Http::default();
        let asked = |url: &str| http.client(&Url::parse(url).unwrap(), "h").is_ok();
        assert!(!asked("http://api.example/x") && !asked("ftp://127.0.0.1/x"));
        assert!(asked("http://127.0.0.1:1/x"));
    }
}
