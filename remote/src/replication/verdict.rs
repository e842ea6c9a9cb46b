//! What news of a record from the server means, by three contents: ours, theirs, and the last that both had.

use super::hash::Content;

/// What is to be done with a state that the server told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both sides have the same: note that.
    Agree,
    /// Nothing was changed here: take it over.
    Apply,
    /// Only the server's name for it changed: what was changed here is to be sent over this name.
    Rebase,
    /// Both sides changed it, each otherwise.
    Clash,
}

/// Judges; `None` is a record that is not there.
pub(super) fn judge(
    ours: Option<Content>,
    agreed: Option<Content>,
    theirs: Option<Content>,
) -> Verdict {
    if ours == theirs {
        Verdict::Agree
    } else if ours == agreed {
        Verdict::Apply
    } else if theirs == agreed {
        Verdict::Rebase
    } else {
        Verdict::Clash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_combination_has_its_verdict() {
        let name = |text: &str| Content::from_text(text);
        let (a, b, c) = (name("a"), name("b"), name("c"));
        let table = [
            ((a, a, a), Verdict::Agree),
            ((b, a, b), Verdict::Agree),
            ((None, a, None), Verdict::Agree),
            ((b, None, b), Verdict::Agree),
            ((a, a, b), Verdict::Apply),
            ((a, a, None), Verdict::Apply),
            ((None, None, b), Verdict::Apply),
            ((b, a, a), Verdict::Rebase),
            ((None, a, a), Verdict::Rebase),
            ((b, None, None), Verdict::Rebase),
            ((b, a, c), Verdict::Clash),
            ((None, a, c), Verdict::Clash),
            ((b, a, None), Verdict::Clash),
            ((b, None, c), Verdict::Clash),
        ];
        for ((ours, agreed, theirs), expected) in table {
            assert_eq!(
                judge(ours, agreed, theirs),
                expected,
                "{ours:?} {agreed:?} {theirs:?}"
            );
        }
    }
}
