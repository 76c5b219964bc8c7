//! The signals of Claude Code sessions: small files that say what every session is doing.
//!
//! # The spool
//!
//! `$CLAUDE_CONFIG_DIR/session-signals`, or `$HOME/.claude/session-signals` where that variable is unset or
//! empty; mode 0700. In it, for a session, up to one file of each [kind](event::Kind):
//!
//! | file | meaning | since when |
//! | --- | --- | --- |
//! | `<session_id>.working.json` | a turn runs | `working_since` |
//! | `<session_id>.permission.json` | calls wait for the user's word | `pending_since` (the oldest call's) |
//! | `<session_id>.stop.json` | the session waits for its user | `stopped_at` |
//! | `<session_id>.ended.json` | the session is over | `ended_at` |
//!
//! Where several stand, read the state as ended > permission > stop > working: `permission` stands beside
//! `working` as a rule; other pairs only for the moment between the two halves of a change, or after a crash.
//! Names that start with a dot are none of a reader's business.
//!
//! # A file
//!
//! One line: a JSON object of at most 64 MiB and a little. First the members of the event's own payload, in their own
//! bytes and order (line breaks between them become spaces); then
//!
//! | member | meaning |
//! | --- | --- |
//! | the stamp of the table above | a string: seconds since the epoch, nine digits of fraction |
//! | `pending` | in `permission` only: the calls, oldest first; each is the whole payload of its request with `pending_since`. The file's own members are the first one's: the dialog on the screen. Empty where `sessions serve` knows that a call waits, and nobody knows which |
//! | `claude_pid` | the CLI's process: the nearest of the hook's 8 nearest ancestors that `CLAUDE_PID` names or that is called `claude`; see [`process::Cli::find`] for where there is none. Left out where nobody knows the CLI; then `claude_host` is left out, too |
//! | `claude_start` | its start: field 22 of `/proc/PID/stat`, in clock ticks since boot; Linux only |
//! | `claude_host` | `<nodename>/<inode of the pid namespace>`: where that PID means something; Linux only |
//!
//! An escape that is half a surrogate pair (`\ud83d` with no `\ude00` behind it) is written as `\ufffd`, in keys and in values: it
//! stands for no character, and not every reader takes it. Nothing else of a payload is changed.
//!
//! What cannot be learned is left out. Members of these names in a payload are left out too, and so are
//! `tool_response` and `tool_calls` of a tool's events: a tool's output has no bound.
//!
//! A file's modification time is its event's time: when the hook started, by the realtime clock. It is
//! replaced whole (rename), so a reader sees the old file, the new one or none. Mode 0600: prompts are private.
//!
//! # What changes it
//!
//! [`event::RULES`] is the table; [`event::decide`] says what a line of it means. An event is *late* where a newer
//! `ended` of its session stands, or, for the main agent's, a newer `working` or `stop`; newer is: after the event, and
//! not in the future (the clock may step back). A late event publishes and clears nothing. Calls are resolved by
//! any event that is not older than they are, and by the end of the same call always. Two events within 15 ms
//! of each other are unordered: that is how far apart two processes may read one clock.
//!
//! Hooks take `flock` on the spool while they read, decide, publish and clear. A hook that cannot have it in
//! 200 ms goes on without. The lock makes conflicts rare. What makes them harmless is how a hook changes a file: it puts a
//! signal where nothing stands, or exchanges it for the one that stands, and then looks at what came out. It moves a signal
//! that is to go aside, looks, and only then deletes it. A newer state goes back; calls that somebody else added are merged.
//! At the end every hook looks again, and of several states the newest stays.
//!
//! Files on their way into place or out of it have names that begin with a dot: [`aside::Aside`]. A hook that is killed leaves
//! one. [`spool::Spool::recover`] deletes it, or brings back the signal that it holds. Where a file system has neither an exclusive
//! rename nor links, the lock alone protects.
//!
//! # A hook
//!
//! Reads the first JSON object on stdin (within 1 s), writes nothing to stdout, and ends with 0, or with 1
//! and one line on stderr, `hook-NAME: operation path: reason`. See [`hook::run`].
#![cfg_attr(all(freestanding, not(test)), no_std)]

pub mod cli_process;
pub mod config_dir;
pub mod error;
pub mod file_names;
pub mod json;
pub mod payload;
pub mod payload_reader;
pub mod pending_calls;
pub mod runtime;
pub mod session_id;
pub mod signal_format;
pub mod store;
pub mod system;
pub mod temporary_name;
pub mod text;
pub mod time;

mod byte_list;
mod decision;
mod event_table;
mod hook;

mod signal_kind;

pub use decision::{Decision, EventFacts, StoredSignals, decide};
pub use event_table::{CallEffect, EVENT_RULES, EventRule, Publication, TaskKind};
pub use hook::{HOOKS, Hook};
pub use signal_kind::{SIGNAL_KINDS, SignalKind};
