//! The program as the tests run it: its answer, and a folder of its own for what it writes.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "tests run the program and read and write files"
)]
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The output as JSON, a line each.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// The output as one JSON value.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.out).expect("JSON")
    }
}

/// Runs the program at the root of the workspace.
pub(crate) fn prepaid(arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_prepaid"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        status: output.status.code().expect("an exit status, not a signal"),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of a file of the workspace.
pub(crate) fn text_of(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("the file is there")
}

/// A folder that is empty when it is made and gone when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&place));
        fs::create_dir_all(&place).expect("a folder can be made");
        Self(place)
    }

    /// A file in it, written.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let file = self.0.join(name);
        fs::write(&file, bytes).expect("a file can be written");
        file.to_string_lossy().into_owned()
    }

    /// Where a file in it would be.
    pub(crate) fn place(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    /// The text of a file in it.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file is there")
    }

    /// Takes a file away.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).expect("the file is there");
    }

    /// The names of the files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder is there");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A small generator of numbers, the same on every machine.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bound = u64::try_from(bound.max(1)).expect("a length");
        usize::try_from((self.0 >> 33).checked_rem(bound).unwrap_or(0)).expect("below a length")
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let n = self.below(list.len());
        list.get(n).expect("a list that is not empty")
    }
}
