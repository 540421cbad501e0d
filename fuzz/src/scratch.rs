//! A file for a reader that reads files: one of each ending a process, written anew for every input.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs, process};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = env::temp_dir().join(format!("prepaid-fuzz-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder for the input (TMPDIR says where)");
    folder
});

/// A file of that name with these bytes in it.
pub(crate) fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.join(name);
    fs::write(&path, bytes).expect("the input can be written");
    path
}
