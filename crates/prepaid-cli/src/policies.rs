//! Policies as JSON or TOML, by the file's ending.

use std::path::Path;

use prepaid::{Policy, PolicyNumbers};
use serde_json::Value;

use crate::alphabet::{POLICY, Presence, brief, fields_faults};
use crate::fault::{Faults, Stopped, line_at};
use crate::files::read_text;
use crate::json_once;
use crate::toml_lines::TomlLines;

/// The policy in `file`, or the documented one without a file.
pub(crate) fn read(file: Option<&Path>) -> Result<Policy, Stopped> {
    let Some(file) = file else { return Ok(Policy::default()) };
    let text = read_text(file)?;
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => {
            let lines = TomlLines::of(file, &text)?;
            let numbers = lines.read(POLICY)?;
            checked(file, numbers, |field| lines.line_of(&[field]))
        }
        Some("json") => checked(file, from_json(file, &text)?, |field| line_of_name(&text, field)),
        Some(_) | None => {
            Err(Stopped::Unfit(format!("option --policy is {}: must end in .json or .toml", file.display())))
        }
    }
}

/// What a fault may come from where the file does not name the field itself.
const RELATED: [&str; 8] =
    ["threshold", "target", "gap", "threshold_min", "target_min", "target_max", "manual_min", "charge_unit"];

fn checked(
    file: &Path,
    numbers: PolicyNumbers,
    line_of: impl Fn(&str) -> Option<u64>,
) -> Result<Policy, Stopped> {
    Policy::new(numbers).map_err(|found| {
        let mut faults = Faults::of(file);
        for fault in found.0 {
            let line = line_of(fault.field).or_else(|| {
                // What is left out has its default: then something else that is written does not fit it.
                let about_money = RELATED.contains(&fault.field)
                    || ["threshold_max", "smallest_charge", "manual_max"].contains(&fault.field);
                RELATED.iter().filter(|_| about_money).find_map(|field| line_of(field))
            });
            faults.add(line, format!("field {fault}"));
        }
        Stopped::Refused(faults)
    })
}

fn from_json(file: &Path, text: &str) -> Result<PolicyNumbers, Stopped> {
    let value = json_once::read(text).map_err(|error| {
        let line = u64::try_from(error.line()).ok().filter(|line| *line > 0);
        let said = error.to_string();
        let said =
            said.split(" at line").next().unwrap_or_default().replace("expected ident", "no known word");
        let what = if error.is_data() {
            said
        } else {
            format!("the policy is no JSON object: {said} at column {}", error.column())
        };
        Faults::one(file, line, what)
    })?;
    let Value::Object(object) = &value else {
        return Err(Faults::one(
            file,
            Some(1),
            format!("the policy is {}: must be an object", brief(&value)),
        ));
    };
    let mut found = fields_faults("", &[], POLICY, object);
    for field in POLICY.iter().filter(|field| field.presence == Presence::May) {
        if let Some(null @ Value::Null) = object.get(field.name) {
            field.kind.explain(field.name, null, &mut found);
        }
    }
    let mut faults = Faults::of(file);
    for fault in found {
        // A fault begins with "field NAME": its line is where the name stands.
        let name = fault.split([' ', ':', '.', '[']).nth(1).unwrap_or_default();
        faults.add(line_of_name(text, name), fault);
    }
    faults.unless_any(())?;
    serde_json::from_value(value)
        .map_err(|_| Faults::one(file, Some(1), "the policy must be as the output of prepaid schema says"))
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
