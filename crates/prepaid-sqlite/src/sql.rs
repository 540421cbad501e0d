//! Every statement of this crate, and the schema with its versions.

/// What makes a file one of ours: `prpd` in its header.
pub(crate) const APPLICATION: i32 = 0x7072_7064;

/// The number of the first schema. There was another before it, number 1, in files that no release ever made.
pub(crate) const FIRST_SCHEMA: u32 = 2;

/// The schema, version by version, from the first on: what was released is never changed, only added to.
///
/// * `accounts.awake` says that the account owes something or has a deadline. It is a column, so that an index of those
///   accounts alone is written only when one falls asleep or wakes, not whenever a deadline moves.
/// * `names` holds what many rows say: policies, and the items of price lists.
/// * `places` says where in the log an account's last batch is, every so many-th, each that is more than calls, and what a
///   call or a request did. It is one tree, in the order of accounts, so that a batch of an account that has few of them
///   writes one page of it: with many accounts it is pages that a commit takes its time for. `seq` and `crc` are of the
///   last batch; a batch that is more than calls has the number of the one before it in `seq`, and the place of the last
///   of them its own, so that none is missing without being missed.
/// * `batches.previous` is the position of the account's batch before: from a place on, batches are read backwards.
/// * A snapshot is written every so many batches, and with it what has been used up to there: both are caches of them.
/// * A request's place is forgotten, the batch never, which has its id and the digest of its content.
/// * `hours` says from which position on batches were written by which hour, the latest so far. It finds the requests that
///   are old enough to be forgotten without an index of all of them by time.
/// * `crc` covers a row, its account's id and its place: a flipped bit is no other balance, but an error.
/// * `settled` is written to make sure that a commit whose outcome was unclear never comes back; `forgotten` is the
///   instant before which requests may have been forgotten.
pub(crate) const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE accounts (
        number INTEGER PRIMARY KEY,
        account BLOB NOT NULL UNIQUE,
        deadline INTEGER,
        owes INTEGER NOT NULL,
        awake INTEGER NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX accounts_awake ON accounts (number) WHERE awake = 1;
    CREATE TABLE names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE batches (
        position INTEGER PRIMARY KEY,
        account INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        previous INTEGER NOT NULL,
        at INTEGER NOT NULL,
        policy INTEGER NOT NULL,
        request TEXT,
        content BLOB,
        events TEXT NOT NULL,
        posted TEXT NOT NULL,
        held TEXT NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE places (
        account INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        id BLOB NOT NULL,
        position INTEGER NOT NULL,
        seq INTEGER,
        crc INTEGER,
        PRIMARY KEY (account, kind, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE hours (first INTEGER PRIMARY KEY, hour INTEGER NOT NULL) STRICT;
    CREATE TABLE snapshots (
        account INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,
        state TEXT NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE keys (
        digest BLOB NOT NULL PRIMARY KEY,
        account INTEGER NOT NULL,
        key BLOB NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX keys_of ON keys (account);
    CREATE TABLE usage (
        account INTEGER NOT NULL,
        day INTEGER NOT NULL,
        key INTEGER NOT NULL,
        item INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        amount TEXT NOT NULL,
        crc INTEGER NOT NULL,
        PRIMARY KEY (account, day, key, item)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE settled (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        times INTEGER NOT NULL,
        forgotten INTEGER NOT NULL
    ) STRICT;
    INSERT INTO settled VALUES (1, 0, -9223372036854775808);
"];

pub(crate) const BEGIN_READING: &str = "BEGIN DEFERRED";
/// The lock is taken before anything is read, so that what was read is still so when it is written.
pub(crate) const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";
pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

pub(crate) const DATA_VERSION: &str = "PRAGMA data_version";
pub(crate) const SETTLE: &str = "UPDATE settled SET times = times + 1";

macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "SELECT a.number, p.seq, p.position, a.deadline, a.owes, a.awake, a.crc, p.crc, a.account \
             FROM accounts a LEFT JOIN places p ON p.account = a.number AND p.kind = 0 AND p.id = x'' ",
            $rest
        )
    };
}

pub(crate) const ACCOUNT: &str = accounts!("WHERE a.account = ?1");
pub(crate) const ADD_ACCOUNT: &str = "INSERT INTO accounts (account, owes, awake, crc) VALUES (?1, 0, 0, 0)";
pub(crate) const SET_ACCOUNT: &str =
    "UPDATE accounts SET deadline = ?2, owes = ?3, crc = ?4 WHERE number = ?1";
/// Also sets the column that the index of those that are awake depends on.
pub(crate) const WAKE_ACCOUNT: &str =
    "UPDATE accounts SET deadline = ?2, owes = ?3, crc = ?4, awake = ?5 WHERE number = ?1";
pub(crate) const AWAKE: &str = accounts!("WHERE a.awake = 1");
pub(crate) const ACCOUNTS: &str = "SELECT account FROM accounts WHERE account > ?1 ORDER BY account LIMIT ?2";
pub(crate) const FIRST_ACCOUNTS: &str = "SELECT account FROM accounts ORDER BY account LIMIT ?1";
pub(crate) const ALL_ACCOUNTS: &str = accounts!("WHERE a.number > ?1 ORDER BY a.number LIMIT 1");

/// Of which kind a place is: 0, with no id, is the account's last batch, and this the one that admitted a call.
pub(crate) const CALL: i64 = 1;
/// The batch of a request.
pub(crate) const REQUEST: i64 = 2;
/// The batch of a request whose id is a UUID.
pub(crate) const UUID_REQUEST: i64 = 3;
/// Every so many-th batch, by its number.
pub(crate) const MARK: i64 = 4;
// 5 is a batch that is more than calls, by its number, and with no id the last of them.
/// The batch that issued a grant.
pub(crate) const GRANT: i64 = 6;

pub(crate) const PLACE: &str = "SELECT position FROM places WHERE account = ?1 AND kind = ?2 AND id = ?3";
pub(crate) const PLACES: &str = "SELECT id, position FROM places WHERE account = ?1 AND kind = ?2";
pub(crate) const BESIDE_AFTER: &str = "SELECT id, position, seq FROM places \
     WHERE account = ?1 AND kind = 5 AND id > ?2 ORDER BY id LIMIT ?3";
pub(crate) const LAST_BESIDE: &str = "SELECT seq FROM places WHERE account = ?1 AND kind = 5 AND id = x''";
pub(crate) const ADD_BESIDE: &str =
    "INSERT INTO places (account, kind, id, position, seq) VALUES (?1, 5, ?2, ?3, ?4)";
pub(crate) const SET_LAST_BESIDE: &str =
    "INSERT OR REPLACE INTO places (account, kind, id, position, seq) VALUES (?1, 5, x'', ?2, ?3)";
pub(crate) const ADD_PLACE: &str =
    "INSERT OR IGNORE INTO places (account, kind, id, position) VALUES (?1, ?2, ?3, ?4)";
pub(crate) const SET_LAST: &str =
    "INSERT OR REPLACE INTO places (account, kind, id, position, seq, crc) VALUES (?1, 0, x'', ?2, ?3, ?4)";
/// The position too: the id may have been used again since.
pub(crate) const FORGET: &str =
    "DELETE FROM places WHERE account = ?1 AND kind = ?2 AND id = ?3 AND position = ?4";

pub(crate) const NAME: &str = "SELECT number FROM names WHERE name = ?1";
pub(crate) const ADD_NAME: &str = "INSERT INTO names (name) VALUES (?1)";

macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "SELECT a.account, b.position, b.seq, b.at, n.name, b.request, b.events, b.posted, b.held, b.crc, \
             b.previous, b.content, b.account \
             FROM batches b LEFT JOIN accounts a ON a.number = b.account \
             LEFT JOIN names n ON n.number = b.policy ",
            $rest
        )
    };
}

pub(crate) const LAST: &str = "SELECT coalesce((SELECT max(position) FROM batches), 0), \
     (SELECT hour FROM hours ORDER BY first DESC LIMIT 1)";
pub(crate) const ADD_BATCH: &str = "INSERT INTO batches \
     (position, account, seq, previous, at, policy, request, content, events, posted, held, crc) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
pub(crate) const BATCH_AT: &str = batches!("WHERE b.position = ?1");
pub(crate) const CHANGES: &str = batches!("WHERE b.position > ?1 ORDER BY b.position LIMIT ?2");
pub(crate) const LINK: &str = "SELECT account, seq, previous FROM batches WHERE position = ?1";
pub(crate) const COUNT_BATCHES: &str = "SELECT count(*) FROM batches";

pub(crate) const ADD_HOUR: &str = "INSERT INTO hours (first, hour) VALUES (?1, ?2)";
/// The run of batches that a position is in, or the first one; and where the next run begins.
pub(crate) const HOUR_AT: &str = "SELECT h.first, (SELECT min(n.first) FROM hours n WHERE n.first > h.first), h.hour \
     FROM hours h WHERE h.first >= coalesce((SELECT max(first) FROM hours WHERE first <= ?1), 0) \
     ORDER BY h.first LIMIT 1";
pub(crate) const DROP_HOUR: &str = "DELETE FROM hours WHERE first = ?1";
pub(crate) const STRETCH: &str =
    batches!("WHERE b.position >= ?1 AND b.position < ?2 ORDER BY b.position LIMIT ?3");
pub(crate) const SET_FORGOTTEN: &str = "UPDATE settled SET forgotten = max(forgotten, ?1)";
pub(crate) const FORGOTTEN: &str = "SELECT forgotten FROM settled";
/// Where the first run begins, and where the first request is that is remembered.
pub(crate) const FIRST_REMEMBERED: &str =
    "SELECT (SELECT min(first) FROM hours), (SELECT min(position) FROM places WHERE kind IN (2, 3))";
/// Rows of accounts that are not there.
pub(crate) const ORPHANS: &str = "SELECT (SELECT count(*) FROM places WHERE account NOT IN (SELECT number FROM accounts)) \
     + (SELECT count(*) FROM usage WHERE account NOT IN (SELECT number FROM accounts)) \
     + (SELECT count(*) FROM keys WHERE account NOT IN (SELECT number FROM accounts)) \
     + (SELECT count(*) FROM snapshots WHERE account NOT IN (SELECT number FROM accounts))";

pub(crate) const SNAPSHOT: &str = "SELECT seq, state, crc FROM snapshots WHERE account = ?1";
pub(crate) const HAS_USAGE: &str = "SELECT EXISTS (SELECT 1 FROM usage WHERE account = ?1)";
pub(crate) const SET_SNAPSHOT: &str =
    "INSERT OR REPLACE INTO snapshots (account, seq, state, crc) VALUES (?1, ?2, ?3, ?4)";

pub(crate) const KEY: &str = "SELECT a.account, k.key, k.crc FROM keys k \
     LEFT JOIN accounts a ON a.number = k.account WHERE k.digest = ?1";
pub(crate) const KEYS_OF: &str = "SELECT digest, key FROM keys WHERE account = ?1";
pub(crate) const ADD_KEY: &str = "INSERT INTO keys (digest, account, key, crc) VALUES (?1, ?2, ?3, ?4)";
pub(crate) const DROP_KEY: &str = "DELETE FROM keys WHERE digest = ?1";

pub(crate) const SUM: &str = "SELECT calls, amount, crc FROM usage \
     WHERE account = ?1 AND day = ?2 AND key = ?3 AND item = ?4";
pub(crate) const SET_SUM: &str = "INSERT OR REPLACE INTO usage \
     (account, day, key, item, calls, amount, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(crate) const USAGE: &str = "SELECT u.day, u.key, n.name, u.calls, u.amount, u.crc FROM usage u \
     LEFT JOIN names n ON n.number = u.item \
     WHERE u.account = ?1 AND (u.day, u.key) >= (?2, ?3) AND u.day < ?4 ORDER BY u.day, u.key";
