//! The payment gateway: whoever makes charges and refunds.

use prepaid::{AccountId, Action, Effect};

use crate::handle::Refused;

/// Whoever makes charges and refunds, looks them up and cancels them.
///
/// An effect may be performed again, by another thread or process, always under the same idempotency key: a gateway
/// passes that key on to the provider.
pub trait Gateway: Send + Sync + 'static {
    /// Performs one effect of an account, and says what is known then: any number of results, as the provider's commands;
    /// none where the result is still to come (it is asked for again later, or reported by a webhook).
    ///
    /// # Errors
    /// [`GatewayError`] when the outcome is not known. It is asked again under the same key, until it is.
    fn perform(&self, account: AccountId, effect: &Effect) -> Result<Vec<Action>, GatewayError>;

    /// The account refuses one of the results, or it could not be stored: somebody should look at it. The effect is
    /// performed again while it is owed. Nothing else is decided before this returns, so it does no more than note it.
    #[expect(unused_variables, reason = "what becomes of it is the gateway's own affair")]
    fn refused(&self, account: AccountId, result: &Action, refused: &Refused) {}
}

/// Why nothing is known of an effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It was asked, and the answer was lost, late or unreadable: money may have moved.
    #[error("the outcome is not known: {0}")]
    Unknown(String),
    /// It could not be asked.
    #[error("the payment gateway cannot be reached: {0}")]
    Unreachable(String),
}

/// A gateway that is never reached: for tests, and for accounts that are never charged.
///
/// ```
/// use prepaid_runtime::Untouched;
/// let _gateway = Untouched;
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Untouched;

impl Gateway for Untouched {
    fn perform(&self, _: AccountId, _: &Effect) -> Result<Vec<Action>, GatewayError> {
        Err(GatewayError::Unreachable("there is none".into()))
    }
}
