//! Reading and writing files: whole files in, and out either whole or not at all.
#![expect(clippy::disallowed_methods, reason = "this is the shell: files are its trade, not the core's")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::fault::{Faults, Stopped, line_at};

/// The text of a file.
pub(crate) fn read_text(file: &Path) -> Result<String, Stopped> {
    refuse_folder(file)?;
    let bytes = fs::read(file).map_err(|error| not("read", file, error))?;
    let read = String::from_utf8(bytes);
    // A mark of the encoding at the start is no part of the text.
    let unmarked = |text: String| text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text);
    read.map(unmarked).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let start = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        Faults::one(file, Some(line_at(&start, valid)), "must be UTF-8 text")
    })
}

/// A file to read from.
pub(crate) fn open(file: &Path) -> Result<File, Stopped> {
    refuse_folder(file)?;
    File::open(file).map_err(|error| not("read", file, error))
}

fn refuse_folder(file: &Path) -> Result<(), Stopped> {
    if fs::metadata(file).is_ok_and(|about| about.is_dir()) {
        return Err(Stopped::Unfit(format!("{}: is a directory: must be a file", file.display())));
    }
    Ok(())
}

/// Refuses a place for a file where something is already: an input, or anything else.
pub(crate) fn must_be_new(
    option: &str,
    place: Option<&Path>,
    inputs: &[Option<&Path>],
) -> Result<(), Stopped> {
    let Some(place) = place else { return Ok(()) };
    let Ok(about) = fs::symlink_metadata(place) else { return Ok(()) };
    let real = fs::canonicalize(place).ok();
    let is_input = |input: &&Path| real.is_some() && fs::canonicalize(input).ok() == real;
    let why = if inputs.iter().flatten().any(is_input) {
        "is one of the inputs: must be a new file"
    } else if about.is_file() {
        "exists already: must be a new file"
    } else {
        "exists and is no regular file: must be a new file"
    };
    Err(Stopped::Unfit(format!("option {option} is {}: {why}", place.display())))
}

/// The standard output. A failure does not stop the work: what is left is not printed, and told at the end.
#[derive(Debug)]
pub(crate) struct Output {
    to: Option<BufWriter<anstream::Stdout>>,
    failed: Option<io::Error>,
}

impl Output {
    /// Begins to print.
    pub(crate) fn begin() -> Self {
        Self { to: Some(BufWriter::new(anstream::stdout())), failed: None }
    }

    /// Ends printing. Whoever closed the pipe has read enough, which is no failure.
    pub(crate) fn end(mut self) -> Result<(), Stopped> {
        self.attempt(BufWriter::flush);
        match self.failed.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Stopped::Output(error)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether nothing more can be printed: whoever has nothing else to do may stop.
    pub(crate) const fn is_over(&self) -> bool {
        self.to.is_none()
    }

    fn attempt(&mut self, write: impl FnOnce(&mut BufWriter<anstream::Stdout>) -> io::Result<()>) {
        if let Some(to) = &mut self.to
            && let Err(error) = write(to)
        {
            self.failed = Some(error);
            self.to = None;
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|to| to.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(BufWriter::flush);
        Ok(())
    }
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
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // A log names owners and payment tokens: it is for whoever made it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&beside).map_err(|error| not("write", place, error))?;
        Ok(Self { place: place.into(), beside, to: Some(BufWriter::with_capacity(1 << 16, file)) })
    }

    /// Adds to it.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        let Some(to) = &mut self.to else { return Ok(()) };
        to.write_all(bytes).map_err(|error| Stopped::Unwritten { file: self.place.clone(), error })
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
        stored.map_err(|error| Stopped::Unwritten { file: self.place.clone(), error })
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
