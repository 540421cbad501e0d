//! Policies as JSON or TOML, by the file's ending.

use std::path::Path;

use prepaid::{Policy, PolicyNumbers};
use serde_json::Value;

use crate::alphabet::{POLICY, fields_faults};
use crate::fault::{Faults, Stopped, line_at};
use crate::files::read_text;
use crate::toml_lines::TomlLines;

/// The policy in `file`, or the documented one without a file.
pub(crate) fn read(file: Option<&Path>) -> Result<Policy, Stopped> {
    let Some(file) = file else { return Ok(Policy::default()) };
    let text = read_text(file)?;
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => {
            let lines = TomlLines::of(file, &text)?;
            let numbers = lines.read()?;
            checked(file, numbers, |field| lines.line_of(&[field]))
        }
        Some("json") => checked(file, from_json(file, &text)?, |field| line_of_name(&text, field)),
        Some(_) | None => {
            Err(Stopped::Unfit(format!("option --policy is {}: must end in .json or .toml", file.display())))
        }
    }
}

fn checked(
    file: &Path,
    numbers: PolicyNumbers,
    line_of: impl Fn(&str) -> Option<u64>,
) -> Result<Policy, Stopped> {
    Policy::new(numbers).map_err(|found| {
        let mut faults = Faults::of(file);
        for fault in found.0 {
            let line = fault.field.split(", ").find_map(&line_of);
            faults.add(line, format!("field {fault}"));
        }
        Stopped::Refused(faults)
    })
}

fn from_json(file: &Path, text: &str) -> Result<PolicyNumbers, Stopped> {
    serde_json::from_str(text).map_err(|error| {
        let mut faults = Faults::of(file);
        if let Ok(Value::Object(object)) = serde_json::from_str(text) {
            for fault in fields_faults("", &[], POLICY, &object) {
                // A fault begins with "field NAME": its line is where the name stands.
                let name = fault.split([' ', ':', '.', '[']).nth(1).unwrap_or_default();
                faults.add(line_of_name(text, name), fault);
            }
        }
        let line = u64::try_from(error.line()).ok().filter(|line| *line > 0);
        match faults.unless_any(()) {
            Err(refused) => refused,
            Ok(()) => Faults::one(file, line, error.to_string()),
        }
    })
}

/// Where a JSON object names a field.
fn line_of_name(text: &str, name: &str) -> Option<u64> {
    let quoted = format!("\"{name}\"");
    let (offset, _) = text.match_indices(&quoted).find(|(offset, _)| {
        let after = offset.saturating_add(quoted.len());
        text.get(after..).is_some_and(|rest| rest.trim_start().starts_with(':'))
    })?;
    Some(line_at(text, offset))
}
