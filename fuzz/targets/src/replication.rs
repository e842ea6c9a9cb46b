//! Replication of several computers with one server, cut and killed where the bytes say: once the lines are
//! mended, all sides have the same, and nothing is lost, doubled or invented. The first byte chooses the
//! server, the mode of conflicts and how many computers there are; three bytes each are a step.

/// The same model that the crate's own properties use.
#[allow(dead_code, unused_imports)] // The crate's tests use the rest of it.
#[path = "../../../remote/tests/model/mod.rs"]
mod model;

/// Steps of one world; more only take time.
const STEPS: usize = 400;

pub(crate) fn replication(data: &[u8]) {
    let data = &data[..data.len().min(1 + 3 * STEPS)];
    model::World::play(data);
}
