//! Exit codes, and the one door to stdout.

use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

/// Yes, or done.
pub const DONE: u8 = 0;
/// The gate says no; for a command that is no gate: it could not do what was asked.
pub const NO: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// The configuration is wrong.
pub const CONFIG: u8 = 3;
/// A source is away, so nobody can say. Never [`DONE`]: a gate that could not judge has not passed.
pub const COULD_NOT_JUDGE: u8 = 4;
/// A fault of ours, `EX_SOFTWARE` of sysexits.h.
pub const BUG: u8 = 70;
/// Interrupted from the keyboard: 128 and the number of SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Writes data to stdout, whole, and tells the exit code of that: [`DONE`] or [`NO`]. The caller keeps its own verdict where
/// this is [`DONE`].
///
/// * A reader that went away (`watchfloor queue | head`) has what it wanted: quiet, [`DONE`].
/// * Anything else (a full disk, an input/output error) is said on stderr and is [`NO`]. It is the host's trouble and not
///   our fault, so never [`BUG`]; and half an answer must not pass for a whole one.
#[must_use]
pub fn write_out(text: &str) -> u8 {
    write_to(&mut io::stdout().lock(), &mut io::stderr().lock(), text)
}

/// Writes a document to stdout as it is made, indented, as [`write_out`] writes a text.
#[must_use]
pub fn write_json(document: &impl Serialize) -> u8 {
    let mut out = BufWriter::with_capacity(PIECE, io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, document).map_err(io::Error::from);
    told(written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()), &mut io::stderr().lock())
}

/// A long document is written in pieces of so many bytes.
const PIECE: usize = 64 * 1024;

fn write_to(out: &mut impl Write, talk: &mut impl Write, text: &str) -> u8 {
    told(out.write_all(text.as_bytes()).and_then(|()| out.flush()), talk)
}

fn told(written: io::Result<()>, talk: &mut impl Write) -> u8 {
    match written {
        Ok(()) => DONE,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => DONE,
        Err(error) => {
            // Where stderr is gone as well there is nobody left to tell.
            let _ =
                writeln!(talk, "error: cannot write to standard output: {error}\nhint: what was written is not whole");
            NO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place that takes so many bytes, then fails.
    struct Place(usize, ErrorKind);

    impl Write for Place {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let n = bytes.len().min(self.0);
            self.0 -= n;
            if n == 0 { Err(self.1.into()) } else { Ok(n) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_a_quiet_success() {
        let mut talk = Vec::new();
        assert_eq!(write_to(&mut Place(3, ErrorKind::BrokenPipe), &mut talk, "a board"), DONE);
        assert_eq!(talk, b"");
    }

    #[test]
    fn a_full_disk_is_said_and_is_no_success() {
        let mut talk = Vec::new();
        assert_eq!(write_to(&mut Place(3, ErrorKind::StorageFull), &mut talk, "a board"), NO);
        assert!(String::from_utf8(talk).unwrap().starts_with("error: cannot write to standard output: "));
    }

    #[test]
    fn what_fits_is_written_whole() {
        let (mut out, mut talk) = (Vec::new(), Vec::new());
        assert_eq!((write_to(&mut out, &mut talk, "a board"), out.as_slice()), (DONE, b"a board".as_slice()));
    }
}
