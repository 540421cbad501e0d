use alloc::string::String;

use zeroize::{Zeroize as _, Zeroizing};

use crate::base62;
use crate::checksum::{CHECKSUM_LENGTH, checksum};
use crate::{Digest, FormatError, ParseError, Secret, ShownPart, ZeroEntropy};

/// How many base62 digits 256 bits take.
const DIGITS: usize = 43;

/// 2^256 - 1 in base62. 43 digits can say about 2% more than 256 bits.
const LARGEST: &[u8; DIGITS] = b"yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1";

const LONGEST_PREFIX: usize = 16;

/// 8 base62 characters are less than 48 of the 256 bits.
const MOST_SHOWN: usize = 8;

/// What one deployment's keys look like: the prefix, and how much of a key may be shown (C3, C4).
///
/// # Example
///
/// ```
/// use prepaid_key::KeyFormat;
///
/// let format = KeyFormat::new("ppk")?.with_shown(6)?;
/// let issued = format.issue(&mut [0xff; 32])?;
///
/// assert_eq!(issued.record.shown.as_str(), "ppk_yhjskw");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyFormat {
    prefix: String,
    shown: usize,
}

/// A key that has just been made: the part that is given away once, and the part that is kept.
///
/// # Example
///
/// ```
/// use prepaid_key::{IssuedKey, KeyFormat};
///
/// let IssuedKey { secret, record } = KeyFormat::new("ppk")?.issue(&mut [7; 32])?;
///
/// assert!(secret.reveal().starts_with(record.shown.as_str()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "the secret exists nowhere else"]
pub struct IssuedKey {
    /// The full text, for the one reply.
    pub secret: Secret,
    /// What may be stored.
    pub record: KeyRecord,
}

/// All that may be kept of a key: enough to recognise it, too little to use it (C2).
///
/// # Example
///
/// ```
/// use prepaid_key::KeyFormat;
///
/// let format = KeyFormat::new("ppk")?;
/// let issued = format.issue(&mut [7; 32])?;
///
/// assert_eq!(format.parse(&issued.secret.reveal())?, issued.record);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRecord {
    /// What the key is looked up by.
    pub digest: Digest,
    /// What may be shown of it.
    pub shown: ShownPart,
}

impl KeyFormat {
    /// A format with this prefix that shows the first 4 random characters.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::{FormatError, KeyFormat};
    ///
    /// assert!(KeyFormat::new("ppk").is_ok());
    /// assert_eq!(KeyFormat::new("ppk_live"), Err(FormatError::PrefixCharacter));
    /// ```
    ///
    /// # Errors
    ///
    /// [`FormatError::PrefixLength`] or [`FormatError::PrefixCharacter`], unless the prefix is 1 to 16 ASCII
    /// lower-case letters and digits.
    pub fn new(prefix: &str) -> Result<Self, FormatError> {
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX {
            return Err(FormatError::PrefixLength);
        }
        if !prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err(FormatError::PrefixCharacter);
        }
        Ok(Self { prefix: prefix.into(), shown: 4 })
    }

    /// The same format, showing the first `characters` random characters instead.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::{FormatError, KeyFormat};
    ///
    /// let format = KeyFormat::new("ppk")?;
    ///
    /// assert_eq!(format.with_shown(9), Err(FormatError::ShownLength));
    /// # Ok::<(), FormatError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FormatError::ShownLength`] unless it is 1 to 8: none would not tell two keys apart, and 8 give away
    /// less than 48 bits.
    pub fn with_shown(self, characters: usize) -> Result<Self, FormatError> {
        if characters == 0 || characters > MOST_SHOWN {
            return Err(FormatError::ShownLength);
        }
        Ok(Self { shown: characters, ..self })
    }

    /// Makes the key that this entropy stands for, and wipes the entropy (C2, C3, C4).
    ///
    /// The 32 bytes must come from a cryptographically secure generator; all of the key's strength is in them.
    ///
    /// All zeros are refused. By chance they come once in 2^256 draws, so they mean that a buffer was never
    /// filled, or was used before, since using it leaves it zero; and the key would be one that anyone could
    /// work out. No other value is refused: what a broken generator gives cannot be told by looking at it.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::{KeyFormat, ZeroEntropy};
    ///
    /// let format = KeyFormat::new("ppk")?;
    /// let mut entropy = [7; 32];
    /// let issued = format.issue(&mut entropy)?;
    ///
    /// assert_eq!(issued.secret.reveal().len(), "ppk_".len() + 43 + 6);
    /// assert_eq!(entropy, [0; 32]);
    /// assert_eq!(format.issue(&mut entropy).err(), Some(ZeroEntropy));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ZeroEntropy`] if every byte is zero.
    pub fn issue(&self, entropy: &mut [u8; 32]) -> Result<IssuedKey, ZeroEntropy> {
        if *entropy == [0; 32] {
            return Err(ZeroEntropy);
        }

        let mut digits = Zeroizing::new([0; DIGITS]);
        base62::encode(entropy, digits.as_mut_slice());
        // Zero by now, but by plain writes, which the compiler may leave out.
        entropy.zeroize();
        let checksum = Zeroizing::new(checksum(digits.as_slice()));

        // Room for all of it at once: a string that grows leaves its old buffer behind, unwiped.
        let length: usize = [self.prefix.len(), 1, DIGITS, CHECKSUM_LENGTH].into_iter().sum();
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(&self.prefix);
        text.push('_');
        text.extend(digits.iter().chain(checksum.iter()).copied().map(char::from));

        let record = self.record(&text, digits.as_slice());
        Ok(IssuedKey { secret: Secret::new(text), record })
    }

    /// Reads a presented key, without keeping it (C2), and refuses a mistyped one before any look-up (C4).
    ///
    /// The text is taken as it is: nothing is trimmed, and case counts. An over-long one is refused before
    /// anything is computed from it.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::{KeyFormat, ParseError};
    ///
    /// let format = KeyFormat::new("ppk")?;
    /// let text = "ppk_0EhWuMzfS7MPuxAu520Mu4XwCuyZfalRej3Z8gTlzA84OW3lE";
    /// let typo = "ppk_0EhWuMzfS7MPuxAu52OMu4XwCuyZfalRej3Z8gTlzA84OW3lE";
    ///
    /// assert_eq!(format.parse(text)?.shown.as_str(), "ppk_0EhW");
    /// assert_eq!(format.parse(typo), Err(ParseError::Checksum));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first of these that holds: [`ParseError::Prefix`], [`ParseError::Length`],
    /// [`ParseError::Character`], [`ParseError::Range`], [`ParseError::Checksum`].
    pub fn parse(&self, presented: &str) -> Result<KeyRecord, ParseError> {
        // Everything here is compared with what is public or with the text's own checksum, never with a key
        // that exists: how long it takes tells nothing the presenter does not know.
        let body = presented
            .strip_prefix(self.prefix.as_str())
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(ParseError::Prefix)?
            .as_bytes();
        let (digits, claimed) = body.split_first_chunk::<DIGITS>().ok_or(ParseError::Length)?;
        if claimed.len() != CHECKSUM_LENGTH {
            return Err(ParseError::Length);
        }
        if !body.iter().all(u8::is_ascii_alphanumeric) {
            return Err(ParseError::Character);
        }
        if digits > LARGEST {
            return Err(ParseError::Range);
        }
        if claimed != checksum(digits) {
            return Err(ParseError::Checksum);
        }
        Ok(self.record(presented, digits))
    }

    fn record(&self, text: &str, digits: &[u8]) -> KeyRecord {
        KeyRecord { digest: Digest::of(text), shown: ShownPart::new(&self.prefix, digits, self.shown) }
    }
}
