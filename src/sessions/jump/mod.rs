//! `sessions jump` and `sessions next`: bring the terminal of a session to the front.
//!
//! A wrong pane is worse than none. So a terminal is used only if it says itself that it holds the terminal device of the
//! session's process. Variables in the environment of that process only say whom to ask, because they may be inherited.

mod applescript;
mod caller;
mod kitty;
mod plan;
#[cfg(test)]
mod tests;
mod wezterm;
mod zellij;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use session_signals_cli::ExitStatus;
use session_signals_reader::{Collector, Evidence, JSON_FORMAT, ProcessState, Session, SessionFilter};

use crate::command_line::{JumpOptions, JumpOutput, NextOptions};
use crate::display_text::make_harmless;
use crate::environment;
use crate::machines::read_machines;
use crate::reading_gaps::ReadingGaps;
use crate::report_result::report_result;
use crate::resume_command::{resume_by_ssh, resume_there};
use crate::session_prefix::find_by_prefix;
use crate::session_table::SHORT_ID_LEN;
use crate::terminals::process::TerminalProcess;
use crate::terminals::terminal_command::{Programs, TerminalCommand};
use plan::{JumpPlan, Planner};

/// How long the program of a terminal may take. A terminal that hangs must not keep the user waiting.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Jumps to the session that the options name.
///
/// Returns the failure as an exit status if no session or more than one has such an id, or the terminal of the session cannot be
/// brought to the front. By then, the reason is on standard error.
///
/// # Errors
/// If the environment names no configuration directory, or standard error cannot be written to.
pub fn jump_to_session(options: &JumpOptions) -> io::Result<ExitStatus> {
    let (sessions, unreadable) = read_sessions()?;
    let gaps = ReadingGaps::new(&unreadable, &[]);
    end_jump(find_and_jump(&sessions, options, &gaps), options.output, &gaps)
}

fn find_and_jump(sessions: &KnownSessions, options: &JumpOptions, gaps: &ReadingGaps) -> io::Result<ExitStatus> {
    let id = find_id(sessions, &options.id, gaps).map_err(io::Error::other)?;
    let (session, evidence) = &sessions[id];
    let jump = Jump::plan(session, evidence).map_err(io::Error::other)?;
    jump.carry_out(options.output)
}

/// Jumps to the session that has needed its user for the longest time. A session that cannot be reached is reported, and the
/// next one counts: otherwise nobody could get past it.
///
/// Returns the failure as an exit status if no session needs its user, or none that does can be reached. By then, the reason is on
/// standard error.
///
/// # Errors
/// As for [`jump_to_session`].
pub fn jump_to_next(options: &NextOptions) -> io::Result<ExitStatus> {
    let (remote, lost_machines) = read_machines(&options.machines, &environment::config_dir()?, SessionFilter::Open);
    let (sessions, unreadable) = read_sessions()?;
    let gaps = ReadingGaps::new(&unreadable, &lost_machines);
    end_jump(choose_and_jump(&sessions, &remote, options.output, &gaps), options.output, &gaps)
}

fn choose_and_jump(
    sessions: &KnownSessions,
    remote: &[Session],
    output: JumpOutput,
    gaps: &ReadingGaps,
) -> io::Result<ExitStatus> {
    let own = sessions.values().map(|(session, evidence)| (session, Some(evidence)));
    let waiting = own.chain(remote.iter().map(|session| (session, None)));
    let mut waiting: Vec<_> = waiting.filter(|(session, _)| session.needs_user()).collect();
    waiting.sort_by_key(|(session, _)| session.since);
    let mut reasons = Vec::new();
    for (session, evidence) in waiting {
        let plan = evidence.map_or_else(|| Err(describe_remote(session)), |evidence| Jump::plan(session, evidence));
        match plan {
            Ok(jump) => {
                for reason in reasons {
                    writeln!(io::stderr(), "sessions: {reason}")?;
                }
                return jump.carry_out(output);
            }
            Err(reason) => reasons.push(reason),
        }
    }
    let nobody = || format!("no session{} needs you", gaps.limit());
    let message = if reasons.is_empty() { nobody() } else { reasons.join("\nsessions: ") };
    Err(io::Error::other(message))
}

/// Says what became of a jump, and then what could not be read: `sessions --watch` shows the first line.
fn end_jump(result: io::Result<ExitStatus>, output: JumpOutput, gaps: &ReadingGaps) -> io::Result<ExitStatus> {
    let status = report_result(result);
    // Otherwise a jump that succeeded would look like one that failed.
    if status == ExitStatus::Success && !output.dry_run && !gaps.is_empty() {
        writeln!(io::stderr(), "sessions: the terminal is in front, but not everything could be read")?;
    }
    gaps.report()?;
    Ok(gaps.choice_status(status))
}

/// The sessions of this machine by their id, each with what is known of it.
type KnownSessions = BTreeMap<String, (Session, Evidence)>;

/// Reads all sessions. Also returns a sentence for each file that could not be read.
fn read_sessions() -> io::Result<(KnownSessions, Vec<String>)> {
    let mut collector = Collector::new(&environment::config_dir()?);
    collector.read_all_signals();
    let now = SystemTime::now();
    let collected = collector.collect_evidence(now);
    let sessions = collected.sessions.into_iter();
    let sessions = sessions.map(|(id, evidence)| (id.clone(), (Session::from_evidence(&id, &evidence, now), evidence)));
    Ok((sessions.collect(), collected.unreadable))
}

/// Finds the id that is given or begins as given. The error is a sentence.
fn find_id<'a, T>(sessions: &'a BTreeMap<String, T>, begin: &str, gaps: &ReadingGaps) -> Result<&'a str, String> {
    let unknown = || format!("no session{} has an id that begins with {}", gaps.limit(), make_harmless(begin));
    find_by_prefix(sessions.keys().map(String::as_str), begin)?.ok_or_else(unknown)
}

/// A jump that is planned and not yet carried out.
struct Jump<'a> {
    session: &'a Session,
    process: TerminalProcess,
    programs: Programs,
    plan: JumpPlan,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JumpJson<'a> {
    format: u32,
    session_id: &'a str,
    tty: Option<&'a str>,
    terminals: &'a [String],
    commands: Vec<Vec<&'a str>>,
    is_dry_run: bool,
    arrived: bool,
    remaining: Option<&'a str>,
}

impl<'a> Jump<'a> {
    /// Finds the terminal of a session, and what brings it to the front. The error is a sentence that names the session and says
    /// what the user can do.
    fn plan(session: &'a Session, evidence: &Evidence) -> Result<Self, String> {
        let name = describe_session(session);
        let (pid, start) = find_process(session, evidence).map_err(|reason| format!("{name} {reason}"))?;
        let resume = resume_there(session);
        let process = TerminalProcess::read(pid, start).map_err(|reason| format!("{name} {reason}"))?;
        let programs = Programs::new(environment::program_path(), TIMEOUT);
        let planner = Planner::new(&programs);
        let plan = planner.plan_jump(&process).map_err(|reason| match &process.tty {
            Some(_) => format!("{name} {reason}. Go there by hand, or end it there and type: {resume}"),
            None => format!("{name} {reason}. When it has ended, type: {resume}"),
        })?;
        Ok(Self { session, process, programs, plan })
    }

    fn carry_out(&self, output: JumpOutput) -> io::Result<ExitStatus> {
        if !output.dry_run {
            // While the terminals were asked, the process may have ended.
            if !self.process.is_the_same() {
                let message = format!("{} has ended just now", describe_session(self.session));
                return Err(io::Error::other(message));
            }
            for command in &self.plan.commands {
                let failed = |reason| io::Error::other(format!("{}: {reason}", describe_session(self.session)));
                self.programs.run(command).map_err(failed)?;
            }
        }
        self.print(output)?;
        let is_done = output.dry_run || self.plan.remaining.is_none();
        Ok(if is_done { ExitStatus::Success } else { ExitStatus::Incomplete })
    }

    fn print(&self, output: JumpOutput) -> io::Result<()> {
        let remaining = self.plan.remaining.as_deref();
        let mut out = io::stdout().lock();
        if output.json {
            let json = JumpJson {
                format: JSON_FORMAT,
                session_id: &self.session.session_id,
                tty: self.process.tty.as_deref(),
                terminals: &self.plan.terminals,
                commands: self.plan.commands.iter().map(TerminalCommand::words).collect(),
                is_dry_run: output.dry_run,
                arrived: !output.dry_run && remaining.is_none(),
                remaining,
            };
            serde_json::to_writer(&mut out, &json)?;
            writeln!(out)?;
        } else if output.dry_run {
            for command in &self.plan.commands {
                writeln!(out, "{command}")?;
            }
            if let Some(remaining) = remaining {
                writeln!(out, "# {remaining}")?;
            }
        } else if let Some(remaining) = remaining {
            writeln!(io::stderr(), "sessions: {remaining}")?;
        }
        out.flush()
    }
}

/// Returns the process of an open session and when it started. The error is the end of a sentence that begins with the session.
fn find_process(session: &Session, evidence: &Evidence) -> Result<(u32, Option<u64>), String> {
    if !session.is_open() {
        return Err(format!("has ended. To go on with it, type: {}", resume_there(session)));
    }
    if session.host.is_some() || evidence.process == ProcessState::Elsewhere {
        let host = session.host.as_deref().map(|host| format!(" ({})", make_harmless(host))).unwrap_or_default();
        return Err(format!("runs on another computer or in a container{host}: go to it there"));
    }
    let Some(pid) = session.pid.filter(|_| evidence.process == ProcessState::Alive) else {
        return Err("has no process that any source names, so its terminal is not known".to_owned());
    };
    let by_registry = evidence.registry.as_ref().filter(|entry| entry.pid == pid).and_then(|entry| entry.start);
    let signals = evidence.signals.iter().filter(|signal| signal.members.claude_pid == Some(pid));
    let by_signal = signals.max_by_key(|signal| signal.time).and_then(|signal| signal.members.claude_start);
    Ok((pid, by_registry.or(by_signal)))
}

/// Says where a session of another machine is, and what the user can do.
fn describe_remote(session: &Session) -> String {
    let machine = session.machine.as_deref().unwrap_or_default();
    let (name, resume) = (describe_session(session), resume_by_ssh(session, machine));
    make_harmless(&format!("{name} runs on {machine}: go to it there, or end it there and type: {resume}"))
}

fn describe_session(session: &Session) -> String {
    let id: String = session.session_id.chars().take(SHORT_ID_LEN).collect();
    let project = session.project.as_deref().map(|project| format!(" ({})", make_harmless(project)));
    format!("session {id}{}", project.unwrap_or_default())
}
