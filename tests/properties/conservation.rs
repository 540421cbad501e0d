//! Conservation and the other invariants over generated lives, as the witness sees them.

use prepaid::{Account, Policy, step};
use proptest::prelude::*;

use crate::choice::Choice;
use crate::generate::{lives, search};
use crate::policies::{dawn, policy};
use crate::witness::{Witness, nothing_left_due};

fn live(first: u8, choices: &[Choice]) -> Result<(), String> {
    let (policy, mut now): (Policy, _) = (policy(first), dawn());
    let (mut account, mut witness) = (Account::default(), Witness::default());
    for choice in choices {
        now = choice.when(&account, now);
        let command = choice.command(&account, now);
        let Ok(batch) = step(&mut account, &policy, &command, now) else { continue };
        witness.see(&policy, &batch)?;
        witness.agrees(&policy, &account)?;
        nothing_left_due(&policy, &account, &batch)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(search(5_000))]

    #[test]
    fn m5_every_cent_is_accounted_for_at_every_step((first, choices) in lives(60)) {
        live(first, &choices).map_err(TestCaseError::fail)?;
    }
}
