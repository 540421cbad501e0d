//! Choices: small numbers, turned into commands with the account at hand, so that amounts and times lie at the edges.
//! Also part of the fuzzed program, which draws the numbers itself.

use prepaid::{
    Account, AccountId, Action, Actor, Amount, Balance, CallId, ChargeNumber, Command, Currency, Decline,
    Digest, KeyId, KeyState, OwnerId, PriceList, PriceListNumbers, PriceVersion, Quote, RevokeFor, Setting,
    StageTag, Timestamp, UnitPrice, Usage, UseKind, Window, next_deadline,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::policies::{amount, dawn};

/// One draw: what to do and with what, before the account is known.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub what: u8,
    pub amount: u8,
    pub id: u8,
    pub other: u8,
    pub wait: u8,
}

pub fn moved(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_add(micros)).unwrap_or(at)
}

fn uuid(n: u8) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

const HOUR: i64 = 3_600_000_000;

impl Choice {
    /// The time of the step: now, shortly after, at a deadline or next to it, much later, or earlier.
    pub fn when(self, account: &Account, now: Timestamp) -> Timestamp {
        let deadline = next_deadline(account);
        let near = |micros: i64| deadline.map_or(now, |at| moved(at, micros));
        match self.wait % 16 {
            0..=4 => now,
            6 => moved(now, 1),
            7 => near(-1),
            5 if self.other % 8 == 1 => self.edge_of_window(now),
            8 | 9 => near(0),
            10 => near(1),
            11 => moved(now, HOUR),
            12 if self.other % 4 == 0 => moved(now, 25 * HOUR),
            13 => moved(now, -HOUR),
            14 => moved(now, 10_000_000),
            15 if self.other % 4 == 0 || !account.refunds().is_empty() => moved(now, 31 * 24 * HOUR),
            5 => now,
            _ => moved(now, 60_000_000),
        }
    }

    /// An amount at an edge: of the range, of the balance, of the settings, of the open charge or call.
    pub fn edge(self, account: &Account) -> Amount {
        let balance = account.balance();
        let settings = account.top_up_settings();
        let (threshold, target) =
            settings.map_or((Amount::ZERO, Amount::ZERO), |set| (set.threshold, set.target));
        let charge = account.open_charge().map_or(target, |charge| charge.amount);
        let hold = account.open_calls().next().map_or(amount("0.3"), |call| call.amount);
        let to_threshold =
            Balance::from(threshold).shortfall(balance.available.credit()).unwrap_or(Amount::ZERO);
        let base = match self.amount % 16 {
            0 => Amount::ZERO,
            1 => Amount::SMALLEST,
            2 => amount("0.01"),
            3 => amount("0.025"),
            4 => balance.posted.credit(),
            5 => balance.available.credit(),
            6 => threshold,
            7 => target,
            8 | 9 => to_threshold,
            10 => charge,
            11 => hold,
            12 => amount("1"),
            13 => amount("300"),
            14 => Amount::MAX,
            _ => amount("2"),
        };
        let nudged = match self.amount / 16 % 8 {
            0 => base.checked_add(Amount::SMALLEST).ok(),
            1 => base.checked_sub(Amount::SMALLEST).ok(),
            2 => base.checked_add(amount("0.01")).ok(),
            3 => base.checked_sub(amount("0.01")).ok(),
            _ => None,
        };
        nudged.unwrap_or(base)
    }

    /// A whole number of cents near the edge, for what must be whole charge units most of the time.
    pub fn cents(self, account: &Account) -> Amount {
        let edge = self.edge(account);
        if self.other % 8 == 0 {
            return edge;
        }
        let cents = edge.to_decimal().round_dp(2).min(Decimal::from(5_000));
        Amount::try_from(cents).unwrap()
    }

    /// A call that is remembered, mostly; for a new one an id that is not.
    fn known_call(self, account: &Account) -> CallId {
        let known: Vec<CallId> = account
            .open_calls()
            .map(|open| open.call)
            .chain(account.late_calls().map(|late| late.call))
            .collect();
        match self.id % 8 {
            0 => CallId(uuid(self.id % 16)),
            _ if known.is_empty() => CallId(uuid(1)),
            n => known[usize::from(n) % known.len()],
        }
    }

    fn new_call(self, account: &Account) -> CallId {
        match self.id % 8 {
            0 => self.known_call(account),
            _ => CallId(uuid(16 + self.id % 16 + self.amount / 16 * 16 % 128)),
        }
    }

    /// A key that works, mostly.
    pub fn key(self, account: &Account) -> KeyId {
        let working = account.keys().iter().filter(|key| matches!(key.state, KeyState::Active {}));
        let working: Vec<KeyId> =
            working.map(|key| key.id).chain(account.pending_key().map(|key| key.id)).collect();
        match self.id / 8 % 8 {
            0 => KeyId(uuid(self.id % 4)),
            _ if working.is_empty() => KeyId(uuid(1)),
            n => working[usize::from(n) % working.len()],
        }
    }

    pub fn charge(self, account: &Account) -> ChargeNumber {
        let open = account.open_charge().map(|charge| charge.number.0);
        let last = account.charges().last().map_or(0, |charge| charge.number.0);
        match self.id % 8 {
            0 => ChargeNumber(if self.other == 3 { last + 2 } else { last }),
            1 => ChargeNumber(u32::from(self.amount) % (last + 1)),
            _ => ChargeNumber(open.unwrap_or(last)),
        }
    }

    /// What a charge asked, mostly, so that results agree.
    fn taken(self, account: &Account) -> Amount {
        let number = self.charge(account);
        let open = account.open_charge().filter(|charge| charge.number == number).map(|charge| charge.amount);
        let asked = open.or_else(|| account.charge(number).map(|charge| charge.amount));
        match self.amount % 8 {
            0 => self.edge(account),
            _ => asked.unwrap_or(amount("20")),
        }
    }

    fn quote(self, account: &Account) -> Quote {
        let currency = if self.other == 255 { "EUR".parse().unwrap() } else { Currency::USD };
        let price = match self.id / 64 {
            0 | 1 => self.edge(account),
            2 => amount("0.025"),
            _ => amount("1.3"),
        };
        if self.id % 8 == 5 {
            return self.listed();
        }
        Quote::agreed(price, currency, "agreed".parse().unwrap())
    }

    /// A listed price, of a version that applies from the first day on, for a day, or from the second day on.
    fn listed(self) -> Quote {
        let version = |from: i64, price: &str| PriceVersion {
            from: moved(dawn(), from * 24 * HOUR),
            until: None,
            items: [(
                "image".parse().unwrap(),
                [("images".parse().unwrap(), UnitPrice { price: amount(price), per: 1 })].into(),
            )]
            .into(),
        };
        let versions = vec![version(0, "0.025"), version(1, "0.03")];
        let list = PriceList::new(PriceListNumbers { currency: Currency::USD, versions }).unwrap();
        let usage =
            Usage { item: "image".parse().unwrap(), quantities: [("images".parse().unwrap(), 4)].into() };
        list.quote(&usage, moved(dawn(), i64::from(self.other % 2) * 24 * HOUR)).unwrap()
    }

    /// The end of a day, a week or a month, or next to it.
    fn edge_of_window(self, now: Timestamp) -> Timestamp {
        let window = [Window::Day, Window::Week, Window::Month, Window::Day][usize::from(self.amount % 4)];
        moved(window.around(now).until, i64::from(self.id % 3) - 1)
    }

    /// The command: forward on the way to an active account most of the time, anything otherwise.
    pub fn command(self, account: &Account, now: Timestamp) -> Command {
        let action = match (self.what, account.stage()) {
            (0..160, prepaid::StageTag::Vacant) => self.open(),
            (0..160, prepaid::StageTag::Registered) => self.accept("TOS_2024_04_20"),
            (0..160, prepaid::StageTag::Agreed) => self.choose_use(),
            (0..160, prepaid::StageTag::Described) => self.link(),
            (0..12, StageTag::Linked) => Action::Migrate { reference: "customer 4711".parse().unwrap() },
            (0..160, prepaid::StageTag::Linked) => self.create_key(now),
            (0..120, prepaid::StageTag::Funding) => self.result(account),
            (0..100, StageTag::Closing) => self.wind_up(account),
            (0..140, _) if self.wait % 4 == 1 => self.credit(account, now),
            (0..30, _) if !account.refunds().is_empty() => self.refund_result(account),
            (30..60, _) if self.id < 64 && account.charge(prepaid::ChargeNumber(1)).is_none() => {
                self.refund_result(account) // perhaps of an archived one
            }
            (what, _) => self.any(what, account, now),
        };
        let actors = action.tag().actors();
        let actor = match self.other {
            7 => Actor::Clock,
            8 => Actor::Owner,
            other => actors[usize::from(other) % actors.len()],
        };
        action.by(actor)
    }

    #[expect(clippy::too_many_lines, reason = "one row a kind of choice")]
    fn any(self, what: u8, account: &Account, now: Timestamp) -> Action {
        let (call, key) = (self.known_call(account), self.key(account));
        match what % 32 {
            0..=3 => Action::ChargeCall { call: self.new_call(account), key, quote: self.quote(account) },
            4..=7 => {
                let units = u16::from(self.other % 16 > 0) + u16::from(self.other % 4 == 1);
                Action::AuthorizeCall { call: self.new_call(account), key, quote: self.quote(account), units }
            }
            8 | 9 => {
                let hold = account.open_calls().find(|open| open.call == call).map(|open| open.amount);
                let amount = match self.other % 4 {
                    0 => None,
                    1 => hold.map(|hold| hold.checked_add(self.edge(account)).unwrap_or(hold)),
                    2 => hold.map(|hold| hold.checked_sub(amount("0.01")).unwrap_or(hold)),
                    _ => Some(self.edge(account)),
                };
                Action::SettleCall { call, amount }
            }
            10 => Action::ReleaseCall { call },
            11 => {
                let until =
                    account.open_calls().find(|open| open.call == call).map_or(now, |open| open.deadline);
                let until = match self.other % 8 {
                    0 => until,
                    1..=3 => moved(until, 1),
                    4..=6 => moved(until, 5 * 60_000_000),
                    _ => moved(now, 24 * HOUR),
                };
                Action::ExtendCall { call, until }
            }
            12..=16 if account.open_charge().is_some() || self.id % 4 == 0 => self.result(account),
            12 | 13 => Action::ChargeCall { call: self.new_call(account), key, quote: self.quote(account) },
            14..=16 => Action::Tick {},
            17 => {
                let taken = match self.other % 8 {
                    0..=3 => Amount::ZERO,
                    4 => self.edge(account),
                    _ => self.taken(account),
                };
                let evidence = "evidence".parse().unwrap();
                Action::ResolveCharge { charge: self.charge(account), taken, evidence }
            }
            18 => Action::CancelCharge { charge: self.charge(account) },
            19 => Action::TopUp { amount: self.cents(account) },
            20 | 21 => {
                let threshold = (self.id % 2 == 0).then(|| self.cents(account));
                let other = Self { amount: self.other, ..self };
                let target = (self.id % 4 < 2).then(|| other.cents(account));
                let enabled = [None, Some(true), Some(false), Some(true)][usize::from(self.id / 4 % 4)];
                let monthly_cap = match self.other % 8 {
                    0 => Setting::Off,
                    1 => Setting::To(self.edge(account)),
                    2 => Setting::To(amount("25")),
                    3 => Setting::To(amount("40.01")),
                    _ => Setting::Kept,
                };
                let daily_count = match self.wait % 8 {
                    0 => Setting::Off,
                    1 => Setting::To(u16::from(self.amount % 5)),
                    2 => Setting::To(1),
                    _ => Setting::Kept,
                };
                if self.amount % 2 == 0 {
                    return Action::SetTopUp {
                        threshold: None,
                        target: None,
                        enabled: None,
                        monthly_cap,
                        daily_count,
                    };
                }
                Action::SetTopUp { threshold, target, enabled, monthly_cap, daily_count }
            }
            22 => Action::ReactivateTopUp {},
            23 => self.link(),
            24 => self.create_key(now),
            25 => match self.id % 2 {
                0 if self.amount % 4 == 0 => Action::RevokeKey {
                    key,
                    reason: if self.other % 2 == 0 { RevokeFor::Leaked } else { RevokeFor::Requested },
                },
                _ => Action::RelabelKey {
                    key,
                    label: (self.other % 2 == 0).then(|| "laptop".parse().unwrap()),
                },
            },
            26 => match self.other % 4 {
                0 if account.open_charge().is_none() => Action::Suspend {
                    reason: if self.id % 2 == 0 { "fraud" } else { "audit" }.parse().unwrap(),
                },
                _ => Action::Resume {},
            },
            27 => match self.other % 4 {
                0 => self.choose_use(),
                1 => self.open(),
                2 => Action::UpdateBilling {
                    kind: (self.id % 2 == 0).then_some(UseKind::Business),
                    billing_ref: "billing/2".parse().unwrap(),
                    billing_digest: Digest([self.id % 2; 32]),
                },
                _ => self.accept(if self.id % 8 == 0 { "TOS_2024_04_20" } else { "TOS_2025_06_01" }),
            },
            28 => self.accept("TOS_2025_06_01"),
            _ => Action::Tick {},
        }
    }

    pub fn result(self, account: &Account) -> Action {
        let charge = self.charge(account);
        let reference = || "ch_1".parse().unwrap();
        match self.other % 8 {
            0..=2 => Action::ChargeSucceeded { charge, amount: self.taken(account), reference: reference() },
            3 => Action::ChargeActionRequired { charge, reference: reference() },
            4 => Action::ChargeFailed {
                charge,
                decline: Decline::Soft,
                reason: "insufficient funds".parse().unwrap(),
            },
            5 => Action::ChargeFailed {
                charge,
                decline: Decline::Hard,
                reason: "stolen card".parse().unwrap(),
            },
            6 => Action::ChargeCancelled { charge },
            _ => Action::ChargeNotFound { charge },
        }
    }

    fn open(self) -> Action {
        let currency =
            [None, Some(Currency::USD), None, Some("EUR".parse().unwrap())][usize::from(self.id % 4)];
        Action::Open { account: AccountId(uuid(1)), owner: OwnerId(uuid(2)), currency }
    }

    fn accept(self, version: &str) -> Action {
        let entity = (self.id % 2 == 0).then(|| "Analytical Engines Ltd".parse().unwrap());
        Action::AcceptTerms { version: version.parse().unwrap(), by: "Ada".parse().unwrap(), entity }
    }

    fn choose_use(self) -> Action {
        Action::ChooseUse {
            kind: if self.id % 2 == 0 { UseKind::Personal } else { UseKind::Business },
            billing_ref: (self.id % 5 < 2).then(|| "billing/1".parse().unwrap()),
            billing_digest: (self.id % 5 < 3).then_some(Digest([9; 32])),
        }
    }

    fn link(self) -> Action {
        let (token, fingerprint) =
            [("pm_1", Some("fp_1")), ("pm_2", Some("fp_1")), ("pm_3", None), ("pm_4", Some("fp_2"))]
                [usize::from(self.id % 4)];
        Action::LinkPaymentMethod {
            token: token.parse().unwrap(),
            fingerprint: fingerprint.map(|text| text.parse().unwrap()),
            brand: "visa".parse().unwrap(),
            last_four: "4242".parse().unwrap(),
            expires: "2031-01".parse().unwrap(),
        }
    }

    fn create_key(self, now: Timestamp) -> Action {
        let expires_at = match self.other % 8 {
            0 => Some(now),
            1 => Some(moved(now, 1)),
            2 => Some(moved(now, HOUR)),
            _ => None,
        };
        Action::CreateKey {
            key: KeyId(uuid(self.id % 4)),
            digest: Digest([if self.other == 11 { 1 } else { self.id % 4 + self.amount / 64 * 4 }; 32]),
            shown: if self.other == 9 { "ppk_A1b2c" } else { "ppk_A1" }.parse().unwrap(),
            label: (self.other % 2 == 0).then(|| "server".parse().unwrap()),
            expires_at,
        }
    }
}
