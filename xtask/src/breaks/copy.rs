//! A copy of the tree to break things in, and a build place that is kept so that each break builds little.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::house::House;

/// One copy of the tree. It is a house of its own: root and target directory.
pub(super) struct Copy {
    pub(super) house: House,
    place: PathBuf,
}

impl Copy {
    /// Makes the copy, or brings it up to date. Only files that differ are written: cargo builds by their dates.
    pub(super) fn of(house: &House, job: usize) -> Result<Self> {
        let place = house.target.join("xtask").join("breaks").join(job.to_string());
        let copied = House { root: place.join("tree"), target: place.join("build") };
        fs::create_dir_all(&copied.root)?;
        let mut names = BTreeSet::new();
        for path in house.files()? {
            let name = house.name_of(&path);
            write_if_other(&copied.root.join(&name), &fs::read(&path)?)?;
            names.insert(name);
        }
        for path in copied.files()? {
            if !names.contains(&copied.name_of(&path)) {
                fs::remove_file(&path)?;
            }
        }
        Ok(Self { house: copied, place })
    }

    /// Puts a program where the next build does not overwrite it.
    pub(super) fn keep(&self, program: &Path) -> Result<PathBuf> {
        let kept = self.place.join(format!("sound{}", std::env::consts::EXE_SUFFIX));
        fs::copy(program, &kept).with_context(|| format!("cannot copy {}", program.display()))?;
        Ok(kept)
    }

    /// Writes a file of the copy, unless it is so already.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        write_if_other(&self.house.root.join(name), content)
    }

    /// Where a program's output goes until it is read.
    pub(super) fn output(&self) -> PathBuf {
        self.place.join("output.txt")
    }
}

fn write_if_other(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
