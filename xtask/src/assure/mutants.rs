//! Every small change of the core, in shards of at most half an hour, and the list of those that survive.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::house::House;
use crate::mutants::{self, Came, Known, LIST, Place, Run, Shard};
use crate::tools::{self, CARGO_MUTANTS};

/// How many shards the whole is tried in: a quarter of an hour each on a quiet machine of two cores.
const SHARDS: usize = 12;

pub(super) fn run(house: &House, words: &[String]) -> Result<()> {
    tools::ready(house, CARGO_MUTANTS, true)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words {
        [] => whole(house),
        ["merge", folder] => merge(house, &Place::of(house)?, Path::new(folder)),
        [shard] => one(house, shard),
        _ => bail!("expected nothing, a shard as 1/{SHARDS}, or: merge FOLDER"),
    }
}

/// All shards one after another. What is done already, of the same source, is not done again.
fn whole(house: &House) -> Result<()> {
    let place = Place::of(house)?;
    let folder = place.results(&mutants::digest(house)?);
    for number in 1..=SHARDS {
        let out = folder.join(format!("{number}-of-{SHARDS}"));
        let done = out.join("done");
        if !done.is_file() {
            println!("shard {number} of {SHARDS}");
            place.quickly(house, shard(number, SHARDS), &out)?;
            fs::write(done, "")?;
        }
    }
    merge(house, &place, &folder)
}

fn shard(number: usize, of: usize) -> Shard {
    Shard::Slice { number: number.saturating_sub(1), of }
}

/// One shard, judged by itself; the list is only read.
fn one(house: &House, words: &str) -> Result<()> {
    let parts = words.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
    let (number, of): (usize, usize) = parts.with_context(|| format!("`{words}` is no shard, as 1/12 is"))?;
    if number == 0 || number > of {
        bail!("shards are counted from 1 to {of}");
    }
    let (place, known) = (Place::of(house)?, Known::read(house)?);
    let out = place.results(&mutants::digest(house)?).join(format!("{number}-of-{of}"));
    let came = place.quickly(house, shard(number, of), &out)?;
    fs::write(out.join("done"), "")?;
    let came = place.thoroughly(house, came, &place.results("again"))?;
    tell(&came);
    refuse(&mutants::unexcused(house, &known, &came.missed)?)
}

/// Puts the shards of a folder together, tries what survived once more, and renews the list.
fn merge(house: &House, place: &Place, folder: &Path) -> Result<()> {
    let (present, mut came) = (mutants::all(house)?, Came::default());
    for entry in fs::read_dir(folder).with_context(|| format!("no folder {}", folder.display()))? {
        let shard = entry?.path();
        if shard.join("mutants.out").is_dir() {
            came.add(Came::read(&shard)?);
        }
    }
    let (tried, names) = (came.names(), present.iter().map(|one| one.name.as_str()).collect());
    let (lacking, foreign) = (tried.symmetric_difference(&names).count(), tried.difference(&names).count());
    if lacking > 0 {
        bail!("{} mutants are not tried yet, and {foreign} are of another source", lacking - foreign);
    }
    let came = place.thoroughly(house, came, &place.results("again"))?;
    tell(&came);
    let missed = present.iter().filter(|one| came.missed.contains(&one.name)).cloned().collect::<Vec<_>>();
    let run = Run {
        src: mutants::digest(house)?,
        caught: came.caught.len(),
        timed_out: came.timed_out.len(),
        unviable: came.unviable.len(),
        survived: came.missed.len(),
    };
    let known = Known::read(house)?.renewed(run, &missed);
    known.write(house)?;
    println!("{LIST} is renewed");
    refuse(&known.faults(&present))
}

fn tell(came: &Came) {
    let Came { caught, missed, timed_out, unviable } = came;
    println!(
        "{} caught, {} ran for ever (caught, too), {} do not compile, {} survived",
        caught.len(),
        timed_out.len(),
        unviable.len(),
        missed.len()
    );
    for name in missed {
        println!("survived: {name}");
    }
}

fn refuse(faults: &[String]) -> Result<()> {
    for fault in faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!(
            "{} survivors without a test and without a reason, or reasons without a survivor",
            faults.len()
        );
    }
    Ok(())
}
