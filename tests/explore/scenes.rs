//! Where a search begins, what may be done, and how far it goes.

use prepaid::{Action, Actor, Amount, Policy, PolicyNumbers, Span, Timestamp};

use crate::alphabet::{Part, accept, choose_use, create_key, link, moves, open, text};
use crate::node::{Move, Node, Watched};
use crate::projection::Eye;

/// One search.
pub struct Scene {
    pub name: &'static str,
    pub policy: Policy,
    /// What has been done before it begins.
    pub opening: Opening,
    pub begins: Timestamp,
    pub parts: &'static [Part],
    pub eye: Eye,
    /// No more charges and refunds than so many are asked; what would ask more is checked, but not gone on from.
    pub charges: u32,
    pub refunds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Nothing,
    /// Funded by the first key with 20.00, the first charge.
    Funded,
    /// Brought over from elsewhere, with nothing.
    Migrated,
    /// Funded, and then newer terms are required.
    Outdated,
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

fn dollars(text: &str) -> Amount {
    text.parse().unwrap()
}

/// When every scene begins: an hour before noon, so that the ends of its windows are told apart.
pub fn dawn() -> Timestamp {
    "2025-01-01T11:00:00Z".parse().unwrap()
}

/// Bounds small enough to reach all of them, spans of whole hours so that few instants differ.
pub fn numbers() -> PolicyNumbers {
    PolicyNumbers {
        keys_ever: 2,
        places_in_flight: 2,
        hold: span("1h"),
        late_window: span("1h"),
        extension: span("2h"),
        action_deadline: span("1h"),
        asking_window: span("1h"),
        retries: vec![span("1h")],
        failures_bound: 2,
        failures_window: span("3h"),
        manual_max: dollars("30"),
        maximum_balance: dollars("40"),
        reversal_window: span("31d"),
        ..PolicyNumbers::documented()
    }
}

impl Scene {
    /// The state it begins in, with the whole way there compared with the model.
    pub fn root(&self) -> Result<Watched, String> {
        let before = Policy::new(PolicyNumbers {
            terms_required: "TOS_2024_04_20".parse().unwrap(),
            terms_required_since: "2024-04-20T00:00:00Z".parse().unwrap(),
            ..self.policy.numbers().clone()
        })
        .unwrap();
        let mut watched = Watched::new(&before, self.begins);
        for command in self.opening.commands() {
            watched.go(&before, &Move { command, at: self.begins })?;
        }
        watched.beside.under(&self.policy);
        Ok(watched)
    }

    /// What may be done in a state: the commands, now, and a tick at the next deadline.
    pub fn moves(&self, node: &Node) -> Vec<Move> {
        let commands = moves(self.parts, &self.policy, &node.account, node.now);
        let now = commands.into_iter().map(|command| Move { command, at: node.now });
        now.chain(node.tick()).collect()
    }

    pub fn is_within(&self, node: &Node) -> bool {
        let open = node.account.open_charge().map_or(0, |charge| charge.number.0);
        let ended = node.account.charges().last().map_or(0, |charge| charge.number.0);
        open.max(ended) <= self.charges
            && node.account.refunds().len() + node.account.recorded_refunds().len() <= self.refunds
    }
}

impl Opening {
    fn commands(self) -> Vec<prepaid::Command> {
        let linked = [open().by(Actor::Owner), accept("TOS_2024_04_20"), choose_use(), link(1)];
        let last = match self {
            Self::Nothing => return Vec::new(),
            Self::Migrated => {
                vec![Action::Migrate { reference: text("customer 4711") }.by(Actor::Operator), create_key(1)]
            }
            Self::Funded | Self::Outdated => vec![
                create_key(1),
                Action::ChargeSucceeded {
                    charge: prepaid::ChargeNumber(1),
                    amount: dollars("20"),
                    reference: text("ch_1"),
                }
                .by(Actor::Provider),
            ],
        };
        linked.into_iter().chain(last).collect()
    }
}

/// Every scene; the last is that of everything at once, and has no end in sight.
pub fn all() -> Vec<Scene> {
    use Part::{
        Ages, Calls, Caps, Closing, Disputes, Grants, Holds, Keys, Limits, Manual, Methods, Odd, Onboarding,
        Refunds, Results, Settings, Standing,
    };
    let calendar = Eye { calendar: true, archive: false };
    vec![
        // The first two come to an end, the second within two refunds.
        scene("entry", Opening::Nothing, &[Onboarding, Standing, Closing]),
        scene("refunds", Opening::Funded, &[Refunds, Disputes]),
        scene("onboarding", Opening::Nothing, &[Onboarding, Results, Odd, Standing, Closing]),
        scene("migrated", Opening::Migrated, &[Calls, Results, Onboarding, Grants]),
        scene("outdated", Opening::Outdated, &[Calls, Results, Settings, Onboarding]),
        scene("keys", Opening::Funded, &[Keys, Calls, Holds]),
        scene("calls", Opening::Funded, &[Calls, Holds]),
        scene("charges", Opening::Funded, &[Calls, Results, Settings, Methods]),
        scene("manual", Opening::Funded, &[Calls, Results, Manual, Methods, Standing]),
        Scene { eye: calendar, ..scene("caps", Opening::Funded, &[Calls, Results, Caps]) },
        Scene { eye: calendar, ..scene("limits", Opening::Funded, &[Calls, Holds, Limits]) },
        scene("grants", Opening::Funded, &[Calls, Holds, Grants]),
        scene("reversals", Opening::Funded, &[Calls, Results, Refunds, Disputes, Settings, Closing]),
        scene("closing", Opening::Funded, &[Calls, Holds, Grants, Results, Refunds, Disputes, Closing]),
        in_debt(scene("debts", Opening::Funded, &[Calls, Holds, Grants, Refunds, Closing])),
        Scene {
            eye: Eye { calendar: false, archive: true },
            ..scene("archive", Opening::Funded, &[Ages, Results, Refunds, Disputes])
        },
        Scene {
            eye: calendar,
            ..scene(
                "everything",
                Opening::Funded,
                &[
                    Keys, Calls, Holds, Results, Settings, Manual, Methods, Standing, Limits, Grants,
                    Refunds, Disputes, Closing, Odd,
                ],
            )
        },
    ]
}

fn scene(name: &'static str, opening: Opening, parts: &'static [Part]) -> Scene {
    let policy = match opening {
        Opening::Outdated => PolicyNumbers {
            terms_required: "TOS_2025_06_01".parse().unwrap(),
            terms_required_since: dawn(),
            terms_grace: span("1h"),
            ..numbers()
        },
        Opening::Nothing | Opening::Funded | Opening::Migrated => numbers(),
    };
    Scene {
        name,
        policy: Policy::new(policy).unwrap(),
        opening,
        begins: dawn(),
        parts,
        eye: Eye::default(),
        charges: 3,
        refunds: 2,
    }
}

/// The same where settling may leave a debt of five dollars.
fn in_debt(mut scene: Scene) -> Scene {
    let numbers = PolicyNumbers { debt_at_settlement: dollars("5"), ..scene.policy.numbers().clone() };
    scene.policy = Policy::new(numbers).unwrap();
    scene
}
