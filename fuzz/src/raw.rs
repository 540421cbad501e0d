//! Commands whose every field is drawn freely from bytes: no field knows the account, and none is kept near an edge.

use std::str::FromStr;

use prepaid::{
    AccountId, Action, ActionTag, Actor, Amount, CallId, ChargeNumber, Command, Currency, Decline, Digest,
    DisputeOutcome, GrantId, KeyId, KeyLimit, OwnerId, PriceList, PriceListNumbers, PriceVersion, Quote,
    RefundNumber, RevokeFor, Setting, Timestamp, UnitPrice, Usage, UseKind, Window,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::choice::moved;
use crate::life::Life;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The bytes of one command; past their end they are nought.
pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    fn some<const N: usize>(&mut self) -> [u8; N] {
        [(); N].map(|()| self.byte())
    }

    fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    fn perhaps<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| draw(self))
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    /// A time: near `now`, mostly; some are anywhere.
    pub(crate) fn time(&mut self, now: Timestamp) -> Timestamp {
        let kind = self.byte() % 16;
        match kind {
            0..=4 => now,
            5 => moved(now, i64::from(self.byte())),
            6 | 7 => moved(now, i64::from(self.byte()) * SECOND),
            8 | 9 => moved(now, i64::from(self.byte()) * MINUTE),
            10 | 11 => moved(now, i64::from(self.byte()) * HOUR),
            12 => moved(now, i64::from(self.byte()) * 24 * HOUR),
            13 => moved(now, i64::from(i16::from_le_bytes(self.some())) * SECOND),
            14 => moved(now, i64::from(i32::from_le_bytes(self.some())) * SECOND),
            _ => Timestamp::from_micros(i64::from_le_bytes(self.some())).unwrap_or(now),
        }
    }

    /// An amount: of cents, of units, or any that there is.
    fn amount(&mut self) -> Amount {
        let kind = self.byte() % 16;
        let (units, scale) = match kind {
            0..=4 => (i128::from(self.byte()), 2),
            5 => (i128::from(self.byte()), 0),
            6..=8 => (i128::from(u16::from_le_bytes(self.some())), 2),
            9 => (i128::from(u16::from_le_bytes(self.some())), 3),
            10 => (i128::from(u32::from_le_bytes(self.some())), 6),
            11 => (i128::from(self.byte()), 12),
            12 => (i128::from(u64::from_le_bytes(self.some())), 12),
            13 => (i128::from(u64::from_le_bytes(self.some())), 3),
            14 => {
                return Amount::MAX.checked_sub(of_units(i128::from(self.byte()), 12)).unwrap_or(Amount::MAX);
            }
            _ => {
                let [low, high]: [u64; 2] =
                    [u64::from_le_bytes(self.some()), u32::from_le_bytes(self.some()).into()];
                (i128::from(high) << 64 | i128::from(low), 12)
            }
        };
        of_units(units, scale)
    }

    fn uuid(&mut self) -> Uuid {
        match self.byte() {
            few @ 0..=239 => Uuid::from_u128(u128::from(few % 8)),
            _ => Uuid::from_bytes([self.some::<4>(); 4].concat().try_into().unwrap_or_default()),
        }
    }

    fn number(&mut self) -> u32 {
        match self.byte() {
            few @ 0..=191 => u32::from(few % 8),
            few @ 192..=247 => u32::from(few),
            _ => u32::from_le_bytes(self.some()),
        }
    }

    fn charge(&mut self) -> ChargeNumber {
        ChargeNumber(self.number())
    }

    /// A text that is allowed: one of a few, or any.
    fn text<T: FromStr>(&mut self, few: &[&str]) -> T {
        let kind = usize::from(self.byte());
        let any = String::from_utf8_lossy(&self.some::<4>()).into_owned();
        let chosen = if kind < 224 { few[kind % few.len()] } else { &any };
        let read = chosen.parse().or_else(|_| few[0].parse());
        read.unwrap_or_else(|_| panic!("the first of the few is allowed: {few:?}"))
    }

    fn note(&mut self) -> prepaid::Text {
        self.text(&["a", "b", "c", "re_1", "re_2"])
    }

    fn digest(&mut self) -> Digest {
        Digest([self.byte() % 16; 32])
    }

    fn kind(&mut self) -> UseKind {
        self.one_of(&[UseKind::Personal, UseKind::Business])
    }

    fn currency(&mut self) -> Currency {
        let code = if self.byte() < 240 { "USD" } else { "EUR" };
        code.parse().unwrap_or(Currency::USD)
    }

    fn setting<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Setting<T> {
        match self.byte() % 4 {
            0 => Setting::Off,
            1 => Setting::To(draw(self)),
            _ => Setting::Kept,
        }
    }

    fn window(&mut self) -> Window {
        self.one_of(&[Window::Day, Window::Week, Window::Month])
    }

    /// A price: agreed on, or of a list with any times.
    fn quote(&mut self, now: Timestamp) -> Quote {
        if self.byte() % 4 > 0 {
            return Quote::agreed(self.amount(), self.currency(), self.note());
        }
        let (price, currency) = (self.amount(), self.currency());
        let (from, until) = (self.time(now), self.perhaps(|bytes| bytes.time(now)));
        let (item, images): (prepaid::Text, prepaid::Text) = (self.text(&["image"]), self.text(&["images"]));
        let quantities = [(images.clone(), UnitPrice { price, per: 1 })].into();
        let version = PriceVersion { from, until, items: [(item.clone(), quantities)].into() };
        let usage = Usage { item, quantities: [(images, u64::from(self.byte()))].into() };
        let list = PriceList::new(PriceListNumbers { currency, versions: vec![version] }).ok();
        let quote = list.and_then(|list| list.quote(&usage, self.time(now)).ok());
        quote.unwrap_or_else(|| Quote::agreed(price, currency, self.note()))
    }

    /// Any command, by who may send it, mostly.
    pub(crate) fn command(&mut self, now: Timestamp) -> Command {
        let by = self.byte();
        let action = self.action(now);
        let actors = action.tag().actors();
        let anybody = [Actor::Owner, Actor::Operator, Actor::Gateway, Actor::Provider, Actor::Clock];
        let by = if by < 240 { actors[usize::from(by) % actors.len()] } else { anybody[usize::from(by) % 5] };
        action.by(by)
    }

    #[expect(clippy::too_many_lines, reason = "one row a command")]
    fn action(&mut self, now: Timestamp) -> Action {
        match self.one_of(ActionTag::ALL) {
            ActionTag::Open => Action::Open {
                account: AccountId(self.uuid()),
                owner: OwnerId(self.uuid()),
                currency: self.perhaps(Self::currency),
            },
            ActionTag::AcceptTerms => Action::AcceptTerms {
                version: self.text(&["TOS_2024_04_20", "TOS_2025_06_01"]),
                by: self.note(),
                entity: self.perhaps(Self::note),
            },
            ActionTag::ChooseUse => Action::ChooseUse {
                kind: self.kind(),
                billing_ref: self.perhaps(Self::note),
                billing_digest: self.perhaps(Self::digest),
            },
            ActionTag::LinkPaymentMethod => Action::LinkPaymentMethod {
                token: self.text(&["pm_1", "pm_2", "pm_3"]),
                fingerprint: self.perhaps(|bytes| bytes.text(&["fp_1", "fp_2"])),
                brand: self.text(&["visa"]),
                last_four: self.text(&["4242", "0000"]),
                expires: self.text(&["2031-01", "2024-12", "9999-12"]),
            },
            ActionTag::UpdateBilling => Action::UpdateBilling {
                kind: self.perhaps(Self::kind),
                billing_ref: self.note(),
                billing_digest: self.digest(),
            },
            ActionTag::CreateKey => Action::CreateKey {
                key: KeyId(self.uuid()),
                digest: self.digest(),
                shown: self.text(&["ppk_A1", "ppk_A1b2", "k_A1b2C3d4"]),
                label: self.perhaps(|bytes| bytes.text(&["server"])),
                expires_at: self.perhaps(|bytes| bytes.time(now)),
            },
            ActionTag::RelabelKey => Action::RelabelKey {
                key: KeyId(self.uuid()),
                label: self.perhaps(|bytes| bytes.text(&["laptop"])),
            },
            ActionTag::RevokeKey => Action::RevokeKey {
                key: KeyId(self.uuid()),
                reason: self.one_of(&[RevokeFor::Requested, RevokeFor::Leaked]),
            },
            ActionTag::LimitKey => {
                let limit = |bytes: &mut Self| KeyLimit { amount: bytes.amount(), window: bytes.window() };
                Action::LimitKey { key: KeyId(self.uuid()), limit: self.perhaps(limit) }
            }
            ActionTag::SetTopUp => Action::SetTopUp {
                threshold: self.perhaps(Self::amount),
                target: self.perhaps(Self::amount),
                enabled: self.perhaps(Self::flag),
                monthly_cap: self.setting(Self::amount),
                daily_count: self.setting(|bytes| u16::from_le_bytes(bytes.some())),
            },
            ActionTag::ReactivateTopUp => Action::ReactivateTopUp {},
            ActionTag::TopUp => Action::TopUp { amount: self.amount() },
            ActionTag::CancelCharge => Action::CancelCharge { charge: self.charge() },
            ActionTag::ChargeSucceeded => Action::ChargeSucceeded {
                charge: self.charge(),
                amount: self.amount(),
                reference: self.note(),
            },
            ActionTag::ChargeActionRequired => {
                Action::ChargeActionRequired { charge: self.charge(), reference: self.note() }
            }
            ActionTag::ChargeFailed => Action::ChargeFailed {
                charge: self.charge(),
                decline: self.one_of(&[Decline::Soft, Decline::Hard]),
                reason: self.note(),
            },
            ActionTag::ChargeCancelled => Action::ChargeCancelled { charge: self.charge() },
            ActionTag::ChargeNotFound => Action::ChargeNotFound { charge: self.charge() },
            ActionTag::ResolveCharge => {
                Action::ResolveCharge { charge: self.charge(), taken: self.amount(), evidence: self.note() }
            }
            ActionTag::AuthorizeCall => {
                let units = if self.flag() { u16::from_le_bytes(self.some()) } else { 1 };
                let (call, key) = (CallId(self.uuid()), KeyId(self.uuid()));
                Action::AuthorizeCall { call, key, quote: self.quote(now), units }
            }
            ActionTag::ChargeCall => Action::ChargeCall {
                call: CallId(self.uuid()),
                key: KeyId(self.uuid()),
                quote: self.quote(now),
            },
            ActionTag::ExtendCall => Action::ExtendCall { call: CallId(self.uuid()), until: self.time(now) },
            ActionTag::SettleCall => {
                Action::SettleCall { call: CallId(self.uuid()), amount: self.perhaps(Self::amount) }
            }
            ActionTag::ReleaseCall => Action::ReleaseCall { call: CallId(self.uuid()) },
            ActionTag::IssueGrant => Action::IssueGrant {
                grant: GrantId(self.uuid()),
                amount: self.amount(),
                source: self.note(),
                priority: if self.flag() { i16::from_le_bytes(self.some()) } else { 0 },
                effective_at: self.perhaps(|bytes| bytes.time(now)),
                expires_at: self.perhaps(|bytes| bytes.time(now)),
            },
            ActionTag::VoidGrant => Action::VoidGrant { grant: GrantId(self.uuid()) },
            ActionTag::Refund => {
                Action::Refund { charge: self.charge(), amount: self.amount(), forced: self.flag() }
            }
            ActionTag::RefundSucceeded => {
                Action::RefundSucceeded { refund: RefundNumber(self.number()), reference: self.note() }
            }
            ActionTag::RefundFailed => {
                Action::RefundFailed { refund: RefundNumber(self.number()), reason: self.note() }
            }
            ActionTag::RecordRefund => {
                Action::RecordRefund { charge: self.charge(), amount: self.amount(), reference: self.note() }
            }
            ActionTag::OpenDispute => {
                Action::OpenDispute { dispute: self.note(), charge: self.charge(), amount: self.amount() }
            }
            ActionTag::CloseDispute => Action::CloseDispute {
                dispute: self.note(),
                outcome: self.one_of(&[DisputeOutcome::Won, DisputeOutcome::Lost]),
            },
            ActionTag::LimitSpending => Action::LimitSpending { limit: self.perhaps(Self::amount) },
            ActionTag::SetNotice => Action::SetNotice { level: self.perhaps(Self::amount) },
            ActionTag::Suspend => Action::Suspend { reason: self.note() },
            ActionTag::Resume => Action::Resume {},
            ActionTag::Migrate => Action::Migrate { reference: self.note() },
            ActionTag::WriteOff => Action::WriteOff { amount: self.amount(), reason: self.note() },
            ActionTag::Close => Action::Close {},
            ActionTag::Tick => Action::Tick {},
        }
    }
}

fn of_units(units: i128, scale: u32) -> Amount {
    let decimal = Decimal::try_from_i128_with_scale(units, scale);
    decimal.ok().and_then(|decimal| Amount::try_from(decimal).ok()).unwrap_or(Amount::MAX)
}

/// The way to an active account, so that bytes need not find it first.
pub(crate) fn onboarded(life: &mut Life, now: Timestamp) {
    // Nought everywhere is the right choice up to here: the first of every few, the key 0, a digest of noughts.
    let ways = [ActionTag::Open, ActionTag::AcceptTerms, ActionTag::ChooseUse, ActionTag::LinkPaymentMethod];
    for tag in ways.into_iter().chain([ActionTag::CreateKey]) {
        let place = ActionTag::ALL.iter().position(|one| *one == tag).and_then(|at| u8::try_from(at).ok());
        let record = [0, place.unwrap_or_default()];
        life.step(&Bytes::of(&record).command(now), now);
    }
    let Some(open) = life.account.open_charge() else { return };
    let reference = "a".parse().expect("a text");
    let paid = Action::ChargeSucceeded { charge: open.number, amount: open.amount, reference };
    life.step(&paid.by(Actor::Provider), now);
}
