//! B. The first key and the initial funding.
