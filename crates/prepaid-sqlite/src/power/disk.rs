//! A disk that keeps what was synced, and of the rest what chance leaves: it is cut off, full or broken when told to be.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use super::lives::Dice;

/// A disk writes this much whole or not at all.
const SECTOR: usize = 512;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// From here on nothing is written, synced or read.
    NoPower,
    /// The same from the next sync on.
    NoPowerAtSync,
    /// Nothing more can be written.
    NoRoom,
    /// Nothing can be written, whatever room there is.
    Broken,
    /// A sync fails; what it should have made durable is so later, or counts as written and never is (as on Linux).
    SyncFails,
}

/// What a disk is asked to do.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Write,
    Sync,
}

/// What is left of the writes that were not synced.
#[derive(Debug, Clone, Copy)]
enum Left {
    Nothing,
    All,
    /// Each as chance will have it: whole, some of its sectors, or not.
    Some,
}

impl Left {
    fn of(dice: &mut Dice) -> Self {
        [Self::Nothing, Self::All, Self::Some][usize::try_from(dice.below(3)).unwrap()]
    }
}

/// What was done to a file and is not durable yet.
enum Change {
    Written { at: usize, bytes: Vec<u8> },
    Resized(usize),
}

impl Change {
    fn make(&self, content: &mut Vec<u8>) {
        match self {
            Self::Written { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Resized(length) => content.resize(*length, 0),
        }
    }

    /// What chance leaves of it: all, nothing, or some sectors.
    fn make_perhaps(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        match (dice.below(3), self) {
            (0, _) => {}
            (1, Self::Written { at, bytes }) => {
                for (n, sector) in bytes.chunks(SECTOR).enumerate() {
                    if dice.below(2) == 0 {
                        Self::Written { at: at + n * SECTOR, bytes: sector.to_vec() }.make(content);
                    }
                }
            }
            _ => self.make(content),
        }
    }
}

#[derive(Default)]
struct File {
    /// As it is read.
    content: Vec<u8>,
    /// As it is after the power came back, but for what was not synced.
    durable: Vec<u8>,
    pending: Vec<Change>,
}

impl File {
    fn change(&mut self, change: Change) {
        change.make(&mut self.content);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.make(&mut self.durable);
        }
    }

    fn restart(&mut self, left: Left, dice: &mut Dice) {
        for change in self.pending.drain(..) {
            match left {
                Left::Nothing => {}
                Left::All => change.make(&mut self.durable),
                Left::Some => change.make_perhaps(&mut self.durable, dice),
            }
        }
        self.content.clone_from(&self.durable);
    }
}

struct Inside {
    files: BTreeMap<String, File>,
    /// So many writes and syncs until the trouble begins.
    rest: u64,
    trouble: Option<Trouble>,
}

/// Copies are the same disk.
#[derive(Clone)]
pub(super) struct Disk(Arc<Mutex<Inside>>);

impl Disk {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Inside { files: BTreeMap::new(), rest: 0, trouble: None })))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    /// After so many more writes and syncs, this is so.
    pub(super) fn plan(&self, trouble: Trouble, rest: u64) {
        let mut inside = self.inside();
        (inside.trouble, inside.rest) = (Some(trouble), rest);
    }

    /// Nothing is wrong any more.
    pub(super) fn mend(&self) {
        self.inside().trouble = None;
    }

    /// Whether the trouble that was planned has begun.
    pub(super) fn is_in_trouble(&self) -> bool {
        let inside = self.inside();
        inside.trouble.is_some() && inside.rest == 0
    }

    /// The power is gone and comes back.
    pub(super) fn restart(&self, dice: &mut Dice) {
        let (mut inside, left) = (self.inside(), Left::of(dice));
        inside.trouble = None;
        inside.files.values_mut().for_each(|file| file.restart(left, dice));
    }

    pub(super) fn make(&self, name: &str) {
        self.inside().files.entry(name.into()).or_default();
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.inside().files.contains_key(name)
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        self.inside().does(Deed::Write)?;
        self.inside().files.remove(name).map(|_| ()).ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn length(&self, name: &str) -> Result<usize, Error> {
        Ok(self.inside().file(name)?.content.len())
    }

    /// What is missing at the end is read as zeroes, with an error that says so.
    pub(super) fn read(&self, name: &str, at: usize, into: &mut [u8]) -> Result<(), Error> {
        let mut inside = self.inside();
        let content = &inside.file(name)?.content;
        let there = content.get(at..).unwrap_or_default();
        let length = there.len().min(into.len());
        into[..length].copy_from_slice(&there[..length]);
        into[length..].fill(0);
        if length < into.len() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    pub(super) fn write(&self, name: &str, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let mut inside = self.inside();
        let done = inside.does(Deed::Write);
        // A write that fails may have written its beginning.
        let part = if done.is_ok() { bytes.len() } else { bytes.len() / 2 };
        if !inside.is_off() {
            inside.file(name)?.change(Change::Written { at, bytes: bytes[..part].to_vec() });
        }
        done
    }

    pub(super) fn resize(&self, name: &str, length: usize) -> Result<(), Error> {
        let mut inside = self.inside();
        inside.does(Deed::Write)?;
        inside.file(name)?.change(Change::Resized(length));
        Ok(())
    }

    pub(super) fn sync(&self, name: &str) -> Result<(), Error> {
        let mut inside = self.inside();
        let done = inside.does(Deed::Sync);
        match &done {
            Ok(()) => inside.file(name)?.sync(),
            Err(_) if inside.is_off() => {}
            Err(_) => {
                let file = inside.file(name)?;
                // A page of the log is written as two pieces.
                if file.pending.len() / 2 % 2 == 0 {
                    file.pending.clear();
                }
            }
        }
        done
    }
}

impl Inside {
    fn is_off(&self) -> bool {
        self.rest == 0 && self.trouble == Some(Trouble::NoPower)
    }

    fn file(&mut self, name: &str) -> Result<&mut File, Error> {
        if self.is_off() {
            return Err(Error::other("no power"));
        }
        self.files.get_mut(name).ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Counts, and says whether the disk does it.
    fn does(&mut self, deed: Deed) -> Result<(), Error> {
        let Some(trouble) = self.trouble else { return Ok(()) };
        if self.rest > 0 {
            self.rest -= 1;
            return Ok(());
        }
        match (trouble, deed) {
            (Trouble::NoPowerAtSync, Deed::Sync) => {
                self.trouble = Some(Trouble::NoPower);
                Err(Error::other("no power"))
            }
            (Trouble::NoPower, _) => Err(Error::other("no power")),
            // That is how this VFS is told of a full disk.
            (Trouble::NoRoom, Deed::Write) => Err(ErrorKind::WriteZero.into()),
            (Trouble::Broken, Deed::Write) => Err(Error::other("broken")),
            (Trouble::SyncFails, Deed::Sync) => Err(Error::other("not synced")),
            (Trouble::NoPowerAtSync | Trouble::SyncFails, Deed::Write)
            | (Trouble::NoRoom | Trouble::Broken, Deed::Sync) => Ok(()),
        }
    }
}
