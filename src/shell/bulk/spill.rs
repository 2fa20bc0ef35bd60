//! Values that memory has no room for, in a file that nobody else sees and that goes with the process.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    sync::atomic::{AtomicU32, Ordering},
};

/// How many values are read back at once.
const AT_ONCE: usize = 8_192;

/// How many bytes are written at once.
const WRITE: usize = 1 << 20;

/// So that two threads do not name the same file.
static NAMED: AtomicU32 = AtomicU32::new(0);

/// A run of values in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    at: u64,
    /// How many.
    pub n: u64,
}

/// The file, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Spill {
    file: Option<File>,
    waiting: Vec<u8>,
    len: u64,
}

impl Spill {
    /// Appends values.
    ///
    /// # Errors
    /// The temporary folder refuses.
    pub(super) fn write(&mut self, values: &[f64]) -> io::Result<Run> {
        let run = Run { at: self.len, n: values.len() as u64 };
        for value in values {
            self.waiting.extend_from_slice(&value.to_le_bytes());
        }
        self.len += run.n * 8;
        if self.waiting.len() >= WRITE { self.flush().map(|()| run) } else { Ok(run) }
    }

    /// Writes what waits; to be called before anything is read back.
    ///
    /// # Errors
    /// The temporary folder refuses.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(unnamed()?),
        };
        file.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Reads a run back, some values at a time.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn read(&self, run: Run, mut each: impl FnMut(&[f64])) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let (mut bytes, mut values) = (vec![0; AT_ONCE * 8], Vec::with_capacity(AT_ONCE));
        let (mut at, mut left) = (run.at, usize::try_from(run.n).unwrap_or(usize::MAX));
        while left > 0 {
            let some = left.min(AT_ONCE);
            let part = bytes.get_mut(..some * 8).unwrap_or_default();
            file.read_exact_at(part, at)?;
            values.clear();
            values.extend(part.as_chunks::<8>().0.iter().map(|value| f64::from_le_bytes(*value)));
            each(&values);
            at += (some * 8) as u64;
            left -= some;
        }
        Ok(())
    }
}

/// A file in the temporary folder, for this account only, without a name as soon as it is open.
fn unnamed() -> io::Result<File> {
    let n = NAMED.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("watchfloor-{}-{n}.values", std::process::id()));
    let file = fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back_as_they_were_written() {
        let mut spill = Spill::default();
        let many: Vec<f64> = (0..200_000).map(f64::from).collect();
        let (one, other) = (spill.write(&[1.5, -0.0]).unwrap(), spill.write(&many).unwrap());
        spill.flush().unwrap();
        let read = |run| {
            let mut found = Vec::new();
            spill.read(run, |some| found.extend_from_slice(some)).unwrap();
            found
        };
        assert_eq!((read(one), read(other)), (vec![1.5, -0.0], many));
    }
}
