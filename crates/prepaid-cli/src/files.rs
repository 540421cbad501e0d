//! Reading and writing files: whole files in, and out either whole or not at all.
#![expect(clippy::disallowed_methods, reason = "this is the shell: files are its trade, not the core's")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::fault::{Faults, Stopped, line_at};

/// The text of a file.
pub(crate) fn read_text(file: &Path) -> Result<String, Stopped> {
    let bytes = fs::read(file).map_err(|error| not("read", file, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let start = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        Faults::one(file, Some(line_at(&start, valid)), "must be UTF-8 text")
    })
}

/// A file to read from.
pub(crate) fn open(file: &Path) -> Result<File, Stopped> {
    File::open(file).map_err(|error| not("read", file, error))
}

/// A file that is being written beside its place, and put there when it is whole.
#[derive(Debug)]
pub(crate) struct Unfinished {
    place: PathBuf,
    beside: PathBuf,
    to: Option<BufWriter<File>>,
}

impl Unfinished {
    /// Begins a file that will lie at `place`.
    pub(crate) fn begin(place: &Path) -> Result<Self, Stopped> {
        let Some(name) = place.file_name() else {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "this is no file name");
            return Err(not("write", place, error));
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.unfinished", std::process::id()));
        let beside = place.with_file_name(hidden);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)
            .map_err(|error| not("write", place, error))?;
        Ok(Self { place: place.into(), beside, to: Some(BufWriter::with_capacity(1 << 16, file)) })
    }

    /// Adds to it.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        let Some(to) = &mut self.to else { return Ok(()) };
        to.write_all(bytes).map_err(|error| not("write", &self.place, error))
    }

    /// Puts it in its place.
    pub(crate) fn finish(mut self) -> Result<(), Stopped> {
        let Some(to) = self.to.take() else { return Ok(()) };
        let stored = to
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.beside, &self.place));
        if stored.is_err() {
            discard(&self.beside);
        }
        stored.map_err(|error| not("write", &self.place, error))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.to.take().is_some() {
            discard(&self.beside);
        }
    }
}

/// What is not finished is of no use; if it cannot be removed there is nobody to tell.
fn discard(file: &Path) {
    drop(fs::remove_file(file));
}

fn not(verb: &'static str, file: &Path, error: io::Error) -> Stopped {
    Stopped::File { verb, file: file.into(), error }
}
