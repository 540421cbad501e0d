//! The text of an API key, from the entropy it is made of to the digest that is kept of it.
//!
//! ```text
//! ppk _ 0EhWuMzfS7MPuxAu520Mu4XwCuyZfalRej3Z8gTlzA8 4OW3lE
//! |     |                                           |
//! |     256 bits as 43 base62 digits                CRC-32 of those digits, 6 base62 digits
//! prefix
//! ```
//!
//! (Without the spaces.) The crate implements three of the rules for keys:
//!
//! - **C2**, the full key exists once: [`Secret`] cannot be cloned, printed or serialised, it is wiped when
//!   dropped, and revealing it consumes it.
//! - **C3**, the part that may be shown is the prefix and the first few random characters, never the end:
//!   [`ShownPart`].
//! - **C4**, a mistyped key is refused without a look-up, and what is looked up is the SHA-256 of the whole
//!   text, compared in constant time: [`KeyFormat::parse`] and [`Digest`].
//!
//! A fast, unsalted hash is right here because the input is 256 random bits: there is nothing to guess.
//! It would be wrong for a password.
//!
//! The crate reads no randomness. Whoever calls it fills a buffer from the system's generator and passes it in.
//!
//! What it does not promise: wiping reaches the buffers this crate owns and the entropy it is lent. Copies the
//! compiler leaves in registers or on the stack, and memory the system has swapped out, are beyond it.
//!
//! # Example
//!
//! ```
//! use prepaid_key::{KeyFormat, ParseError};
//!
//! let format = KeyFormat::new("ppk")?;
//!
//! // Creating. In a real program the entropy comes from the system's generator.
//! let mut entropy = [0xa5; 32];
//! let issued = format.issue(&mut entropy)?;
//! let kept = issued.record; // goes into the store
//! let text = issued.secret.reveal(); // goes into the one reply
//!
//! // Presenting.
//! assert_eq!(format.parse(&text)?, kept);
//! assert_eq!(format.parse("ppk_oops"), Err(ParseError::Length));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

extern crate alloc;

mod base62;
mod checksum;
mod digest;
mod error;
mod format;
mod secret;
mod shown;

pub use checksum::checksum;
pub use digest::Digest;
pub use error::{FormatError, ParseError, ZeroEntropy};
pub use format::{IssuedKey, KeyFormat, KeyRecord};
pub use secret::Secret;
pub use shown::ShownPart;
#[doc(no_inline)]
pub use zeroize::Zeroizing;
