//! F5. Bars: too many failed charges of one payment method.
