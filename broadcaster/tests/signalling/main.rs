//! Masters and slaves in one process under virtual time: a scripted room that loses, repeats and
//! reorders, and scripted WebRTC.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may fail, and looks for one event among many"
)]

mod a_failure_says_what_was_tried;
mod a_lost_connection_comes_back;
mod a_refresh_storm_leaves_one_session;
mod a_slave_connects_over_a_bad_wire;
mod a_slave_never_chooses_among_masters;

mod a_slave_without_a_path_is_relayed;
mod bounds_hold_and_one_more_waits;
mod only_the_invited_are_connected;
mod only_the_member_of_a_session_is_heard;
mod peers_of_2016_are_understood;
mod who_knocks_waits_for_a_person;
mod who_was_let_in_is_relayed_as_a_guest;
mod world;
