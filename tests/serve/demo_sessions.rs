//! Sessions as a user has them: projects with branches, prompts, answers and calls that wait.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, SleepingProcess, create_checkout, set_modified};
use crate::sessions::registry_entry::write_registry_entry;

/// What a session does.
#[derive(Clone)]
pub enum Doing {
    Works,
    Asks(&'static str, Value),
    Waits(&'static str),
    Fails(&'static str),
    Started,
    Ended,
}

/// A session.
pub struct DemoSession {
    pub id: String,
    /// The directory below the home.
    pub directory: String,
    pub branch: String,
    /// The name in the registry of the CLI.
    pub name: Option<String>,
    pub prompt: &'static str,
    pub minutes: u64,
    pub doing: Doing,
}

/// Sessions in a home. The processes stand for those of the CLI.
pub struct DemoSessions {
    _processes: Vec<SleepingProcess>,
}

impl DemoSessions {
    /// Lets the real hooks write the signals of these sessions, and makes the signals as old as they should be.
    pub fn create(sandbox: &Sandbox, sessions: &[DemoSession]) -> Self {
        let processes = sessions.iter().filter_map(|session| create_session(sandbox, session)).collect();
        Self { _processes: processes }
    }
}

fn create_session(sandbox: &Sandbox, session: &DemoSession) -> Option<SleepingProcess> {
    let cwd = sandbox.home().join(&session.directory);
    if !session.branch.is_empty() && !cwd.join(".git").exists() {
        let remote = format!("https://git.example.com/ada/{}.git", cwd.file_name().unwrap().to_string_lossy());
        create_checkout(&cwd, &session.branch, &remote);
    }
    let base = json!({"cwd": cwd, "transcript_path": write_transcript(sandbox, session)});
    let run_hook = |event: &str, members: Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let text = all.to_string();
        sandbox.run_hook(&session.id, event, &text[1..text.len() - 1]).assert_success();
    };
    if matches!(session.doing, Doing::Started) {
        run_hook("SessionStart", json!({"source": "startup"}));
    } else {
        run_hook("UserPromptSubmit", json!({"prompt": session.prompt}));
    }
    match &session.doing {
        Doing::Works | Doing::Started => {}
        Doing::Asks(tool, input) => run_hook("PermissionRequest", json!({"tool_name": tool, "tool_input": input})),
        Doing::Waits(message) => run_hook("Stop", json!({"last_assistant_message": message})),
        Doing::Fails(error) => run_hook("StopFailure", json!({"error": error})),
        Doing::Ended => run_hook("SessionEnd", json!({"reason": "prompt_input_exit"})),
    }
    make_old(sandbox, session);
    register(sandbox, session)
}

/// Writes a transcript with the prompt.
fn write_transcript(sandbox: &Sandbox, session: &DemoSession) -> PathBuf {
    let path = sandbox.home().join(".claude/projects").join(format!("{}.jsonl", session.id));
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    let line = json!({"type": "user", "message": {"role": "user", "content": session.prompt}});
    fs_err::write(&path, if matches!(session.doing, Doing::Started) { String::new() } else { format!("{line}\n") })
        .unwrap();
    path
}

/// Sets the time of each signal of the session, and the stamps in it.
fn make_old(sandbox: &Sandbox, session: &DemoSession) {
    let then = SystemTime::now() - Duration::from_secs(session.minutes * 60 + 20);
    let since = then.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let stamp = format!("{}.{:09}", since.as_secs(), since.subsec_nanos());
    for name in sandbox.list_signal_dir() {
        if !name.starts_with(&format!("{}.", session.id)) {
            continue;
        }
        let path = sandbox.signal_dir().join(name);
        let mut signal: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
        for (member, value) in signal.as_object_mut().unwrap() {
            if ["working_since", "pending_since", "stopped_at", "ended_at"].contains(&&**member) {
                *value = json!(stamp);
            }
            for call in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                call.insert("pending_since".to_owned(), json!(stamp));
            }
        }
        fs_err::write(&path, format!("{signal}\n")).unwrap();
        set_modified(&path, then);
    }
}

/// Registers the session under its name, as the CLI does.
fn register(sandbox: &Sandbox, session: &DemoSession) -> Option<SleepingProcess> {
    let name = session.name.as_ref()?;
    let (process, now) = (SleepingProcess::start(), SystemTime::now());
    let then = now - Duration::from_secs(session.minutes * 60 + 20);
    let since = then.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let (status, reason) = match session.doing {
        Doing::Works => ("busy", None),
        Doing::Asks("AskUserQuestion", _) => ("waiting", Some("input needed")),
        Doing::Asks(..) => ("waiting", Some("permission prompt")),
        _ => ("idle", None),
    };
    let since = u64::try_from(since.as_millis()).unwrap();
    let entry = json!({
        "pid": process.pid(), "sessionId": session.id, "cwd": sandbox.home().join(&session.directory), "name": name,
        "procStart": process.start_time().to_string(), "startedAt": since, "kind": "interactive",
        "status": status, "waitingFor": reason, "statusUpdatedAt": since,
    });
    write_registry_entry(sandbox, process.pid(), &entry);
    let path = sandbox.home().join(format!(".claude/sessions/{}.json", process.pid()));
    set_modified(&path, now - Duration::from_secs(5));
    Some(process)
}

/// Returns a day's sessions of somebody who has several projects.
#[expect(clippy::too_many_lines, reason = "it is a table")]
pub fn sessions_of_a_day() -> Vec<DemoSession> {
    let session = |id: &str, directory: &str, branch: &str, name: &str, minutes, prompt, doing| DemoSession {
        id: format!("{id}-5d21-4c7e-9a40-6be1f0a7c3d9"),
        directory: directory.to_owned(),
        branch: branch.to_owned(),
        name: (!name.is_empty()).then(|| name.to_owned()),
        prompt,
        minutes,
        doing,
    };
    let bash = |command: &str| Doing::Asks("Bash", json!({"command": command, "description": "Run it"}));
    let day = 24 * 60;
    vec![
        session(
            "3f0c9a11",
            "code/tide-tables",
            "fix/leap-second-rollover",
            "Leap second rollover",
            9,
            "The tables of 31 December are off by one second. Find out why, fix it, and add a test that fails first.",
            bash("git checkout -b fix/leap-second-rollover \\\n  && cargo test --package ephemeris -- --ignored leap"),
        ),
        session(
            "81b2d4e0",
            "code/harbour-web",
            "main",
            "Booking form",
            3,
            "Make the booking form usable with the keyboard alone.",
            Doing::Asks(
                "AskUserQuestion",
                json!({"questions": [{"question": "Which date picker should the form use?",
                "options": [{"label": "The native one of the browser"}, {"label": "The one we have, with fixes"}]}]}),
            ),
        ),
        session(
            "c7719f20",
            "code/ferry-api",
            "feature/cancel-until-departure",
            "",
            1,
            "Let passengers cancel until departure.",
            Doing::Asks("Edit", json!({"file_path": "src/booking/cancel.rs", "old_string": "a", "new_string": "b"})),
        ),
        session(
            "5a44e8b3",
            "code/ferry-api",
            "feature/cancel-until-departure",
            "Cancel until departure",
            46,
            "Write the migration for cancellations.",
            Doing::Waits(
                "The migration is ready in `migrations/0042_cancellations.sql`:\n\n- **new table** `cancellations`, one row for each booking\n- no lock is held for longer than 50 ms\n\nShall I run it against the staging copy?",
            ),
        ),
        session(
            "0d93c6f7",
            "code/lighthouse",
            "main",
            "Nightly build",
            17,
            "Why does the nightly build take 40 minutes?",
            Doing::Waits(
                "Two thirds of the time is the image build: its cache is never used, because the timestamp is in the first layer.\n\n1. Move the timestamp to the last layer.\n2. Pin the base image.",
            ),
        ),
        session(
            "e2f80b5c",
            "code/harbour-web",
            "main",
            "",
            5,
            "Update the screenshots in the manual.",
            Doing::Fails("API Error: 529 overloaded"),
        ),
        session(
            "94a6d713",
            "code/tide-tables",
            "fix/leap-second-rollover",
            "Speed of the parser",
            12,
            "Measure the parser with the tables of the last ten years, and find the three slowest parts.",
            Doing::Works,
        ),
        session(
            "b85e2c49",
            "code/lighthouse",
            "main",
            "",
            2,
            "Explain how a release gets from the tag to the mirror.",
            Doing::Works,
        ),
        session(
            "6c1fa0d8",
            "code/charts",
            "refactor/tiles-without-globals",
            "Tiles without globals",
            34,
            "Remove the global tile cache. Give each view its own, and keep the memory below 64 MB.",
            Doing::Works,
        ),
        session("27be95f4", "notes", "", "", 21, "", Doing::Started),
        session(
            "f3087a6e",
            "code/charts",
            "refactor/tiles-without-globals",
            "",
            day + 200,
            "What is left to do?",
            Doing::Waits("Nothing is left of the list."),
        ),
        session("48d5be92", "code/lighthouse", "main", "", 2 * day, "Tidy up.", Doing::Waits("Done.")),
        session(
            "a90c3e17",
            "code/ferry-api",
            "feature/cancel-until-departure",
            "",
            75,
            "Review my last commit.",
            Doing::Ended,
        ),
        session("d61b74f5", "code/harbour-web", "main", "", 190, "Rename the package.", Doing::Ended),
    ]
}

/// Returns so many sessions, in all states. Every seventh has names of 200 characters.
pub fn many_sessions(count: usize) -> Vec<DemoSession> {
    let long = |what: &str| what.repeat(200 / what.len());
    let session = |number: usize| {
        let is_long = number % 7 == 3;
        let project = if is_long { long("p") } else { format!("project-{}", number % 23) };
        let doing = match number % 5 {
            0 => Doing::Asks("Bash", json!({"command": if is_long { long("c") } else { "cargo test".repeat(3) }})),
            1 | 2 => Doing::Works,
            3 => Doing::Waits(
                "# Done\n\n- **one**\n- two\n\n```\nlong-line-without-any-space-long-line-without-any-space-long-line-without-any-space\n```",
            ),
            _ => Doing::Fails("API Error: 529 overloaded_error_without_a_space_overloaded_error_without_a_space"),
        };
        DemoSession {
            id: format!("{number:08}-5d21-4c7e-9a40-6be1f0a7c3d9"),
            directory: if is_long { format!("{}/{project}", long("d")) } else { format!("code/work/{project}") },
            branch: if is_long { format!("feature/{}", long("b")) } else { format!("feature/{}-of-it", number % 23) },
            name: (is_long && number < 60).then(|| long("n")),
            prompt: "Read the code, find out what is wrong, and mend it.\nThen tell me why it was wrong.",
            minutes: u64::try_from(number).unwrap() * 7,
            doing,
        }
    };
    (0..count).map(session).collect()
}
