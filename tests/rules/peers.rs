//! Real bugs of other systems, one test each.
