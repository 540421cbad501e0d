//! D. Calls: admission, holds, endings.
