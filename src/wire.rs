//! HTTP as plain data. Sources write a [`Request`] and read a [`Response`]; only the shell performs one.

/// What is done to an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// Read it.
    #[default]
    Get,
    /// Add to it, or ask by a body (GraphQL).
    Post,
    /// Change part of it.
    Patch,
    /// Put something in its place.
    Put,
    /// Take it away.
    Delete,
}

/// What to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is done.
    pub method: Method,
    /// Absolute URL, http or https, without user info.
    pub url: url::Url,
    /// Names in lower case, values printable ASCII. Never a credential: the shell adds it for its own origin.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty = none. Its type is among the headers.
    pub body: Vec<u8>,
}

impl Request {
    /// A question without a body.
    pub fn get(url: url::Url, headers: Vec<(&'static str, String)>) -> Self {
        Self { method: Method::Get, url, headers, body: Vec::new() }
    }
}

/// What came back, with its body whole and within limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case, values as received (lossy UTF-8), order kept.
    pub headers: Vec<(String, String)>,
    /// The body, decoded of its transfer and content encodings.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}
