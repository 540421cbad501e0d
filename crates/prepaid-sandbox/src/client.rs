//! The sandbox as a gateway of the runtime.
#![expect(clippy::disallowed_methods, reason = "a gateway connects, and measures how long it waits")]

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prepaid::{AccountId, Action, ChargeNumber, Effect, RefundNumber};
use prepaid_runtime::{Gateway, GatewayError};

use crate::protocol::{Answer, Asked, AskedBack, PaymentState, RefundState, Refusal, Request};

/// How many connections are kept for later.
const KEPT: usize = 8;
/// The longest answer that is read: a large book.
const LONGEST: usize = 1 << 26;

/// How long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For an answer, from when the request is sent to its last byte.
    pub answer: Duration,
}

impl Default for Timeouts {
    /// A second for a connection, ten for an answer.
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), answer: Duration::from_secs(10) }
    }
}

/// Asks a sandbox; copies share their connections.
///
/// A connection is used for one request at a time, without a lock, and for no other after an answer that was lost, late
/// or broken: what comes too late is never taken for the next answer.
///
/// ```
/// use prepaid_runtime::GatewayError;
/// use prepaid_sandbox::{Request, SandboxClient};
/// let client = SandboxClient::at(1); // nobody listens there
/// assert!(matches!(client.ask(&Request::Book {}), Err(GatewayError::Unreachable(_))));
/// ```
#[derive(Debug, Clone)]
pub struct SandboxClient {
    address: SocketAddr,
    timeouts: Timeouts,
    idle: Arc<Mutex<Vec<TcpStream>>>,
}

impl SandboxClient {
    /// Of the sandbox that listens on this port of 127.0.0.1. It connects when it is asked.
    ///
    /// See [`SandboxClient`] for an example.
    #[must_use]
    pub fn at(port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { address, timeouts: Timeouts::default(), idle: Arc::default() }
    }

    /// The same, waiting so long.
    ///
    /// ```
    /// use prepaid_sandbox::{SandboxClient, Timeouts};
    /// use std::time::Duration;
    /// let timeouts = Timeouts { answer: Duration::from_millis(200), ..Timeouts::default() };
    /// let _client = SandboxClient::at(1).with_timeouts(timeouts);
    /// ```
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// Sends a request, and gives its answer.
    ///
    /// # Errors
    /// [`GatewayError::Unreachable`] when it could not be sent, [`GatewayError::Unknown`] when it was, or may have been,
    /// and no answer came, or none that can be read.
    ///
    /// See [`crate::Server`] for an example.
    pub fn ask(&self, request: &Request) -> Result<Answer, GatewayError> {
        let mut line = serde_json::to_vec(request).map_err(|error| unreachable(&error))?;
        line.push(b'\n');
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let answer = self.exchange(&mut connection, &line)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // After a refusal for want of room the other side has hung up.
        if idle.len() < KEPT && answer != (Answer::Refused { reason: Refusal::Busy }) {
            idle.push(connection);
        }
        drop(idle);
        Ok(answer)
    }

    fn connect(&self) -> Result<TcpStream, GatewayError> {
        let connection = TcpStream::connect_timeout(&self.address, self.timeouts.connect);
        let connection = connection.map_err(|error| unreachable(&error))?;
        connection.set_nodelay(true).map_err(|error| unreachable(&error))?;
        Ok(connection)
    }

    /// From the first byte that is sent, the outcome is unknown until the last one of an answer has come.
    fn exchange(&self, connection: &mut TcpStream, line: &[u8]) -> Result<Answer, GatewayError> {
        let began = Instant::now();
        connection.set_write_timeout(Some(self.timeouts.answer)).map_err(|error| unreachable(&error))?;
        let sent = connection.write_all(line);
        // A refusal for want of room is answered before it has heard what was asked, so it may wait there all the same.
        let answer = self.read(connection, began);
        match (sent, answer) {
            (_, Ok(answer)) => serde_json::from_slice(&answer).map_err(|error| unknown(&error)),
            (Err(error), Err(_)) | (Ok(()), Err(error)) => Err(unknown(&error)),
        }
    }

    /// One line, to its end.
    fn read(&self, connection: &mut TcpStream, began: Instant) -> io::Result<Vec<u8>> {
        let (mut line, mut some) = (Vec::new(), [0; 4_096]);
        loop {
            let left = self.timeouts.answer.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer came in time"));
            }
            connection.set_read_timeout(Some(left))?;
            let count = match connection.read(&mut some) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no answer came")),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            line.extend_from_slice(some.get(..count).unwrap_or_default());
            match line.iter().position(|byte| *byte == b'\n') {
                Some(end) if end.saturating_add(1) == line.len() => {
                    line.truncate(end);
                    return Ok(line);
                }
                Some(_) => return Err(io::Error::other("more than one answer came")),
                None if line.len() > LONGEST => return Err(io::Error::other("the answer has no end")),
                None => {}
            }
        }
    }
}

fn unknown(error: &dyn std::fmt::Display) -> GatewayError {
    GatewayError::Unknown(error.to_string())
}

fn unreachable(error: &dyn std::fmt::Display) -> GatewayError {
    GatewayError::Unreachable(error.to_string())
}

/// What a charge's state means for the account; none while nothing is known.
///
/// # Errors
/// [`GatewayError::Unknown`] when the sandbox says what no account can read.
pub(crate) fn of_payment(
    charge: ChargeNumber,
    reference: &str,
    state: PaymentState,
) -> Result<Option<Action>, GatewayError> {
    let reference = || reference.parse().map_err(|error| unknown(&error));
    Ok(match state {
        PaymentState::Pending {} => None,
        PaymentState::ActionRequired {} => {
            Some(Action::ChargeActionRequired { charge, reference: reference()? })
        }
        PaymentState::Succeeded { amount } => {
            Some(Action::ChargeSucceeded { charge, amount, reference: reference()? })
        }
        PaymentState::Failed { decline, reason } => {
            let reason = reason.parse().map_err(|error| unknown(&error))?;
            Some(Action::ChargeFailed { charge, decline, reason })
        }
        PaymentState::Cancelled {} => Some(Action::ChargeCancelled { charge }),
    })
}

/// What a refund's state means for the account, as [`of_payment`].
pub(crate) fn of_refund(
    refund: RefundNumber,
    reference: &str,
    state: RefundState,
) -> Result<Option<Action>, GatewayError> {
    Ok(match state {
        RefundState::Pending {} => None,
        RefundState::Succeeded {} => {
            let reference = reference.parse().map_err(|error| unknown(&error))?;
            Some(Action::RefundSucceeded { refund, reference })
        }
        RefundState::Failed { reason } => Some(refund_failed(refund, &reason)?),
    })
}

fn refund_failed(refund: RefundNumber, reason: &str) -> Result<Action, GatewayError> {
    let reason = reason.parse().map_err(|error| unknown(&error))?;
    Ok(Action::RefundFailed { refund, reason })
}

impl Gateway for SandboxClient {
    fn perform(&self, account: AccountId, effect: &Effect) -> Result<Vec<Action>, GatewayError> {
        let (what, request) = asked(account, effect);
        let is_asking = matches!(request, Request::Charge(_) | Request::Refund(_));
        let action = match (what, self.ask(&request)?) {
            (What::Charge(charge), Answer::Payment { reference, state }) => {
                of_payment(charge, &reference, state)?
            }
            // Only a look-up, or a cancellation, finds none; to whoever asks for one it is no answer.
            (What::Charge(charge), Answer::NotFound {}) if !is_asking => {
                Some(Action::ChargeNotFound { charge })
            }
            (What::Refund(refund), Answer::Refund { reference, state }) => {
                of_refund(refund, &reference, state)?
            }
            (What::Refund(refund), Answer::NotFound {}) if !is_asking => {
                Some(refund_failed(refund, "not_found")?)
            }
            (What::Refund(refund), Answer::Refused { reason: Refusal::NoSuchCharge }) => {
                Some(refund_failed(refund, "no_such_charge")?)
            }
            (_, Answer::Refused { reason: reason @ Refusal::Busy }) => return Err(unreachable(&reason)),
            (_, Answer::Refused { reason }) => return Err(unknown(&reason)),
            (
                _,
                Answer::Payment { .. }
                | Answer::Refund { .. }
                | Answer::NotFound {}
                | Answer::Events { .. }
                | Answer::Book { .. }
                | Answer::Advanced { .. }
                | Answer::Done {},
            ) => return Err(GatewayError::Unknown("this is no answer to what was asked".into())),
        };
        Ok(action.into_iter().collect())
    }
}

#[derive(Debug, Clone, Copy)]
enum What {
    Charge(ChargeNumber),
    Refund(RefundNumber),
}

fn asked(account: AccountId, effect: &Effect) -> (What, Request) {
    match effect {
        Effect::MakeCharge { charge, amount, currency, token, idempotency_key, kind: _, until: _ } => {
            let (key, token) = (idempotency_key.to_string(), token.to_string());
            let (charge, amount, currency) = (*charge, *amount, *currency);
            let asked = Asked { key, account, charge, amount, currency, token };
            (What::Charge(charge), Request::Charge(asked))
        }
        Effect::LookUpCharge { charge, idempotency_key, .. } => {
            (What::Charge(*charge), Request::LookUp { key: idempotency_key.to_string() })
        }
        Effect::CancelCharge { charge, idempotency_key, .. } => {
            (What::Charge(*charge), Request::Cancel { key: idempotency_key.to_string() })
        }
        Effect::SendRefund { refund, amount, currency, charge_key, idempotency_key, .. } => {
            let (key, charge_key) = (idempotency_key.to_string(), charge_key.to_string());
            let (refund, amount, currency) = (*refund, *amount, *currency);
            let asked = AskedBack { key, refund, charge_key, amount, currency };
            (What::Refund(refund), Request::Refund(asked))
        }
        Effect::LookUpRefund { refund, idempotency_key, .. } => {
            (What::Refund(*refund), Request::LookUpRefund { key: idempotency_key.to_string() })
        }
    }
}
