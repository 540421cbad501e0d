//! The books of generated lives, as other accounting programs see them: accepted as they are, with the same balances to
//! the last digit, and refused when one of them is wrong by one unit of the last digit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::house::House;
use crate::programs::{cargo, must_pass, stdout_of, whole_output};
use crate::tools;

/// So many transactions in the normal run.
const USUAL: u64 = 10_000;

/// Sums in units of 10^-12, by account of the chart (in small letters, without `_`) and currency; none that is zero.
type Sums = BTreeMap<(String, String), i128>;

/// A program, how it is asked whether a journal is right, and how for its balances.
struct Program {
    name: &'static str,
    check: fn(&House, &Path) -> Command,
    balances: fn(&House, &Path) -> Result<Sums>,
}

static PROGRAMS: [Program; 3] = [
    Program { name: "hledger", check: hledger_check, balances: hledger_balances },
    Program { name: "ledger", check: ledger_check, balances: ledger_balances },
    Program { name: "beancount", check: bean_check, balances: bean_balances },
];

pub(super) fn run(house: &House) -> Result<()> {
    of(house, USUAL)
}

/// The same with so many transactions.
pub(super) fn of(house: &House, transactions: u64) -> Result<()> {
    let folder = house.target.join("xtask").join("books");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    let mut make =
        cargo(house, &["test", "--quiet", "-p", "prepaid-cli", "--test", "books", "--", "--nocapture"]);
    must_pass(make.env("PREPAID_BOOKS", &folder).env("PREPAID_TRANSACTIONS", transactions.to_string()))?;
    let text = fs::read_to_string(folder.join("sums.json")).context("the test left no sums")?;
    let ours = our_sums(&serde_json::from_str(&text)?).context("sums.json is not as expected")?;
    for program in &PROGRAMS {
        let journal = folder.join(format!("books.{}", program.name));
        must_pass(&mut (program.check)(house, &journal))?;
        let theirs = (program.balances)(house, &journal)?;
        if theirs != ours {
            bail!("{} has other balances: {theirs:?}, the library {ours:?}", program.name);
        }
        println!("{}: the same {} balances to the last digit", program.name, ours.len());
        for (what, wrong) in wrong_ones(&folder, &journal)? {
            must_refuse(program.name, what, &mut (program.check)(house, &wrong))?;
        }
    }
    Ok(())
}

fn our_sums(told: &Value) -> Option<Sums> {
    let mut sums = Sums::new();
    for (currency, told) in told.get("currencies")?.as_object()? {
        for (book, sum) in told.get("books")?.as_object()? {
            add(&mut sums, book, currency, sum.as_str()?)?;
        }
    }
    Some(sums)
}

/// Adds to the sums; what comes to zero is left out, as not every program tells it.
fn add(sums: &mut Sums, book: &str, currency: &str, amount: &str) -> Option<()> {
    let name = book.replace('_', "").to_lowercase();
    let key = (name, currency.to_string());
    let sum = sums.get(&key).copied().unwrap_or(0).checked_add(units(amount)?)?;
    if sum == 0 {
        sums.remove(&key);
    } else {
        sums.insert(key, sum);
    }
    Some(())
}

/// Units of 10^-12, exactly; none for more digits or anything else than a number.
fn units(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 12 || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let all: i128 = format!("{whole}{fraction:0<12}").parse().ok()?;
    all.checked_mul(sign)
}

/// Balances told a line each: account, amount, currency. The account of the chart is the second part of its name.
fn sums_of(program: &str, lines: &str, separator: char) -> Result<Sums> {
    let mut sums = Sums::new();
    for line in lines.lines() {
        let fields: Vec<&str> = line.split(separator).map(|field| field.trim_matches('"')).collect();
        let added = match fields.as_slice() {
            [account, amount, currency] => {
                account.split(':').nth(1).and_then(|book| add(&mut sums, book, currency, amount))
            }
            _ => None,
        };
        added.with_context(|| format!("{program} told something else than a balance: {line}"))?;
    }
    Ok(sums)
}

fn hledger_check(_: &House, journal: &Path) -> Command {
    let mut command = Command::new("hledger");
    command.arg("-f").arg(journal).args(["check", "--strict"]);
    command
}

fn hledger_balances(_: &House, journal: &Path) -> Result<Sums> {
    let mut command = Command::new("hledger");
    command.arg("-f").arg(journal).args(["balance", "--flat", "--no-total", "-O", "csv", "--layout=bare"]);
    let told = stdout_of(&mut command)?;
    let (_, lines) = told.split_once('\n').unwrap_or_default();
    // Its columns are account, commodity, balance.
    let turned = lines.lines().map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        match fields.as_slice() {
            [account, currency, amount] => format!("{account},{amount},{currency}\n"),
            _ => format!("{line}\n"),
        }
    });
    sums_of("hledger", &turned.collect::<String>(), ',')
}

fn ledger_check(_: &House, journal: &Path) -> Command {
    let mut command = Command::new("ledger");
    command.args(["--args-only", "--pedantic", "-f"]).arg(journal).args(["balance", "--depth", "1"]);
    command
}

fn ledger_balances(_: &House, journal: &Path) -> Result<Sums> {
    let mut command = Command::new("ledger");
    command.args(["--args-only", "-f"]).arg(journal).args(["balance", "--flat", "--no-total"]);
    let each = "%(account)\t%(quantity(display_total))\t%(commodity(display_total))\n";
    sums_of("ledger", &stdout_of(command.args(["--format", each]))?, '\t')
}

fn bean_check(house: &House, journal: &Path) -> Command {
    let mut command = Command::new(tools::program(house, "bean-check"));
    command.arg("--no-cache").arg(journal);
    command
}

/// Beancount has no report of its own any more: its loader is asked, by what it is written in.
const BEAN_BALANCES: &str = "
import collections, sys
from beancount import loader
from beancount.core import data
entries, errors, options = loader.load_file(sys.argv[1])
sums = collections.Counter()
for entry in data.filter_txns(entries):
    for posting in entry.postings:
        sums[posting.account, posting.units.currency] += posting.units.number
for (account, currency), number in sums.items():
    print(account, format(number, 'f'), currency)
sys.exit(len(errors) > 0)
";

fn bean_balances(house: &House, journal: &Path) -> Result<Sums> {
    let mut command = Command::new(tools::program(house, "python"));
    command.args(["-c", BEAN_BALANCES]).arg(journal).env("BEANCOUNT_DISABLE_LOAD_CACHE", "1");
    sums_of("beancount", &stdout_of(&mut command)?, ' ')
}

/// Copies of a journal, each wrong by one unit of the last digit, with what is wrong.
fn wrong_ones(folder: &Path, journal: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let text = fs::read_to_string(journal)?;
    let lines: Vec<&str> = text.lines().collect();
    let among = |is: fn(&str) -> bool| -> Vec<usize> {
        lines.iter().enumerate().filter(|(_, line)| is(line)).map(|(at, _)| at).collect()
    };
    let (postings, assertions) = (among(is_posting), among(is_assertion));
    let middle = |all: &[usize]| all.get(all.len() / 2).copied();
    // Of the last posting, amount and balance agree: only the transaction does not balance.
    let (one, other) = (postings.last().copied(), assertions.last().copied());
    let cases = [
        ("one posting is wrong", [middle(&postings), None]),
        ("one assertion is wrong", [None, middle(&assertions)]),
        ("one posting is wrong, and its balance with it", [one, other]),
    ];
    let mut wrong = Vec::new();
    for (number, (what, [posting, assertion])) in cases.into_iter().enumerate() {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_string()).collect();
        for (at, side) in [(posting, Side::Posting), (assertion, Side::Assertion)] {
            if let Some(line) = at.and_then(|at| changed.get_mut(at)) {
                *line = nudged(line, side).with_context(|| format!("no amount in: {line}"))?;
            }
        }
        if changed == lines {
            bail!("nothing to make wrong in {}", journal.display());
        }
        let name = journal.file_name().unwrap_or_default().to_string_lossy();
        let file = folder.join(format!("wrong-{number}-{name}"));
        fs::write(&file, changed.join("\n") + "\n")?;
        wrong.push((what, file));
    }
    Ok(wrong)
}

#[derive(Clone, Copy)]
enum Side {
    Posting,
    Assertion,
}

/// `    account  1.000000000000 USD = 2.000000000000 USD`, or Beancount's `  Account  1.000000000000 USD`.
fn is_posting(line: &str) -> bool {
    line.starts_with("  ") && line.contains(':') && line.split_whitespace().nth(1).is_some_and(is_amount)
}

/// The same line where it ends in an assertion, or Beancount's `1000-01-03 balance Account  2.000000000000 USD`.
fn is_assertion(line: &str) -> bool {
    (is_posting(line) && line.contains(" = ")) || line.split_whitespace().nth(1) == Some("balance")
}

fn is_amount(word: &str) -> bool {
    word.contains('.') && units(word).is_some()
}

/// The line with its amount, or with the balance it asserts, one unit of the last digit higher.
fn nudged(line: &str, side: Side) -> Option<String> {
    let amounts: Vec<&str> = line.split_whitespace().filter(|word| is_amount(word)).collect();
    let written = match side {
        Side::Posting => *amounts.first()?,
        Side::Assertion => *amounts.last()?,
    };
    let higher = units(written)?.checked_add(1)?;
    let (sign, digits) = (if higher < 0 { "-" } else { "" }, format!("{:013}", higher.unsigned_abs()));
    let (whole, fraction) = digits.split_at(digits.len() - 12);
    let at = match side {
        Side::Posting => line.find(written)?,
        Side::Assertion => line.rfind(written)?,
    };
    let (before, rest) = line.split_at(at);
    Some(format!("{before}{sign}{whole}.{fraction}{}", rest.strip_prefix(written)?))
}

/// A wrong journal must be refused, and because of what is wrong with it.
fn must_refuse(program: &str, what: &str, command: &mut Command) -> Result<()> {
    let output = whole_output(command)?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).to_lowercase();
    if output.status.success() || !said.contains("balance") {
        bail!("{program} does not refuse a journal in which {what}, by 0.000000000001: {said}");
    }
    println!("{program}: refused where {what}, by 0.000000000001");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_is_one_unit_on_either_side() {
        let line = "    assets:cash_clearing:a  1.000000000000 USD = -2.000000000000 USD";
        assert!(is_posting(line) && is_assertion(line));
        assert_eq!(
            nudged(line, Side::Posting).as_deref(),
            Some("    assets:cash_clearing:a  1.000000000001 USD = -2.000000000000 USD")
        );
        assert_eq!(
            nudged(line, Side::Assertion).as_deref(),
            Some("    assets:cash_clearing:a  1.000000000000 USD = -1.999999999999 USD")
        );
        assert!(is_assertion("1000-01-03 balance Assets:CashClearing:A-a  20.000000000001 USD"));
        assert!(!is_posting("1000-01-03 balance Assets:CashClearing:A-a  20.000000000001 USD"));
        assert!(!is_posting("  at: \"2025-01-01T00:00:00Z\"") && !is_posting("  seq: 3"));
    }
}
