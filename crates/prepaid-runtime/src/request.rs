//! Request ids, and the digest of what was asked (K6).

use prepaid::{Action, Command, Digest, Text};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// The caller's id of a request; unique within an account (K6).
pub type RequestId = Text<128>;

/// The digest of what a request asks.
///
/// Where a command's price comes from a list, the caller asks for an item, not for an amount: a request that is repeated
/// after the prices have changed is the same request, so such a caller gives the digest of what it was asked itself.
///
/// # Errors
/// What serde says of a value that has no JSON.
///
/// ```
/// use prepaid_runtime::content_of;
/// let asked = serde_json::json!({"item": "image", "quantities": {"images": 2}});
/// assert_eq!(content_of(&asked)?, content_of(&asked)?);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn content_of(asked: &impl Serialize) -> Result<Digest, serde_json::Error> {
    let mut value = serde_json::to_value(asked)?;
    // In the order of their names, also where another crate of the program has told serde_json to keep that of the text.
    value.sort_all_objects();
    Ok(Digest(Sha256::digest(value.to_string().as_bytes()).into()))
}

/// The digest of a command, without key material: a repeated request for a key brings a new secret (C2, K6).
///
/// # Errors
/// As [`content_of`].
///
/// ```
/// use prepaid::{Action, Actor};
/// use prepaid_runtime::content_of_command;
/// let content = |action: Action| content_of_command(&action.by(Actor::Operator));
/// assert_ne!(content(Action::Resume {})?, content(Action::Close {})?);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn content_of_command(command: &Command) -> Result<Digest, serde_json::Error> {
    let mut value = serde_json::to_value(command)?;
    if let Action::CreateKey { .. } = &command.action
        && let Some(fields) = value.get_mut("command").and_then(serde_json::Value::as_object_mut)
    {
        fields.remove("digest");
        fields.remove("shown");
    }
    content_of(&value)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    // K6: a stored digest means the same in every program; what is tested with serde_json's feature `preserve_order`, too,
    // where the whole workspace is.
    #[test]
    fn k6_fields_have_no_order() {
        let of = |text: &str| content_of(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
        let expected = of(r#"{"a":[{"c":1,"d":2}],"b":1}"#);
        assert_eq!(of(r#"{"b":1,"a":[{"d":2,"c":1}]}"#), expected);
        assert_eq!(expected.to_string(), "b22eb9419685204b8b776db4ed637482226123e52cd66a8d471c44f898331c4b");
    }
}
