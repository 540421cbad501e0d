//! A copy of the tree to break things in, and a build place that is kept so that each break builds little.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::house::House;

/// Where all copies are.
pub(super) fn place(house: &House) -> PathBuf {
    house.target.join("xtask").join("breaks")
}

/// One copy of the tree. It is a house of its own: root and target directory.
pub(super) struct Copy {
    pub(super) house: House,
    place: PathBuf,
}

impl Copy {
    /// Makes the copy, or brings it up to date, with other texts in some of its files. Only files that differ are
    /// written: cargo builds by their dates.
    pub(super) fn of(house: &House, name: &str, other: &BTreeMap<String, String>) -> Result<Self> {
        let place = place(house).join(name);
        let copied = House { root: place.join("tree"), target: place.join("build") };
        fs::create_dir_all(&copied.root)?;
        let names = house.files()?.into_iter().map(|path| (house.name_of(&path), path));
        let names: BTreeMap<String, PathBuf> = names.collect();
        let copy = Self { house: copied, place };
        for (name, path) in &names {
            match other.get(name) {
                Some(text) => copy.write(name, text.as_bytes())?,
                None => copy.write(name, &fs::read(path)?)?,
            }
        }
        for path in copy.house.files()? {
            if !names.contains_key(&copy.house.name_of(&path)) {
                fs::remove_file(&path)?;
            }
        }
        Ok(copy)
    }

    /// Writes a file of the copy, unless it is so already.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.house.root.join(name);
        if fs::read(&path).is_ok_and(|there| there == content) {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Where the output of a program of this job goes until it is read.
    pub(super) fn output(&self, job: usize) -> PathBuf {
        self.place.join(format!("output-{job}.txt"))
    }
}
