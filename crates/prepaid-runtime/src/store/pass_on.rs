//! Stores around stores.

/// For a store around another one, in tests and measurements: the methods of [`EventStore`](crate::EventStore) that are
/// named are passed on to that field. The others are written by hand, and the compiler says which are missing.
///
/// ```
/// use prepaid_runtime::{AppendError, EventStore, Group, MemoryStore, StoreError};
/// /// A store that is full.
/// struct Full(MemoryStore);
/// impl EventStore for Full {
///     prepaid_runtime::pass_on!(0: load, remembered, has_call, has_grant, batch, wakings, changed_elsewhere, begin, end,
///         forget_requests);
///     fn append(&mut self, _: &Group) -> Result<(), AppendError> {
///         Err(AppendError::Failed(StoreError::Full))
///     }
/// }
/// assert!(Full(MemoryStore::default()).append(&Group::default()).is_err());
/// ```
#[macro_export]
macro_rules! pass_on {
    ($to:tt: $($method:ident),+ $(,)?) => { $($crate::pass_on!(@$method $to);)+ };
    (@load $to:tt) => {
        fn load(&mut self, account: ::prepaid::AccountId) -> Result<$crate::Loaded, $crate::StoreError> {
            self.$to.load(account)
        }
    };
    (@remembered $to:tt) => {
        fn remembered(
            &mut self,
            account: ::prepaid::AccountId,
            request: &$crate::RequestId,
        ) -> Result<Option<$crate::Remembered>, $crate::StoreError> {
            self.$to.remembered(account, request)
        }
    };
    (@has_call $to:tt) => {
        fn has_call(
            &mut self,
            account: ::prepaid::AccountId,
            call: ::prepaid::CallId,
        ) -> Result<bool, $crate::StoreError> {
            self.$to.has_call(account, call)
        }
    };
    (@has_grant $to:tt) => {
        fn has_grant(
            &mut self,
            account: ::prepaid::AccountId,
            grant: ::prepaid::GrantId,
        ) -> Result<bool, $crate::StoreError> {
            self.$to.has_grant(account, grant)
        }
    };
    (@batch $to:tt) => {
        fn batch(
            &mut self,
            account: ::prepaid::AccountId,
            seq: u64,
        ) -> Result<Option<::prepaid::Batch>, $crate::StoreError> {
            self.$to.batch(account, seq)
        }
    };
    (@append $to:tt) => {
        fn append(&mut self, group: &$crate::Group) -> Result<(), $crate::AppendError> {
            self.$to.append(group)
        }
    };
    (@wakings $to:tt) => {
        fn wakings(&mut self) -> Result<Vec<$crate::Waking>, $crate::StoreError> {
            self.$to.wakings()
        }
    };
    (@changed_elsewhere $to:tt) => {
        fn changed_elsewhere(&mut self) -> Result<bool, $crate::StoreError> {
            self.$to.changed_elsewhere()
        }
    };
    (@begin $to:tt) => {
        fn begin(&mut self) -> Result<bool, $crate::StoreError> {
            self.$to.begin()
        }
    };
    (@end $to:tt) => {
        fn end(&mut self) {
            self.$to.end();
        }
    };
    (@forget_requests $to:tt) => {
        fn forget_requests(
            &mut self,
            before: ::prepaid::Timestamp,
            from: u64,
        ) -> Result<$crate::Forgotten, $crate::StoreError> {
            self.$to.forget_requests(before, from)
        }
    };
}
