//! Opening: is it a store of ours, does this program know its schema, and is it whole?

use std::path::{Path, PathBuf};
use std::time::Duration;

use prepaid_runtime::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags};

use crate::fault::Fault;
use crate::read::{one, reading, run};
use crate::sql;

/// Up to this size a file is checked whole when it is opened, indexes against tables too.
const SMALL: i64 = 64 << 20;
/// Statements kept prepared; there are about forty.
const STATEMENTS: usize = 64;

/// How a file is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long to wait while another process writes; then the answer is [`StoreError::Held`].
    pub patience: Duration,
    /// How large the file may become, in bytes; what would make it larger is refused with [`StoreError::Full`], before
    /// the disk is full for everybody.
    pub largest: Option<u64>,
}

impl Default for Settings {
    /// 5 seconds, and no bound.
    fn default() -> Self {
        Self { patience: Duration::from_secs(5), largest: None }
    }
}

/// How a connection is opened that writes: by one thread, to a file that is there.
pub(crate) const WRITING: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// What a file turned out to be.
enum Kind {
    Empty,
    Ours { version: u32 },
}

/// The newest schema this program knows.
fn newest() -> u32 {
    let later = u32::try_from(sql::MIGRATIONS.len()).unwrap_or(u32::MAX).saturating_sub(1);
    sql::FIRST_SCHEMA.saturating_add(later)
}

/// The path that SQLite takes for a file, whatever its name.
pub(crate) fn whole(path: &Path) -> Result<PathBuf, Fault> {
    Ok(std::path::absolute(path)?)
}

/// Makes the file where there is none, for its owner only; `-wal` and `-shm` get its mode from SQLite.
#[expect(clippy::disallowed_methods, reason = "a store has a file; the core has none")]
pub(crate) fn create(path: &Path) -> Result<bool, Fault> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => sync_folder(path).map(|()| true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A file's name is durable once its folder is.
#[expect(clippy::disallowed_methods, reason = "a store has a file; the core has none")]
pub(crate) fn sync_folder(path: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Opens for writing; an empty file becomes a store.
pub(crate) fn for_writing(path: &Path, settings: &Settings) -> Result<Connection, Fault> {
    let path = whole(path)?;
    // On a medium that cannot be written this fails, and so does everything after it.
    create(&path)?;
    made_ready(Connection::open_with_flags(&path, WRITING)?, settings)
}

/// Makes a store of what a connection has opened, and the connection one that keeps what a store promises.
pub(crate) fn made_ready(conn: Connection, settings: &Settings) -> Result<Connection, Fault> {
    let conn = prepared(conn, settings)?;
    let kind = reading(&conn, || kind(&conn))?;
    if conn.is_readonly(MAIN_DB)? {
        return Err(StoreError::ReadOnly.into());
    }
    // Only a file without a page takes another size; 4096 is a frame of the log and, mostly, a block of the disk.
    conn.pragma_update(None, "page_size", 4096)?;
    write_ahead(&conn, settings)?;
    for (name, value) in [
        // A commit is on the disk when it is acknowledged, not only in its cache (also on macOS).
        ("synchronous", "full"),
        ("fullfsync", "on"),
        ("checkpoint_fullfsync", "on"),
        // Of 4 MiB the log would be copied back every few hundred commits.
        ("wal_autocheckpoint", "4000"),
        ("journal_size_limit", "67108864"),
    ] {
        conn.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(unanswered)?;
    }
    if !matches!(kind, Kind::Ours { version } if version == newest()) {
        migrate(&conn)?;
    }
    is_whole(&conn)?;
    if let Some(largest) = settings.largest {
        let pages = i64::try_from(largest / 4096).unwrap_or(i64::MAX).max(1);
        conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(conn)
}

/// Two that make the file at once are in each other's way here, where SQLite does not wait by itself.
#[expect(clippy::disallowed_methods, reason = "a shell waits; the core has deadlines")]
fn write_ahead(conn: &Connection, settings: &Settings) -> Result<(), Fault> {
    let (mut waited, rest) = (Duration::ZERO, Duration::from_millis(5));
    loop {
        let mode = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match mode.map_err(Fault::from) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(Fault::other(format_args!("the journal's mode is {mode}: expected wal")));
            }
            Err(Fault(StoreError::Held)) if waited < settings.patience => {
                std::thread::sleep(rest);
                waited = waited.saturating_add(rest);
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// Opens for reading; the file and its schema must be there.
pub(crate) fn for_reading(path: &Path, settings: &Settings) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = prepared(Connection::open_with_flags(whole(path)?, flags)?, settings)?;
    match reading(&conn, || kind(&conn))? {
        Kind::Ours { version } if version == newest() => Ok(conn),
        Kind::Ours { version } => Err(Fault::other(format_args!(
            "the store has schema {version}, and this program reads {}: open it for writing once",
            newest()
        ))),
        Kind::Empty => Err(Fault::other("the file is empty: open it for writing once")),
    }
}

/// What every connection is told.
pub(crate) fn prepared(conn: Connection, settings: &Settings) -> Result<Connection, Fault> {
    conn.busy_timeout(settings.patience)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A statement is planned once, not anew for every value it is given.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    for (name, value) in [
        // A damaged page is noticed when it is read, and a schema that somebody changed runs nothing.
        ("cell_size_check", "on"),
        ("trusted_schema", "off"),
        // 64 MiB of pages; a file that is mapped would crash the program where the disk fails.
        ("cache_size", "-65536"),
        ("mmap_size", "0"),
        ("temp_store", "memory"),
    ] {
        conn.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(unanswered)?;
    }
    Ok(conn)
}

/// Some settings answer and some do not.
fn unanswered(error: rusqlite::Error) -> Result<(), rusqlite::Error> {
    if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) }
}

fn number(conn: &Connection, sql: &'static str) -> Result<i64, Fault> {
    Ok(one(conn, sql, [], |row| Ok(row.get(0)?))?.unwrap_or_default())
}

/// Refuses what is not ours, or newer than this program, before anything is written. In one transaction, because another
/// process may be making the store.
fn kind(conn: &Connection) -> Result<Kind, Fault> {
    let application = number(conn, "PRAGMA application_id")?;
    let version = number(conn, "PRAGMA user_version")?;
    let tables = number(conn, "SELECT count(*) FROM sqlite_schema")?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(Kind::Empty);
    }
    if application != i64::from(sql::APPLICATION) {
        return Err(Fault::other("the file is a database of another program"));
    }
    match u32::try_from(version) {
        Ok(version) if (sql::FIRST_SCHEMA..=newest()).contains(&version) => Ok(Kind::Ours { version }),
        Ok(found) if found > newest() => Err(StoreError::Newer { found, known: newest() }.into()),
        Ok(1) => Err(Fault::other(format_args!(
            "the store has schema 1, from before the first release: expected {}; begin with a new file",
            newest()
        ))),
        Ok(_) | Err(_) => Err(Fault::damaged(format_args!("the schema's version is {version}"))),
    }
}

/// Brings the schema up to date, under the lock: another process may be doing the same.
fn migrate(conn: &Connection) -> Result<(), Fault> {
    run(conn, sql::BEGIN_WRITING)?;
    let migrated = migrate_locked(conn);
    if migrated.is_ok() {
        return run(conn, sql::COMMIT);
    }
    crate::write::roll_back(conn);
    migrated
}

fn migrate_locked(conn: &Connection) -> Result<(), Fault> {
    // How many of the migrations the file has.
    let known = match kind(conn)? {
        Kind::Empty => 0,
        Kind::Ours { version } => version.saturating_sub(sql::FIRST_SCHEMA).saturating_add(1),
    };
    let done = usize::try_from(known).unwrap_or(usize::MAX);
    for migration in sql::MIGRATIONS.iter().skip(done) {
        conn.execute_batch(migration)?;
    }
    if done < sql::MIGRATIONS.len() {
        conn.pragma_update(None, "application_id", sql::APPLICATION)?;
        conn.pragma_update(None, "user_version", newest())?;
    }
    Ok(())
}

/// A file of no great size is checked whole, a larger one page by page.
fn is_whole(conn: &Connection) -> Result<(), Fault> {
    let pages = number(conn, "PRAGMA page_count")?;
    let size = pages.saturating_mul(number(conn, "PRAGMA page_size")?);
    integrity(conn, if size <= SMALL { "PRAGMA integrity_check(1)" } else { "PRAGMA quick_check(1)" })
}

/// Asks SQLite whether the file is as it wrote it.
pub(crate) fn integrity(conn: &Connection, pragma: &'static str) -> Result<(), Fault> {
    let said = one(conn, pragma, [], |row| Ok(row.get::<_, String>(0)?))?;
    match said {
        Some(said) if said == "ok" => Ok(()),
        Some(said) => Err(Fault::damaged(said)),
        None => Err(Fault::damaged("the check said nothing")),
    }
}
