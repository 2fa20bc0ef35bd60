//! Where a host's token comes from. Never the token itself: that does not belong in the file.

use toml::de::DeValue;

use crate::config::{
    Context, TokenSource, Trust, paths,
    problems::Report,
    secrets::quoted,
    walk::{Said, Table},
};

/// The keys, each a way to a token.
pub(in crate::config) const TOKEN_KEYS: [&str; 4] = ["token_env", "token_command", "token_file", "token_credential"];

/// Reads the one way that is given, if any.
pub(super) fn token(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<TokenSource> {
    let mut given: Vec<Said<&DeValue<'_>>> = TOKEN_KEYS.iter().filter_map(|key| table.value(key, report)).collect();
    if context.trusted == Trust::Repository {
        let why = |key: &str| match key.rsplit('.').next() {
            Some("token_command") => "it would run a program of its choice",
            Some("token_file" | "token_credential") => "it would read a file of its choice",
            _ => "any variable's value would go to the host",
        };
        for said in &given {
            let what = format!("may not be set by a file that came with a repository: {}", why(&said.key));
            report.fault(said, &what, "set it in your own settings file");
        }
        return None;
    }
    given.sort_by_key(|said| said.line);
    if let [first, second, ..] = given.as_slice() {
        let what = format!("is one way too many: `{}` names the token already", first.key);
        report.fault(second, &what, "keep one of them");
        return None;
    }
    let read = [
        table.filled("token_env", report).and_then(|said| variable(&said, report)),
        command(table, report),
        table.filled("token_file", report).and_then(|said| paths::path(&said, context, report)).map(TokenSource::File),
        table.filled("token_credential", report).and_then(|said| credential(&said, report)),
    ];
    read.into_iter().flatten().next()
}

fn variable(said: &Said<&str>, report: &mut Report) -> Option<TokenSource> {
    let is_name = !said.value.starts_with(|c: char| c.is_ascii_digit())
        && said.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        let what = "is no name of an environment variable";
        report.fault(said, what, "write the variable's name, such as \"ACME_TOKEN\", and never its value");
    }
    is_name.then(|| TokenSource::Variable(said.value.to_owned()))
}

fn command(table: &mut Table<'_>, report: &mut Report) -> Option<TokenSource> {
    const EXAMPLE: &str =
        "write token_command = [\"pass\", \"show\", \"github\"]: the program and its arguments, without a shell";
    let words = table.some_texts("token_command", EXAMPLE, report)?;
    let (program, _) = words.value.split_first()?;
    let is_relative = program.value.contains('/') && !program.value.starts_with('/');
    if is_relative {
        let what = format!("begins with {}, a place that depends on the working folder", quoted(program.value));
        report.fault(program, &what, "write the program's full path, or its name alone to find it in PATH");
        return None;
    }
    if words.value.len() == 1 && program.value.contains(char::is_whitespace) {
        report.fault(program, "is one text with spaces in it", EXAMPLE);
        return None;
    }
    Some(TokenSource::Command(words.value.iter().map(|word| word.value.to_owned()).collect()))
}

fn credential(said: &Said<&str>, report: &mut Report) -> Option<TokenSource> {
    let is_name = said.value.len() <= 255
        && !said.value.starts_with('.')
        && said.value.bytes().all(|b| b.is_ascii_graphic() && b != b'/' && b != b'\\');
    if !is_name {
        let what = "is no name of a systemd credential";
        report.fault(said, what, "write the name that LoadCredential= gives it, such as \"github\"");
    }
    is_name.then(|| TokenSource::Credential(said.value.to_owned()))
}
