//! F3, F4. Unknown outcomes and required action.
