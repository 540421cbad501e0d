//! Builds the tests of a copy; what the compiler refuses, it says with the places.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::Value;

use super::copy::Copy;
use crate::programs::{cargo, whole_output};

/// Where the program of each test is.
pub(super) type Programs = BTreeMap<String, PathBuf>;

/// One error of the compiler.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) said: String,
    /// Every piece of a file that it points at, in bytes.
    pub(super) places: Vec<(String, Range<usize>)>,
}

/// Builds these tests as cheaply as can be. The inner error is what the compiler said.
pub(super) fn build(copy: &Copy, tests: &BTreeSet<String>) -> Result<Result<Programs, Vec<Fault>>> {
    let mut command = cargo(&copy.house, &["test", "-p", "prepaid", "--no-run", "--message-format", "json"]);
    command.args(tests.iter().flat_map(|test| ["--test", test]));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "1");
    // The tests of one rule run in no time anyway; that they are built soon is what counts.
    command.env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
    let output = whole_output(&mut command)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let messages = || printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    if !output.status.success() {
        let faults: Vec<Fault> = messages().filter_map(|message| fault(message.get("message")?)).collect();
        if faults.is_empty() {
            bail!("the tests cannot be built: {}", String::from_utf8_lossy(&output.stderr));
        }
        return Ok(Err(faults));
    }
    let program = |message: Value| {
        let executable = PathBuf::from(message.get("executable")?.as_str()?);
        let test = message.pointer("/target/name")?.as_str()?.to_owned();
        tests.contains(&test).then_some((test, executable))
    };
    let programs: Programs = messages().filter_map(program).collect();
    let missing = tests.iter().find(|test| !programs.contains_key(*test));
    missing.map_or(Ok(()), |test| bail!("cargo built `{test}` and did not say where"))?;
    Ok(Ok(programs))
}

fn fault(message: &Value) -> Option<Fault> {
    if message.get("level")?.as_str()? != "error" {
        return None;
    }
    let spans = message.get("spans")?.as_array()?.iter().chain(
        message
            .get("children")?
            .as_array()?
            .iter()
            .filter_map(|child| child.get("spans")?.as_array())
            .flatten(),
    );
    let place = |span: &Value| {
        let byte = |end: &str| usize::try_from(span.get(end)?.as_u64()?).ok();
        Some((span.get("file_name")?.as_str()?.replace('\\', "/"), byte("byte_start")?..byte("byte_end")?))
    };
    Some(Fault {
        said: message.get("rendered")?.as_str()?.to_owned(),
        places: spans.filter_map(place).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_with_its_places() {
        let span =
            |start: u64| serde_json::json!({ "file_name": "src/a.rs", "byte_start": start, "byte_end": 9 });
        let message = |level: &str| {
            fault(&serde_json::json!({
                "level": level, "rendered": "error: no", "spans": [span(3)], "children": [{ "spans": [span(5)] }],
            }))
        };
        let place = |start| ("src/a.rs".to_owned(), start..9);
        let read = message("error").map(|fault| (fault.said, fault.places));
        assert_eq!(read, Some(("error: no".into(), vec![place(3), place(5)])));
        assert!(message("warning").is_none());
    }
}
