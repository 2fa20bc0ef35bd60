//! Bytes from anywhere, cut behind the last line's end in each block.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    os::unix::fs::FileExt as _,
    sync::Arc,
};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder, errors::FrameDecoderError};

/// How many bytes are read at once: what the second cache holds.
pub(super) const BLOCK: usize = 256 * 1024;

/// The longest line that is read.
pub(super) const LINE: usize = 1 << 20;

/// Room for a block; used again and again.
#[derive(Debug, Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    len: usize,
}

impl Block {
    /// The lines.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Without the mark of UTF-8 that some programs begin files with.
    pub(super) fn without_mark(&mut self) {
        if self.text().starts_with(b"\xef\xbb\xbf") {
            self.bytes.drain(..3);
            self.len -= 3;
        }
    }
}

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    /// Whole lines; at the end of everything perhaps one without its newline.
    Text,
    /// One line longer than [`LINE`], which is left out.
    TooLong,
    /// Nothing: it is over.
    End,
}

/// Cuts what a reader gives.
pub(super) struct Blocks<R> {
    reader: R,
    /// The start of a line whose end has not come.
    carried: Vec<u8>,
    is_over: bool,
    /// Why it was over, to be told behind the lines that came before.
    failed: Option<io::Error>,
    /// In the middle of a line that is left out.
    is_skipping: bool,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, carried: Vec::new(), is_over: false, failed: None, is_skipping: false }
    }

    /// Fills a block.
    ///
    /// # Errors
    /// The reader's. What came before it was given already.
    pub(super) fn fill(&mut self, into: &mut Block) -> io::Result<Filled> {
        into.len = 0;
        if into.bytes.len() < BLOCK {
            into.bytes.resize(BLOCK, 0);
        }
        if self.is_skipping && !self.skip(into)? {
            return Ok(Filled::End);
        }
        let mut filled = self.carried.len();
        if into.bytes.len() < filled + BLOCK / 2 {
            into.bytes.resize(filled + BLOCK, 0);
        }
        into.bytes.get_mut(..filled).unwrap_or_default().copy_from_slice(&self.carried);
        self.carried.clear();
        while filled < into.bytes.len() && !self.is_over {
            match self.reader.read(into.bytes.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => self.is_over = true,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_over = true;
                    self.failed = Some(error);
                }
            }
        }
        let got = into.bytes.get(..filled).unwrap_or_default();
        if let Some(error) = &self.failed {
            // A line that was cut there is none.
            into.len = memchr::memrchr(b'\n', got).map_or(0, |at| at + 1);
            let (kind, why) = (error.kind(), error.to_string());
            if into.len == 0 {
                self.failed = None;
                return Err(io::Error::new(kind, why));
            }
            return Ok(Filled::Text);
        }
        if got.is_empty() {
            return Ok(Filled::End);
        }
        if self.is_over {
            into.len = filled;
            return Ok(Filled::Text);
        }
        let whole = memchr::memrchr(b'\n', got).map_or(0, |at| at + 1);
        let rest = got.get(whole..).unwrap_or_default();
        if whole == 0 && rest.len() > LINE {
            self.is_skipping = true;
            return Ok(Filled::TooLong);
        }
        self.carried.extend_from_slice(rest);
        into.len = whole;
        if whole == 0 { self.fill(into) } else { Ok(Filled::Text) }
    }

    /// Goes behind the end of a line that is left out; false when everything ended first.
    fn skip(&mut self, room: &mut Block) -> io::Result<bool> {
        loop {
            let n = self.reader.read(&mut room.bytes)?;
            let got = room.bytes.get(..n).unwrap_or_default();
            if got.is_empty() {
                self.is_over = true;
                return Ok(false);
            }
            if let Some(end) = memchr::memchr(b'\n', got) {
                self.carried.extend_from_slice(got.get(end + 1..).unwrap_or_default());
                self.is_skipping = false;
                return Ok(true);
            }
        }
    }
}

/// A part of a file.
pub(super) struct Range {
    pub(super) file: Arc<File>,
    pub(super) at: u64,
    pub(super) until: u64,
}

impl Read for Range {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.until.saturating_sub(self.at)).unwrap_or(usize::MAX).min(into.len());
        let n = self.file.read_at(into.get_mut(..left).unwrap_or_default(), self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Anything that can be read, on any thread.
pub(super) type Source = Box<dyn Read + Send>;

/// Unpacks what the first bytes say is packed.
///
/// # Errors
/// The reader's.
pub(super) fn unpacked(source: Source) -> io::Result<Source> {
    let mut source = BufReader::with_capacity(BLOCK, source);
    Ok(match source.fill_buf()? {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(source)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(Frames { inside: None, packed: Some(source) }),
        _ => Box::new(source),
    })
}

type Packed = BufReader<Source>;

/// The frames of a zstd file, one after the other.
struct Frames {
    inside: Option<Box<StreamingDecoder<Packed, FrameDecoder>>>,
    packed: Option<Packed>,
}

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut frame) = self.inside.take() {
                let n = frame.read(into)?;
                if n > 0 {
                    self.inside = Some(frame);
                    return Ok(n);
                }
                self.packed = Some(frame.into_inner());
            }
            let Some(mut packed) = self.packed.take() else { return Ok(0) };
            if packed.fill_buf()?.is_empty() {
                return Ok(0);
            }
            if let [a, 0x2a, 0x4d, 0x18, b, c, d, e, ..] = *packed.fill_buf()?
                && a & 0xf0 == 0x50
            {
                // A frame for somebody else.
                let length = u64::from(u32::from_le_bytes([b, c, d, e])) + 8;
                io::copy(&mut packed.by_ref().take(length), &mut io::sink())?;
                self.packed = Some(packed);
                continue;
            }
            let frame =
                StreamingDecoder::new(packed).map_err(|e: FrameDecoderError| io::Error::other(e.to_string()))?;
            self.inside = Some(Box::new(frame));
        }
    }
}
