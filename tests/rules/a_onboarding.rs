//! A. Onboarding: opening, terms, use, payment method.
