//! Every statement of this crate, and the schema with its versions.

/// What makes a file one of ours: `prpd` in its header.
pub(crate) const APPLICATION: i32 = 0x7072_7064;

/// The schema, version by version: what is here is never changed, only added to.
///
/// * `accounts.awake` says that the account owes something or has a deadline. It is a column, so that an index of those
///   accounts alone is written only when one falls asleep or wakes, not whenever a deadline moves.
/// * `names` holds what many rows say: policies, and the items of price lists.
/// * A snapshot is written every so many batches; it is a cache of them.
/// * A request's row points to its batch, which has the id too: `requests` is forgotten, the batch never.
/// * `hours` says from which position on batches were written in which hour. It finds the requests that are old enough
///   to be forgotten without an index of all of them by time.
/// * `crc` covers a row, its account's id and its place: a flipped bit is no other balance, but an error.
/// * `settled` is written to make sure that a commit whose outcome was unclear never comes back.
pub(crate) const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE accounts (
        number INTEGER PRIMARY KEY,
        account BLOB NOT NULL UNIQUE,
        seq INTEGER NOT NULL,
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
        at INTEGER NOT NULL,
        policy INTEGER NOT NULL,
        request TEXT,
        events TEXT NOT NULL,
        posted TEXT NOT NULL,
        held TEXT NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX batches_of ON batches (account, seq);
    CREATE TABLE hours (first INTEGER PRIMARY KEY, hour INTEGER NOT NULL) STRICT;
    CREATE TABLE snapshots (
        account INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,
        state TEXT NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE requests (
        account INTEGER NOT NULL,
        request TEXT NOT NULL,
        position INTEGER NOT NULL,
        content BLOB NOT NULL,
        crc INTEGER NOT NULL,
        PRIMARY KEY (account, request)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE calls (
        account INTEGER NOT NULL,
        call BLOB NOT NULL,
        key INTEGER NOT NULL,
        item INTEGER NOT NULL,
        PRIMARY KEY (account, call)
    ) STRICT, WITHOUT ROWID;
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
    CREATE TABLE settled (one INTEGER PRIMARY KEY CHECK (one = 1), times INTEGER NOT NULL) STRICT;
    INSERT INTO settled VALUES (1, 0);
"];

pub(crate) const BEGIN_READING: &str = "BEGIN DEFERRED";
/// The lock is taken before anything is read, so that what was read is still so when it is written.
pub(crate) const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";
pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

pub(crate) const DATA_VERSION: &str = "PRAGMA data_version";
pub(crate) const SETTLE: &str = "UPDATE settled SET times = times + 1";

pub(crate) const ACCOUNT: &str =
    "SELECT number, seq, deadline, owes, awake, crc FROM accounts WHERE account = ?1";
/// The account, and whether it has made a request.
pub(crate) const ACCOUNT_AND_REQUEST: &str = "SELECT number, seq, deadline, owes, awake, crc, \
     EXISTS (SELECT 1 FROM requests WHERE account = number AND request = ?2) FROM accounts WHERE account = ?1";
/// The account, and whether it has made a call.
pub(crate) const ACCOUNT_AND_CALL: &str = "SELECT number, seq, deadline, owes, awake, crc, \
     EXISTS (SELECT 1 FROM calls WHERE account = number AND call = ?2) FROM accounts WHERE account = ?1";
pub(crate) const ADD_ACCOUNT: &str =
    "INSERT INTO accounts (account, seq, owes, awake, crc) VALUES (?1, 0, 0, 0, 0)";
pub(crate) const SET_ACCOUNT: &str =
    "UPDATE accounts SET seq = ?2, deadline = ?3, owes = ?4, crc = ?5 WHERE number = ?1";
/// Also sets the column that the index of those that are awake depends on.
pub(crate) const WAKE_ACCOUNT: &str =
    "UPDATE accounts SET seq = ?2, deadline = ?3, owes = ?4, crc = ?5, awake = ?6 WHERE number = ?1";
pub(crate) const AWAKE: &str =
    "SELECT number, seq, deadline, owes, awake, crc, account FROM accounts WHERE awake = 1";
pub(crate) const ACCOUNTS: &str = "SELECT account FROM accounts WHERE account > ?1 ORDER BY account LIMIT ?2";
pub(crate) const FIRST_ACCOUNTS: &str = "SELECT account FROM accounts ORDER BY account LIMIT ?1";
pub(crate) const ALL_ACCOUNTS: &str = "SELECT number, seq, deadline, owes, awake, crc, account FROM accounts WHERE number > ?1 ORDER BY number LIMIT 1";

pub(crate) const NAME: &str = "SELECT number FROM names WHERE name = ?1";
pub(crate) const NAME_OF: &str = "SELECT name FROM names WHERE number = ?1";
pub(crate) const ADD_NAME: &str = "INSERT INTO names (name) VALUES (?1)";

macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "SELECT a.account, b.position, b.seq, b.at, n.name, b.request, b.events, b.posted, b.held, b.crc \
             FROM batches b LEFT JOIN accounts a ON a.number = b.account \
             LEFT JOIN names n ON n.number = b.policy ",
            $rest
        )
    };
}

pub(crate) const LAST: &str = "SELECT coalesce((SELECT max(position) FROM batches), 0), \
     (SELECT hour FROM hours ORDER BY first DESC LIMIT 1)";
pub(crate) const ADD_BATCH: &str = "INSERT INTO batches \
     (position, account, seq, at, policy, request, events, posted, held, crc) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
pub(crate) const BATCHES: &str = batches!("WHERE b.account = ?1 AND b.seq > ?2 ORDER BY b.seq LIMIT ?3");
pub(crate) const BATCH_AT: &str = batches!("WHERE b.position = ?1");
pub(crate) const CHANGES: &str = batches!("WHERE b.position > ?1 ORDER BY b.position LIMIT ?2");
pub(crate) const INSTANT: &str = "SELECT at FROM batches WHERE account = ?1 AND seq = ?2";
pub(crate) const COUNT_BATCHES: &str = "SELECT count(*) FROM batches";

pub(crate) const ADD_HOUR: &str = "INSERT INTO hours (first, hour) VALUES (?1, ?2)";
/// The first run of batches with old ones among them that goes beyond a position, and where the next run begins.
pub(crate) const OLD_HOUR: &str = "SELECT first, until, hour FROM \
     (SELECT first, hour, lead(first) OVER (ORDER BY first) AS until FROM hours) \
     WHERE hour <= ?1 AND coalesce(until > ?2, 1) ORDER BY first LIMIT 1";
pub(crate) const DROP_HOUR: &str = "DELETE FROM hours WHERE first = ?1";
pub(crate) const OLD_REQUESTS: &str = "SELECT position, account, request, at FROM batches \
     WHERE position >= ?1 AND position < ?2 ORDER BY position LIMIT ?3";
/// The position too: the id may have been used again since.
pub(crate) const FORGET: &str = "DELETE FROM requests WHERE account = ?1 AND request = ?2 AND position = ?3";

pub(crate) const SNAPSHOT: &str = "SELECT seq, state, crc FROM snapshots WHERE account = ?1";
pub(crate) const SET_SNAPSHOT: &str =
    "INSERT OR REPLACE INTO snapshots (account, seq, state, crc) VALUES (?1, ?2, ?3, ?4)";

pub(crate) const REQUEST: &str =
    "SELECT position, content, crc FROM requests WHERE account = ?1 AND request = ?2";
pub(crate) const ADD_REQUEST: &str =
    "INSERT OR IGNORE INTO requests (account, request, position, content, crc) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(crate) const REQUESTS_OF: &str =
    "SELECT request, position, content, crc FROM requests WHERE account = ?1";

pub(crate) const CALL: &str = "SELECT key, item FROM calls WHERE account = ?1 AND call = ?2";
pub(crate) const ADD_CALL: &str =
    "INSERT OR IGNORE INTO calls (account, call, key, item) VALUES (?1, ?2, ?3, ?4)";
pub(crate) const CALL_NAMED: &str = "SELECT c.key, n.name FROM calls c LEFT JOIN names n ON n.number = c.item \
     WHERE c.account = ?1 AND c.call = ?2";
pub(crate) const COUNT_CALLS: &str = "SELECT count(*) FROM calls WHERE account = ?1";

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
     WHERE u.account = ?1 AND u.day >= ?2 AND u.day < ?3 ORDER BY u.day, u.key, n.name LIMIT ?4 OFFSET ?5";
