//! What JavaScript does with values where jIO leaves it to the language: texts, numbers,
//! comparison, truth and dates (ECMA-262 §7.1, §7.2, §21.4). Numbers are IEEE doubles throughout.

pub(crate) mod date;
mod number;
mod primitive;
mod text;

pub(crate) use number::{number_text, to_integer, to_number};
pub(crate) use primitive::{Primitive, is_truthy, order, value_number};
pub(crate) use text::{cmp_utf16, is_white_space, value_text};
