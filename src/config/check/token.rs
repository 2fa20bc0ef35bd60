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
    by(TOKEN_KEYS, table, context, report)
}

/// As [`token`], for another secret with ways of its own, in the same order.
pub(super) fn by(
    ways: [&'static str; 4],
    table: &mut Table<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<TokenSource> {
    let mut given: Vec<Said<&DeValue<'_>>> = ways.iter().filter_map(|key| table.value(key, report)).collect();
    if context.trusted == Trust::Repository {
        let why = |key: &str| match key.rsplit('_').next() {
            Some("command") => "it would run a program of its choice",
            Some("file" | "credential") => "it would read a file of its choice",
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
        let what = format!(
            "is one way too many: `{}` names {} already",
            first.key,
            if ways == TOKEN_KEYS { "the token" } else { "it" }
        );
        report.fault(second, &what, "keep one of them");
        return None;
    }
    let [by_variable, by_command, by_file, by_credential] = ways;
    let read = [
        table.filled(by_variable, report).and_then(|said| variable(&said, report)),
        words(by_command, table, report).map(TokenSource::Command),
        table.filled(by_file, report).and_then(|said| paths::path(&said, context, report)).map(TokenSource::File),
        table.filled(by_credential, report).and_then(|said| credential(&said, report)),
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

/// Reads a program and its arguments.
pub(super) fn words(key: &'static str, table: &mut Table<'_>, report: &mut Report) -> Option<Vec<String>> {
    let example =
        format!("write {key} = [\"pass\", \"show\", \"github\"]: the program and its arguments, without a shell");
    let words = table.some_texts(key, &example, report)?;
    let (program, _) = words.value.split_first()?;
    let is_relative = program.value.contains('/') && !program.value.starts_with('/');
    if is_relative {
        let what = format!("begins with {}, a place that depends on the working folder", quoted(program.value));
        report.fault(program, &what, "write the program's full path, or its name alone to find it in PATH");
        return None;
    }
    if words.value.len() == 1 && program.value.contains(char::is_whitespace) {
        report.fault(program, "is one text with spaces in it", &example);
        return None;
    }
    Some(words.value.iter().map(|word| word.value.to_owned()).collect())
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
