//! Notifications, a file a method (notebooks share one): the state changes, and what is due is noted.

pub(super) mod did_change;
pub(super) mod did_change_configuration;
pub(super) mod did_change_folders;
pub(super) mod did_change_watched_files;
pub(super) mod did_close;
pub(super) mod did_open;
pub(super) mod initialized;
pub(super) mod notebook;
