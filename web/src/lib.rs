//! The one tidy layer over web-sys.
