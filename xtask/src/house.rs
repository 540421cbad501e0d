//! Where things are: the root of the workspace, the target directory, the files in the tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders, and a file, that are made by tools and are no part of the tree.
const NOT_OURS: [&str; 4] = [".git", "target", "node_modules", "__pycache__"];

/// The two places every check needs to know.
#[derive(Debug, Clone)]
pub(crate) struct House {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where builds go: one place for every check, so that they share what they build.
    pub(crate) target: PathBuf,
}

impl House {
    pub(crate) fn here() -> Result<Self> {
        // Asked when it runs, not when it is compiled: two trees may share a target directory, and with it this
        // program, and each must check itself.
        let own = std::env::var_os("CARGO_MANIFEST_DIR").context("start this as: cargo xtask")?;
        let root = Path::new(&own).parent().context("the xtask folder has no parent")?.to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        Ok(Self { target: root.join(target), root })
    }

    /// `path` as seen from the root, with forward slashes on every system.
    pub(crate) fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }

    /// Every file of the tree, sorted, without what tools made and without symbolic links.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        self.files_under("")
    }

    /// Every file under a folder of the tree, sorted; none if the folder is not there.
    pub(crate) fn files_under(&self, folder: &str) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let start = if folder.is_empty() { self.root.clone() } else { self.root.join(folder) };
        if start.is_dir() {
            walk(&start, &self.target, &mut found)?;
        }
        found.sort();
        Ok(found)
    }
}

fn walk(folder: &Path, target: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        // In a second tree of one repository `.git` is a file.
        let name = entry.file_name();
        if NOT_OURS.iter().any(|made| name == *made) || path == target {
            continue;
        }
        if kind.is_file() {
            found.push(path);
        } else if kind.is_dir() {
            walk(&path, target, found)?;
        }
    }
    Ok(())
}

/// Whether a file's name ends so, `ending` with its dot.
pub(crate) fn ends_with(path: &Path, ending: &str) -> bool {
    path.to_string_lossy().ends_with(ending)
}
