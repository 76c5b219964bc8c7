//! Tells what every Claude Code session does: it works, it needs approval, it waits for its user, or it has ended.
//!
//! [`read_sessions`] is all that most programs need. The executables `sessions` and `hooks` of session-signals use this library,
//! too.
//!
//! # Design
//!
//! Four sources tell about a session. Each of them may be missing, and none of them knows everything:
//!
//! | source | read by | what it knows |
//! | --- | --- | --- |
//! | the signal files that the hooks of session-signals write | [`SignalDir`], [`SessionSignals`], [`Signal`] | turns, calls that need approval, the end; not an interrupt, a denial or a killed process |
//! | the registry of the CLI, `<config dir>/sessions` | [`Registry`], [`RegistryEntry`] | the state of each live process, up to 250 ms late; not which call waits |
//! | the processes | [`Host`], [`ProcessState`] | whether the CLI lives |
//! | the end of the transcript | [`TranscriptTail`] | interrupts and results, if there is no registry |
//!
//! A [`Collector`] reads them and makes one [`Evidence`] for each session. [`decide_state`] then decides what the session does,
//! from the evidence and the time alone: the first rule of [`STATE_RULES`] that applies decides. [`Session`] adds what a user
//! wants to know. [`GitCheckout`] and [`Conversation`] add what session dashboards show of a session; the state does not depend
//! on them. [`plan_repair`] finds signal files that say something else, and [`apply_plan`] repairs them.
//!
//! Several signals of one session may exist for a moment, or longer if a hook was killed. Which signal makes which other one
//! false is decided in one place, [`StoredSignals::superseded_by`](session_signals_protocol::StoredSignals::superseded_by), for
//! hooks and readers alike. A program that reads the files without this library and without their times uses the order
//! [`KIND_PRIORITY`].
//!
//! ## What is stable
//!
//! - The items at the root of this crate, within the rules of semantic versioning.
//! - The JSON of [`Session`]: members may be added, and [`JSON_FORMAT`] changes if a member gets another meaning or is no longer
//!   written.
//! - The ids in [`STATE_RULES`]: rules may be added.
//!
//! Not stable are the modules [`cleanup`] and [`regular_file`], which are for the executables of session-signals, the order of
//! the rules, the sentences in [`SessionList::unreadable`], and the texts of [`Session::reason`].
//!
//! A signal has the member `signal_format` if a current hook wrote it. A signal with a format that is newer than
//! [`NEWEST_SIGNAL_FORMAT`] is not understood: it is skipped, counted in [`SkippedFiles::signals`] and reported in
//! [`SessionList::unreadable`].
//!
//! # Security
//!
//! - Signals hold prompts. The hooks make their directory with mode 0700, and refuse a directory that others can write to.
//!   Readers do not check the mode: `hooks doctor` does.
//! - Files are opened without blocking, and only regular files of limited size are read: 256 MiB of a signal, 1 MiB of a registry
//!   entry or of a git configuration, and of a transcript 512 KiB, or at most 16 MiB at its end if a line is long or if so much
//!   was appended since the last read. The path of the transcript is read from the signal. Symbolic links are followed only for
//!   the files of git, of which nothing but the branch and the remote is shown.
//! - The address of a git remote may hold the name and the password of a user. [`GitRemote`] leaves them out, and takes no address
//!   of which it is not certain where they end.
//! - Any content of any file gives some answer, and never a panic. A session id is checked before it becomes part of a path: 1 to
//!   128 letters, digits, `_` and `-`.
//! - Prompts, messages, names and paths come from other programs. Remove control characters before you print them on a terminal.
//! - A PID is believed only with the start time of its process, if the signal or the registry entry names one.
//! - Only [`apply_plan`] and [`cleanup`] change files. They take the lock of the hooks, look at the files again, and remove or
//!   replace exactly the version that they looked at.
//!
//! # Examples
//!
//! Print what all open sessions do:
//!
//! ```
//! use session_signals_reader::{SessionFilter, find_config_dir, read_sessions};
//!
//! let config_dir = find_config_dir().expect("CLAUDE_CONFIG_DIR or HOME is set");
//! for session in read_sessions(&config_dir, SessionFilter::Open).sessions {
//!     println!("{} {} {:?}", session.session_id, session.state.word(), session.cwd);
//! }
//! ```
//!
//! Read one signal:
//!
//! ```
//! use session_signals_reader::{SignalDir, SignalKind};
//!
//! # let config_dir = tempfile::tempdir()?;
//! # let config_dir = config_dir.path();
//! # std::fs::create_dir(config_dir.join("session-signals"))?;
//! # std::fs::write(config_dir.join("session-signals/s1.working.json"), r#"{"prompt":"Fix the build"}"#)?;
//! let signal_dir = SignalDir::of_config_dir(config_dir);
//! if let Some(signal) = signal_dir.read_signal("s1", SignalKind::Working)? {
//!     assert_eq!(signal.members.prompt.as_deref(), Some("Fix the build"));
//!     println!("works since {:?}", signal.since);
//! }
//! assert!(signal_dir.read_signal("s1", SignalKind::Ended)?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Follow changes:
//!
//! ```
//! use std::sync::mpsc::channel;
//! use std::time::{Duration, SystemTime};
//!
//! use session_signals_reader::{ChangedSource, Collector, SessionFilter, Watcher};
//!
//! # let config_dir = tempfile::tempdir()?;
//! # let config_dir = config_dir.path();
//! # std::fs::create_dir(config_dir.join("session-signals"))?;
//! let mut collector = Collector::new(config_dir);
//! let (sender, events) = channel();
//! // Watch first and read then, so that no change is missed in between.
//! let mut watcher = Watcher::new(config_dir, &collector, move |event| _ = sender.send(event))?;
//! collector.read_all_signals();
//! # std::fs::write(config_dir.join("session-signals/s1.working.json"), "{}")?;
//! loop {
//!     let list = collector.list_sessions(SessionFilter::Open, SystemTime::now());
//!     println!("{} sessions are open", list.sessions.len());
//! #   if list.sessions.len() == 1 {
//! #       break;
//! #   }
//!     // Without an event, look again after a second: a process may have died.
//!     let Ok(event) = events.recv_timeout(Duration::from_secs(1)) else { continue };
//!     for change in watcher.changed_sources(event) {
//!         match change {
//!             ChangedSource::Session(session) | ChangedSource::Gone(session, _) => {
//!                 collector.read_session_signals(&session);
//!             }
//!             ChangedSource::Everything => collector.read_all_signals(),
//!             // The list reads the registry each time.
//!             ChangedSource::Registry => {}
//!         }
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call_target;
pub mod cleanup;
mod collector;
mod config_dir;
mod conversation;
mod conversation_part;
mod conversation_reader;
mod dashboard_members;
mod evidence;
mod file_stamp;
mod git_checkout;
mod git_checkouts;
mod git_configs;
mod git_remote;
mod host;
mod lenient_json;
mod pending_call;
mod pid_domain;
mod pid_namespaces;
mod process_state;
mod recorded_start;
mod registry;
mod registry_entry;
mod registry_file;
pub mod regular_file;
mod repair;
mod session;
mod session_json;
mod session_list;
mod session_signals;
mod session_state;
mod shorten;
mod signal;
mod signal_dir;
mod signal_members;
mod signal_stamps;
mod skipped_files;
mod snapshot;
mod state_rules;
mod store_error;
#[cfg(test)]
mod tests;
mod timestamps;
mod transcript;
mod transcript_end;
mod transcript_line;
mod transcript_part;
mod watch;

pub use collector::{CollectedEvidence, Collector};
pub use config_dir::{config_dir_of, find_config_dir};
pub use conversation::Conversation;
pub use conversation_part::{ConversationPart, ConversationRole};
pub use conversation_reader::ConversationReader;
pub use dashboard_members::{DashboardMembers, PendingTool};
pub use evidence::Evidence;
pub use file_stamp::FileStamp;
pub use git_checkout::GitCheckout;
pub use git_checkouts::GitCheckouts;
pub use git_remote::GitRemote;
pub use host::{Host, IDENTIFIES_PROCESSES, is_cli_process, is_process_alive};
pub use pending_call::PendingCall;
pub use process_state::ProcessState;
pub use registry::{REGISTRY_DIR, Registry};
pub use registry_entry::{RegistryEntry, RegistryStatus};
pub use repair::{RepairPlan, apply_plan, plan_repair};
pub use session::{JSON_FORMAT, PendingPermission, Session, UNREACHABLE_RULE};
pub use session_list::{SessionFilter, SessionList, read_sessions};
pub use session_signals::{KIND_PRIORITY, SessionSignals};
pub use session_signals_protocol::{SIGNAL_KINDS, SignalKind};
pub use session_state::{DecidedState, SessionState};
pub use signal::{NEWEST_SIGNAL_FORMAT, Signal, SignalError, parse_stamp};
pub use signal_dir::{MAX_SIGNAL_LEN, SignalDir, parse_signal_name};
pub use signal_members::{BackgroundTask, SignalMembers};
pub use skipped_files::SkippedFiles;
pub use snapshot::Snapshot;
pub use state_rules::{STATE_RULES, StateRule, decide_state};
pub use timestamps::format_rfc3339;
pub use transcript::TranscriptTail;
pub use watch::{ChangedSource, WatchEvent, Watcher};
