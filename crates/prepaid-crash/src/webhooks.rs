//! What the provider tells by itself.

use prepaid::Actor;
use prepaid_runtime::{Handle, Refused, Submission};
use prepaid_sandbox::{Feed, SandboxClient};

/// Brings the provider's events to the accounts.
#[derive(Debug)]
pub struct Webhooks {
    feed: Feed,
    handle: Handle,
    dealt_with: u64,
}

impl Webhooks {
    /// Those after this one.
    #[must_use]
    pub const fn after(client: SandboxClient, handle: Handle, dealt_with: u64) -> Self {
        Self { feed: Feed::after(client, dealt_with), handle, dealt_with }
    }

    /// The last event of which, and of all before it, nothing is left to do.
    #[must_use]
    pub const fn dealt_with(&self) -> u64 {
        self.dealt_with
    }

    /// Brings what there is; whether there was any that is not too early.
    ///
    /// # Errors
    /// [`Refused`], but for what the account refuses: of contradictions, and of what comes twice.
    pub fn bring(&mut self) -> Result<bool, Refused> {
        // A provider that is not there has no events.
        let Ok(events) = self.feed.poll() else { return Ok(false) };
        let (mut brought, mut put_back) = (false, false);
        for (account, action) in events {
            let command = action.clone().by(Actor::Provider);
            match self
                .handle
                .submit(Submission::new(account, command))
                .and_then(prepaid_runtime::Ticket::wait)
            {
                Err(Refused::Rejected(rejection)) if rejection.is_retryable() => {
                    self.feed.put_back(account, action);
                    put_back = true;
                }
                Ok(_) | Err(Refused::Rejected(_)) => brought = true,
                Err(other) => return Err(other),
            }
        }
        if !put_back {
            self.dealt_with = self.feed.cursor();
        }
        Ok(brought)
    }
}
