//! The runs of hooks that Claude Code has recorded in the transcripts, everybody's hooks.
//!
//! A hook that prints something has a line of its own, an attachment. At the end of a turn, one line lists all hooks of Stop,
//! also those that print nothing. Other runs are not recorded.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;
use session_signals_reader::format_rfc3339;
use session_signals_reader::regular_file::open_regular;

/// How deep below the directory of all projects a transcript is: project, session, subagents.
const MAX_DEPTH: usize = 4;

/// The longest line that is looked at, in bytes. A line with a run of a hook is short, unless the hook printed very much.
const MAX_LINE_LEN: usize = 16 << 20;

/// The event and the command of a hook.
pub type HookKey = (String, String);

/// What was recorded since a time.
#[derive(Default)]
pub struct RecordedRuns {
    /// The durations of each hook's runs, in milliseconds.
    pub durations: BTreeMap<HookKey, Vec<u64>>,
    /// How many turns there were: prompts of the user.
    pub turns: usize,
    /// In how many transcripts something was recorded.
    pub transcripts: usize,
    /// The lines that were seen. The transcript of a fork begins with the lines of the session that it comes from.
    seen: HashSet<String>,
}

/// A line of a transcript, as far as it tells of hooks and turns.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    uuid: Option<String>,
    r#type: Option<String>,
    timestamp: Option<String>,
    #[serde(default)]
    is_meta: bool,
    #[serde(default)]
    is_sidechain: bool,
    #[serde(default)]
    is_compact_summary: bool,
    #[serde(rename = "toolUseID")]
    tool_use_id: Option<String>,
    attachment: Option<Attachment>,
    hook_infos: Option<Vec<HookInfo>>,
    message: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    hook_event: Option<String>,
    command: Option<String>,
    duration_ms: Option<u64>,
    #[serde(rename = "toolUseID")]
    tool_use_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HookInfo {
    command: Option<String>,
    duration_ms: Option<u64>,
}

impl RecordedRuns {
    /// Reads all transcripts of this configuration directory that were written to since this time.
    pub fn read(config_dir: &Path, since: SystemTime) -> Self {
        let mut runs = Self::default();
        let since_text = format_rfc3339(since).to_string();
        for path in find_transcripts(&config_dir.join("projects"), since) {
            runs.read_transcript(&path, &since_text);
        }
        runs
    }

    /// Adds what a transcript has recorded since this time. A transcript that cannot be read adds nothing.
    fn read_transcript(&mut self, path: &Path, since: &str) {
        let Ok(file) = open_regular(path) else { return };
        let mut reader = BufReader::with_capacity(256 << 10, file);
        let before = (self.turns, self.seen.len());
        // The runs of Stop by the id that the line of all hooks has, too.
        let mut of_stop: HashMap<String, Vec<HookKey>> = HashMap::new();
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            if !matches!(reader.read_until(b'\n', &mut bytes), Ok(len) if len > 0) {
                break;
            }
            let is_of_interest = bytes.len() <= MAX_LINE_LEN && may_tell_something(&bytes);
            let line = is_of_interest.then(|| serde_json::from_slice::<Line>(&bytes));
            if let Some(Ok(line)) = line {
                self.add_line(line, since, &mut of_stop);
            }
        }
        self.transcripts += usize::from((self.turns, self.seen.len()) != before);
    }

    fn add_line(&mut self, line: Line, since: &str, of_stop: &mut HashMap<String, Vec<HookKey>>) {
        // The CLI writes all times in the same form, so that their order is that of the texts.
        let is_recent = line.timestamp.as_deref().is_some_and(|time| time >= since);
        let is_turn = is_prompt(&line);
        if !is_recent || !is_turn && line.attachment.is_none() && line.hook_infos.is_none() {
            return;
        }
        if line.uuid.is_some_and(|uuid| !self.seen.insert(uuid)) {
            return;
        }
        self.turns += usize::from(is_turn);
        if let Some(Attachment {
            hook_event: Some(event),
            command: Some(command),
            duration_ms: Some(ms),
            tool_use_id,
        }) = line.attachment
        {
            let key = (event, command);
            if let Some(id) = tool_use_id.filter(|_| key.0 == "Stop") {
                of_stop.entry(id).or_default().push(key.clone());
            }
            self.durations.entry(key).or_default().push(ms);
        }
        let Some(infos) = line.hook_infos else { return };
        // The line of all hooks of Stop repeats those that have a line of their own.
        let mut repeated = line.tool_use_id.and_then(|id| of_stop.remove(&id)).unwrap_or_default();
        for info in infos {
            let (Some(command), Some(ms)) = (info.command, info.duration_ms) else { continue };
            let key = ("Stop".to_owned(), command);
            match repeated.iter().position(|known| *known == key) {
                Some(index) => _ = repeated.swap_remove(index),
                None => self.durations.entry(key).or_default().push(ms),
            }
        }
    }
}

/// Returns whether a line may be one of those that count. Most lines are not, and parsing each one would take long.
fn may_tell_something(line: &[u8]) -> bool {
    let has = |part: &[u8]| line.windows(part.len()).any(|window| window == part);
    has(b"\"durationMs\"") || has(b"\"type\":\"user\"")
}

/// Returns whether the user typed this line.
fn is_prompt(line: &Line) -> bool {
    if line.r#type.as_deref() != Some("user") || line.is_meta || line.is_sidechain || line.is_compact_summary {
        return false;
    }
    match line.message.as_ref().map(|message| &message["content"]) {
        // The CLI writes its own notes in angle brackets.
        Some(Value::String(text)) => !text.trim_start().starts_with('<'),
        Some(Value::Array(parts)) => {
            let is_interrupt =
                |part: &Value| part["text"].as_str().is_some_and(|text| text.starts_with("[Request interrupted"));
            parts.iter().all(|part| part["type"] != "tool_result" && !is_interrupt(part)) && !parts.is_empty()
        }
        _ => false,
    }
}

/// Finds the transcripts that were written to since this time. Symbolic links are not followed.
fn find_transcripts(projects: &Path, since: SystemTime) -> Vec<PathBuf> {
    let (mut found, mut directories) = (Vec::new(), vec![(projects.to_owned(), 1)]);
    while let Some((directory, depth)) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
            if metadata.is_dir() && depth < MAX_DEPTH {
                directories.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "jsonl")
                && metadata.modified().is_ok_and(|modified| modified >= since)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
