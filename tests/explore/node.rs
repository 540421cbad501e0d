//! A state, with what watches over it.

use prepaid::{Account, Action, Actor, Batch, Command, Policy, Rejection, Timestamp, next_deadline, step};

use crate::against::Beside;
use crate::witness::Witness;

/// An account, what its events said, and the instant of its last change.
#[derive(Clone)]
pub struct Node {
    pub account: Account,
    pub witness: Witness,
    pub now: Timestamp,
}

/// A command and when it comes: now, or at the next deadline.
#[derive(Debug, Clone)]
pub struct Move {
    pub command: Command,
    pub at: Timestamp,
}

impl Node {
    pub fn new(dawn: Timestamp) -> Self {
        Self { account: Account::default(), witness: Witness::default(), now: dawn }
    }

    /// What the machine answers to a move, and the account after it.
    pub fn ask(&self, policy: &Policy, chosen: &Move) -> (Result<Batch, Rejection>, Account) {
        let mut account = self.account.clone();
        let answer = step(&mut account, policy, &chosen.command, chosen.at);
        (answer, account)
    }

    /// The state that a batch has led to. An error is a rule that its events break.
    pub fn follow(&self, policy: &Policy, batch: &Batch, account: Account) -> Result<Self, String> {
        let mut witness = self.witness.clone();
        witness.see(policy, batch)?;
        Ok(Self { account, witness, now: batch.at })
    }

    /// A tick at the next deadline, if there is one.
    pub fn tick(&self) -> Option<Move> {
        let at = next_deadline(&self.account)?;
        Some(Move { command: Action::Tick {}.by(Actor::Clock), at })
    }
}

/// A state beside the naive model, along the path on which it was found first.
#[derive(Clone)]
pub struct Watched {
    pub node: Node,
    pub beside: Beside,
}

impl Watched {
    pub fn new(policy: &Policy, dawn: Timestamp) -> Self {
        Self { node: Node::new(dawn), beside: Beside::new(policy) }
    }

    /// Goes one move further. An error is a difference to the model, or a rule that the events break.
    pub fn go(&mut self, policy: &Policy, chosen: &Move) -> Result<(), String> {
        let (answer, account) = self.node.ask(policy, chosen);
        self.beside.step(&chosen.command, chosen.at, &answer, &account)?;
        if let Ok(batch) = &answer
            && !batch.events.is_empty()
        {
            self.node = self.node.follow(policy, batch, account)?;
        }
        Ok(())
    }
}
