//! One core that holds every break that can stand behind the switch, and the tests built with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use super::build::{self, Fault, Programs};
use super::change::Break;
use super::copy::Copy;
use super::switch::{self, Arm, Placed, Switched};
use crate::house::House;

/// What was built.
pub(super) struct Joint {
    pub(super) copy: Copy,
    pub(super) programs: Programs,
    /// Why a break is not in it, by its number.
    pub(super) apart: BTreeMap<usize, String>,
}

/// Builds a core with all breaks but those that are apart already, and the tests with it. A break that the compiler
/// does not take is set apart too: alone it may compile, or it is told that it does not.
pub(super) fn build(
    house: &House,
    breaks: &[(usize, &Break)],
    tests: &BTreeSet<String>,
    mut apart: BTreeMap<usize, String>,
) -> Result<Joint> {
    loop {
        let files = switched(house, breaks, &mut apart)?;
        let mut other: BTreeMap<String, String> =
            files.iter().map(|(name, file)| (name.clone(), file.text.clone())).collect();
        if !other.is_empty() {
            let root = "src/lib.rs";
            let text = other.remove(root).map_or_else(|| fs::read_to_string(house.root.join(root)), Ok)?;
            other.insert(root.into(), text + &switch::module());
        }
        let copy = Copy::of(house, "joint", &other)?;
        let faults = match build::build(&copy, tests)? {
            Ok(programs) => return Ok(Joint { copy, programs, apart }),
            Err(faults) => faults,
        };
        let blamed = blamed(&faults, &files);
        if blamed.is_empty() {
            let said: Vec<&str> = faults.iter().map(|fault| fault.said.as_str()).collect();
            bail!("the tree does not compile, whatever is broken\n{}", said.join("\n"));
        }
        println!("the compiler does not take {} of them together with the others", blamed.len());
        apart.extend(blamed);
    }
}

/// Every file that has breaks behind the switch. What cannot stand there is set apart.
fn switched(
    house: &House,
    breaks: &[(usize, &Break)],
    apart: &mut BTreeMap<usize, String>,
) -> Result<BTreeMap<String, Switched>> {
    let mut of_file: BTreeMap<&str, Vec<(usize, &Break)>> = BTreeMap::new();
    for (number, one) in breaks.iter().filter(|(number, _)| !apart.contains_key(number)) {
        of_file.entry(&one.file).or_default().push((*number, one));
    }
    let mut files = BTreeMap::new();
    for (name, breaks) in of_file {
        let text = fs::read_to_string(house.root.join(name))?;
        let fitting = breaks.iter().filter_map(|(number, one)| {
            let (at, instead) = one.place(&text).ok()?;
            Some((*number, at, instead))
        });
        let fitting: Vec<Placed> = fitting.collect();
        let file = switch::switched(&text, &fitting).with_context(|| name.to_owned())?;
        for (number, _) in breaks {
            if !fitting.iter().any(|(fits, ..)| *fits == number) {
                apart.insert(number, "does not fit".into());
            } else if !file.arms.iter().any(|arm| arm.number == number) {
                apart.insert(number, "lies in no function whose body can be chosen when it runs".into());
            }
        }
        if !file.arms.is_empty() {
            files.insert(name.to_owned(), file);
        }
    }
    Ok(files)
}

/// The breaks that errors point into, with why; or else those of the functions that they point into; or else those
/// of the functions that they name, because somebody far away needs them to be `const`.
fn blamed(faults: &[Fault], files: &BTreeMap<String, Switched>) -> BTreeMap<usize, String> {
    let arms = || files.iter().flat_map(|(name, file)| file.arms.iter().map(move |arm| (name, arm)));
    let which = |is: &dyn Fn(&String, &Arm, &Fault) -> bool| {
        // The first error is why, so it comes last.
        let guilty = faults.iter().rev().flat_map(|fault| {
            let first = fault.said.lines().next().unwrap_or_default();
            arms().filter(|(name, arm)| is(name, arm, fault)).map(move |(_, arm)| (arm.number, first.into()))
        });
        guilty.collect::<BTreeMap<usize, String>>()
    };
    let inside = |fault: &Fault, name: &String, range: &std::ops::Range<usize>| {
        fault.places.iter().any(|(file, at)| file == name && range.start <= at.start && at.end <= range.end)
    };
    let own = which(&|name, arm, fault| inside(fault, name, &arm.own));
    let mates = || which(&|name, arm, fault| inside(fault, name, &arm.switch));
    let were_const = || {
        which(&|_, arm, fault| {
            arm.was_const.as_ref().is_some_and(|name| fault.said.contains(&format!("{name}`")))
        })
    };
    let found = if own.is_empty() { mates() } else { own };
    if found.is_empty() { were_const() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_which_breaks_must_go() {
        let arm = |number, at: usize, was_const: Option<&str>| Arm {
            number,
            own: at..at + 10,
            switch: 100..200,
            was_const: was_const.map(Into::into),
        };
        let file = |arms| Switched { text: String::new(), arms };
        let files = BTreeMap::from([
            ("src/a.rs".to_owned(), file(vec![arm(1, 110, None), arm(2, 120, None)])),
            ("src/b.rs".to_owned(), file(vec![arm(3, 110, Some("low"))])),
        ]);
        let guilty = |said: &str, name: &str, at: usize| {
            let fault = Fault { said: said.into(), places: vec![(name.into(), at..at + 2)] };
            blamed(&[fault], &files).into_keys().collect::<Vec<_>>()
        };
        assert_eq!(guilty("error: types", "src/a.rs", 122), [2]);
        assert_eq!(guilty("error: types", "src/a.rs", 150), [1, 2]);
        assert_eq!(guilty("error: `low` is not const", "src/c.rs", 122), [3]);
        assert!(guilty("error: `other` is not const", "src/c.rs", 122).is_empty());
    }
}
