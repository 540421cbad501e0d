//! The names of things, as small enums of their own with an `ALL` list.

/// Makes an enum of unit variants with `ALL`, `as_str` and `Display`.
macro_rules! names {
    ($(#[$doc:meta])* $tag:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $tag {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl $tag {
            /// Every name, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as it is written.
            ///
            /// ```
            #[doc = concat!("assert!(prepaid::", stringify!($tag), "::ALL.iter().all(|tag| !tag.as_str().is_empty()));")]
            /// ```
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl core::fmt::Display for $tag {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use names;

/// Makes the names of an enum's variants, and `$enum::tag()`. The match is exhaustive: a variant without a name
/// does not compile.
macro_rules! tags {
    ($(#[$doc:meta])* $tag:ident for $(@$generic:ident)? $enum:ty { $($variant:ident => $name:literal),+ $(,)? }) => {
        crate::tags::names! { $(#[$doc])* $tag { $($variant => $name),+ } }

        impl $(<$generic>)? $enum {
            /// Its name.
            ///
            /// ```
            #[doc = concat!("fn name", $("<", stringify!($generic), ">",)? "(it: &prepaid::", stringify!($enum), ") -> prepaid::", stringify!($tag), " { it.tag() }")]
            /// ```
            #[must_use]
            pub const fn tag(&self) -> $tag {
                match self { $(Self::$variant { .. } => $tag::$variant),+ }
            }
        }
    };
}
pub(crate) use tags;
