//! The native companion.
