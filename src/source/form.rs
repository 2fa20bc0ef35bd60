//! What kind of record a file holds, told by its beginning and never by its name; gzip is opened on the way.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::{tickets, uptime};

/// How much of a file's beginning is looked at.
const HEAD_BYTES: u64 = 64 << 10;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A log of changes to tickets: [`tickets`].
    Tickets,
    /// Checks of services: [`uptime`].
    Checks,
    /// Anything else, so a history of issues if it is to be read at all: [`super::history`].
    History,
}

/// Looks at the beginning of a file and gives the whole file back, decompressed.
///
/// # Errors
/// The beginning cannot be read.
pub fn open<'a>(mut input: impl BufRead + 'a) -> io::Result<(Form, Box<dyn BufRead + 'a>)> {
    let head = head(&mut input, 2)?;
    let is_gzip = head == [0x1f, 0x8b];
    let input = Cursor::new(head).chain(input);
    let mut plain: Box<dyn BufRead + 'a> = if is_gzip {
        Box::new(BufReader::with_capacity(HEAD_BYTES as usize, MultiGzDecoder::new(input)))
    } else {
        Box::new(input)
    };
    let head = self::head(&mut plain, HEAD_BYTES)?;
    let form = if tickets::is_log(&head) {
        Form::Tickets
    } else if uptime::is_checks(&head) {
        Form::Checks
    } else {
        Form::History
    };
    Ok((form, Box::new(Cursor::new(head).chain(plain))))
}

fn head(input: &mut impl BufRead, bytes: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.take(bytes).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_is_known_by_its_beginning_and_comes_back_whole() {
        let log = b"number,incident_state,sys_mod_count,opened_at\nINC1,New,0,?\n";
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(log).unwrap();
        for bytes in [log.to_vec(), packed.finish().unwrap()] {
            let (form, mut whole) = open(&bytes[..]).unwrap();
            let mut back = Vec::new();
            whole.read_to_end(&mut back).unwrap();
            assert_eq!((form, back.as_slice()), (Form::Tickets, &log[..]));
        }
        for (bytes, wanted) in [
            (&b"{\"time\":\"2026-08-11T11:06:26Z\",\"service\":\"a\",\"status\":\"up\"}\n"[..], Form::Checks),
            (b"{\"type\":\"issue\",\"issue\":{}}", Form::History),
            (b"", Form::History),
        ] {
            assert_eq!(open(bytes).unwrap().0, wanted);
        }
    }
}
