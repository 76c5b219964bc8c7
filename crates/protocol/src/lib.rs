//! The protocol of session signals: small files that say what each Claude Code session is doing.
//!
//! Eight small executables, the *hooks*, write these files, and so does a ninth, which the plugin starts. Claude Code starts a hook
//! for each event of a session and passes it the event's *payload*, a JSON object. This crate is all that the hooks consist of.
//! It needs neither std nor any other crate. Programs that read signals use the crate `session-signals-reader`, which builds on
//! this one.
//!
//! # Design
//!
//! ## The signal directory
//!
//! The signal directory is `$CLAUDE_CONFIG_DIR/session-signals`, or `$HOME/.claude/session-signals` if that variable is unset or
//! empty. For each session, it holds up to one file of each [kind](SignalKind):
//!
//! | file | meaning | stamp |
//! | --- | --- | --- |
//! | `<session_id>.working.json` | a turn is running | `working_since` |
//! | `<session_id>.permission.json` | calls wait for the user's decision | `pending_since` (of the oldest call) |
//! | `<session_id>.stop.json` | the session waits for the user's next prompt | `stopped_at` |
//! | `<session_id>.ended.json` | the session has ended | `ended_at` |
//!
//! If a session has several files, the first of these counts: `ended`, `permission`, `stop`, `working`. A `permission` beside a
//! `working` is normal, and so is one beside a `stop` if a subagent or a teammate asks. Any other pair exists only during a
//! change, or after a hook was killed.
//! [`StoredSignals::superseded_by`] is the one function that says which signal wins if the modification times are known as well.
//!
//! Names that begin with a dot are [temporary files](temporary_name), and readers ignore them.
//!
//! ## A signal
//!
//! A signal is a JSON object in one line. It begins with the members of the event's payload, in their own bytes and order; line
//! breaks between them become spaces. Then follow the members that the hook adds:
//!
//! | member | meaning |
//! | --- | --- |
//! | `signal_format` | the version of this format, the number 1; see [`signal_format`] |
//! | the stamp (see above) | since when the signal is true: a string of seconds since the epoch with nine digits of fraction |
//! | `pending` | only in a `permission`: the calls that wait, oldest first. Each is the whole payload of its request with `pending_since`. The signal's own members are those of the first call, which is the dialog on the screen. The list is empty if `sessions serve` wrote the signal, because then it is not known which call waits |
//! | `claude_pid` | the PID of the CLI process; see [`cli_process::CliProcess::find`] |
//! | `claude_start` | when that process started, in clock ticks since boot: field 22 of `/proc/PID/stat`. On macOS in microseconds since 1970 |
//! | `claude_host` | where that PID is valid: `<nodename>/<inode of the pid namespace>`, on macOS `<id of the machine>/0` |
//!
//! In a `permission`, the stamp is the one of the first call, and `signal_format` follows it, before `pending`. In the other
//! signals, `signal_format` is before the stamp. A member that is not known is left out. If the CLI process is not known, so is
//! `claude_host`.
//!
//! Two things of a payload are changed. Members that have one of the names above are left out, and so are `tool_response` and
//! `tool_calls` of a tool's events, because a tool's output may have any size. And an escape that is half of a surrogate pair
//! (`\ud83d` without `\ude00` after it) becomes `\ufffd`, because some readers refuse it.
//!
//! The modification time of the file is the time of the event: when the hook started, by the realtime clock. A file is always
//! replaced as a whole, so a reader sees the old file, the new file or none.
//!
//! ## What an event changes
//!
//! [`EVENT_RULES`] and [`MODULE_EVENT_RULES`] are the table of events, and [`decide`] applies one rule of it. All are free of input
//! and output.
//!
//! The events of the second part come from a module that runs inside the CLI. A process needs some milliseconds to start, so the
//! module says in the member `seen_at` when it saw the event. The hook takes this time if it is not in the future and not older
//! than [`runtime::MAX_EVENT_AGE`] nanoseconds; else it takes its own.
//!
//! An event is *late* if a newer `ended` of its session is stored, or, for an event of the main agent, a newer `working` or
//! `stop`. A signal is newer if its time is after the event and not in the future, because the clock may be set back. A late
//! event publishes nothing and deletes nothing. But the result of a call always resolves that call, and an event resolves calls
//! that are not newer than itself even if it is late. Two events within 15 ms have no order, because two processes may read the
//! clock that far apart.
//!
//! ## How files change
//!
//! Hooks hold `flock` on the signal directory while they read, decide, publish and delete. A hook that cannot get the lock within
//! 200 ms continues without it. So the lock makes conflicts rare, and the module [`store`] makes them harmless: it never replaces
//! or deletes a signal that it has not looked at. At the end, each hook looks at all signals of the session again, and deletes
//! those that a newer one has made false.
//!
//! A hook that is killed may leave a temporary file. [`store::SignalStore::recover_leftover`] deletes it, or brings back the
//! signal that it holds. If a file system has neither an exclusive rename nor hard links, only the lock protects the signals.
//!
//! ## A hook
//!
//! [`runtime::run`] reads the first JSON object on standard input, within one second, and handles the event. A hook writes nothing
//! to standard output. It ends with exit code 0, or with 1 and one line on standard error, `hook-NAME: operation path: reason`.
//!
//! On Linux (`x86_64` and `aarch64`), the hooks are built without the C library: `cfg(freestanding)`. On other systems, and if
//! the environment variable `SESSION_SIGNALS_PORTABLE` is set during the build, they use std.
//!
//! ## Stability
//!
//! Stable are the files: their names, the members above, the priority of the kinds, and the rule for [`signal_format`]. So are the
//! exit codes of the hooks. Readers must ignore members that they do not know.
//!
//! Not stable are the Rust functions and types of this crate, the temporary names, and the texts of error messages. They may change
//! with any version of the crate.
//!
//! # Security
//!
//! - Payloads hold prompts and commands. The signal directory has mode 0700 and its files have mode 0600, or fewer permissions. A
//!   hook refuses a directory that belongs to another user or that others may write to.
//! - A session id becomes part of a file name, so a hook refuses an id that [`session_id::is_session_id`] does not accept.
//! - A hook refuses a signal's name if it belongs to a symbolic link or to anything else that is not a regular file. Temporary
//!   files have names that nobody can predict, and are made only if the name is free.
//! - Input may be malformed or hostile. A payload may have at most 64 MiB, a signal at most 256 MiB, and JSON may be nested up to
//!   [`json::MAX_DEPTH`].
//! - A signal is no proof: any process of the user can write one. A reader must not run or trust what it says.
//! - `unsafe` is allowed only in [`runtime`] and [`system`].
//!
//! # Examples
//!
//! Decide what the end of a turn changes:
//!
//! ```
//! use session_signals_protocol::time::Time;
//! use session_signals_protocol::{EVENT_RULES, EventFacts, SignalKind, StoredSignals, decide};
//!
//! // A prompt has started a turn at second 10. At second 20, the turn ends.
//! let mut stored = StoredSignals { now: Time::new(20, 0), ..StoredSignals::default() };
//! stored.modified[SignalKind::Working as usize] = Some(Time::new(10, 0));
//! let rule = EVENT_RULES.iter().find(|rule| rule.event == "Stop").expect("an event of the table");
//! let facts = EventFacts { time: Time::new(20, 0), ..EventFacts::default() };
//!
//! let decision = decide(rule, &facts, &stored);
//! assert_eq!(decision.publish, Some(SignalKind::Stop));
//! assert!(decision.clear[SignalKind::Working as usize]);
//! ```
//!
//! Find the session and the kind of a signal by its file name:
//!
//! ```
//! use session_signals_protocol::SignalKind;
//! use session_signals_protocol::file_names::parse_signal_file_name;
//!
//! let parsed = parse_signal_file_name(b"3f2a-77.working.json");
//! assert_eq!(parsed, Some((&b"3f2a-77"[..], SignalKind::Working)));
//! assert_eq!(parse_signal_file_name(b".3f2a-77.working.json"), None);
//! ```
//!
//! Find out which of two signals wins:
//!
//! ```
//! use session_signals_protocol::time::Time;
//! use session_signals_protocol::{SignalKind, StoredSignals};
//!
//! let mut stored = StoredSignals { now: Time::new(30, 0), ..StoredSignals::default() };
//! stored.modified[SignalKind::Stop as usize] = Some(Time::new(10, 0));
//! stored.modified[SignalKind::Working as usize] = Some(Time::new(20, 0));
//! assert_eq!(stored.superseded_by(SignalKind::Stop), Some(SignalKind::Working));
//! assert_eq!(stored.superseded_by(SignalKind::Working), None);
//! ```
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

pub use decision::{Decision, EventFacts, StoredSignals, decide, decide_module_event};
pub use event_table::{CallEffect, EVENT_RULES, EventRule, MODULE_EVENT_RULES, Publication, TaskKind};
pub use hook::{HOOKS, Hook};
pub use signal_kind::{SIGNAL_KINDS, SignalKind};
