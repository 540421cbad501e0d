//! The disk as a file system of SQLite's, for one connection to a file at a time.

use std::io::Error;
use std::ops::Range;
use std::time::Duration;

use sqlite_vfs::wip::{WalIndex, WalIndexLock};
use sqlite_vfs::{DatabaseHandle, LockKind, OpenOptions, Vfs};

use super::disk::Disk;

/// The files of a disk, by their whole paths.
pub(super) struct Files(pub(super) Disk);

pub(super) struct Handle {
    disk: Disk,
    name: String,
    lock: LockKind,
}

/// Nobody else looks at the log, so that its index needs to be nowhere but in memory.
pub(super) struct Index;

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap()
}

impl Vfs for Files {
    type Handle = Handle;

    fn open(&self, name: &str, _: OpenOptions) -> Result<Handle, Error> {
        self.0.make(name);
        Ok(Handle { disk: self.0.clone(), name: name.into(), lock: LockKind::None })
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.0.remove(name)
    }

    fn exists(&self, name: &str) -> Result<bool, Error> {
        Ok(self.0.has(name))
    }

    fn temporary_name(&self) -> String {
        "temporary".into()
    }

    fn random(&self, buffer: &mut [i8]) {
        // SQLite takes its chance from the machine's own file system.
        buffer.fill(0);
    }

    fn sleep(&self, duration: Duration) -> Duration {
        duration
    }
}

impl DatabaseHandle for Handle {
    type WalIndex = Index;

    fn size(&self) -> Result<u64, Error> {
        self.disk.length(&self.name).map(|length| u64::try_from(length).unwrap())
    }

    fn read_exact_at(&mut self, into: &mut [u8], at: u64) -> Result<(), Error> {
        self.disk.read(&self.name, place(at), into)
    }

    fn write_all_at(&mut self, bytes: &[u8], at: u64) -> Result<(), Error> {
        self.disk.write(&self.name, place(at), bytes)
    }

    fn sync(&mut self, _: bool) -> Result<(), Error> {
        self.disk.sync(&self.name)
    }

    fn set_len(&mut self, length: u64) -> Result<(), Error> {
        self.disk.resize(&self.name, place(length))
    }

    fn lock(&mut self, lock: LockKind) -> Result<bool, Error> {
        self.lock = lock;
        Ok(true)
    }

    fn reserved(&mut self) -> Result<bool, Error> {
        Ok(false)
    }

    fn current_lock(&self) -> Result<LockKind, Error> {
        Ok(self.lock)
    }

    fn wal_index(&self, _: bool) -> Result<Index, Error> {
        Ok(Index)
    }
}

#[expect(clippy::large_stack_arrays, reason = "this is how the VFS asks for it")]
impl WalIndex for Index {
    fn map(&mut self, _: u32) -> Result<[u8; 32_768], Error> {
        Ok([0; 32_768])
    }

    fn lock(&mut self, _: Range<u8>, _: WalIndexLock) -> Result<bool, Error> {
        Ok(true)
    }

    fn delete(self) -> Result<(), Error> {
        Ok(())
    }
}
