//! Events, as webhooks would bring them.

use prepaid::{AccountId, Action};
use prepaid_runtime::GatewayError;

use crate::client::{SandboxClient, of_payment, of_refund};
use crate::protocol::{Answer, Delivery, News, Request};

/// Brings the sandbox's events, as commands of the provider, in the order in which webhooks would have come.
///
/// ```
/// use prepaid_sandbox::{Feed, SandboxClient};
/// let mut feed = Feed::after(SandboxClient::at(1), 0);
/// assert!(feed.poll().is_err()); // nobody listens there
/// assert_eq!(feed.cursor(), 0);
/// ```
#[derive(Debug)]
pub struct Feed {
    client: SandboxClient,
    after: u64,
    again: Vec<(AccountId, Action)>,
}

impl Feed {
    /// What comes after event number `after`; 0 for all.
    ///
    /// See [`Feed`] for an example.
    #[must_use]
    pub const fn after(client: SandboxClient, after: u64) -> Self {
        Self { client, after, again: Vec::new() }
    }

    /// The number of the last event that was brought. Whoever keeps it must have dealt with that event first, and with
    /// all that was put back: those are in this value alone, and numbered below.
    ///
    /// See [`Feed`] for an example.
    #[must_use]
    pub const fn cursor(&self) -> u64 {
        self.after
    }

    /// What is new, after what was put back; an empty list where there is nothing.
    ///
    /// # Errors
    /// [`GatewayError`] when the sandbox does not answer, or not with events; nothing is lost by that.
    ///
    /// See [`Feed`] for an example.
    pub fn poll(&mut self) -> Result<Vec<(AccountId, Action)>, GatewayError> {
        let Answer::Events { events } = self.client.ask(&Request::Events { after: self.after })? else {
            return Err(GatewayError::Unknown("events were asked for, and something else answered".into()));
        };
        let (mut after, mut brought) = (self.after, Vec::new());
        for Delivery { number, account, news } in events {
            brought.extend(action_of(news)?.map(|action| (account, action)));
            after = number;
        }
        self.after = after;
        let mut all = std::mem::take(&mut self.again);
        all.append(&mut brought);
        Ok(all)
    }

    /// Brings it again with the next poll, as a webhook that was refused comes again: for what is refused as premature
    /// ([`prepaid::Rejection::is_retryable`]).
    ///
    /// ```
    /// # use prepaid::{AccountId, Action};
    /// # use prepaid_sandbox::{Feed, SandboxClient};
    /// let mut feed = Feed::after(SandboxClient::at(1), 0);
    /// let close = Action::CloseDispute { dispute: "dp_1".parse()?, outcome: prepaid::DisputeOutcome::Won };
    /// feed.put_back(AccountId(uuid::Uuid::from_u128(1)), close);
    /// # Ok::<(), prepaid::TextError>(())
    /// ```
    pub fn put_back(&mut self, account: AccountId, action: Action) {
        self.again.push((account, action));
    }
}

fn action_of(news: News) -> Result<Option<Action>, GatewayError> {
    let text =
        |id: String| id.parse().map_err(|error: prepaid::TextError| GatewayError::Unknown(error.to_string()));
    match news {
        News::Payment { charge, reference, state } => of_payment(charge, &reference, state),
        News::Refund { refund, reference, state } => of_refund(refund, &reference, state),
        News::DisputeOpened { charge, dispute, amount } => {
            Ok(Some(Action::OpenDispute { dispute: text(dispute)?, charge, amount }))
        }
        News::DisputeEnded { dispute, outcome } => {
            Ok(Some(Action::CloseDispute { dispute: text(dispute)?, outcome }))
        }
    }
}
