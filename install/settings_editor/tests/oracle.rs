//! A second implementation of the editor's rules, which shares no code with the editor.
//!
//! It has a simple JSON reader that keeps every spelling, and its own rule for what is ours. That rule knows only the
//! commands that the corpus and the generator use.

/// A JSON value. Numbers, strings and keys are kept as they are spelled.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Scalar(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads text that is known to be JSON. Reads an empty text as an empty object.
    pub fn read(text: &[u8]) -> Self {
        let text = std::str::from_utf8(text).expect("UTF-8").trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Self::Object(Vec::new());
        }
        let mut reader = Reader { text: text.as_bytes(), at: 0 };
        let json = reader.value();
        reader.skip_space();
        assert_eq!(reader.at, text.len(), "text after the document");
        json
    }

    /// Writes the value as `JSON.stringify` does. `indent` is one level of indentation; if it is empty, all is on one
    /// line.
    pub fn write(&self, indent: &str) -> String {
        let mut text = String::new();
        self.put(indent, "\n", &mut text);
        text
    }

    fn put(&self, indent: &str, line: &str, text: &mut String) {
        let inner = format!("{line}{indent}");
        let (open, close, children): (_, _, Vec<(Option<&str>, &Self)>) = match self {
            Self::Scalar(raw) => return text.push_str(raw),
            Self::Array(items) => ('[', ']', items.iter().map(|item| (None, item)).collect()),
            Self::Object(members) => {
                ('{', '}', members.iter().map(|(key, value)| (Some(key.as_str()), value)).collect())
            }
        };
        text.push(open);
        for (number, (key, value)) in children.iter().enumerate() {
            text.push_str(if number > 0 { "," } else { "" });
            text.push_str(if indent.is_empty() { "" } else { &inner });
            if let Some(key) = key {
                text.push_str(key);
                text.push_str(if indent.is_empty() { ":" } else { ": " });
            }
            value.put(indent, &inner, text);
        }
        text.push_str(if indent.is_empty() || children.is_empty() { "" } else { line });
        text.push(close);
    }

    /// Returns the value that counts for `key`: the last one.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        members.iter().rfind(|(name, _)| decode(name) == key).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let Self::Object(members) = self else {
            return None;
        };
        members.iter_mut().rfind(|(name, _)| decode(name) == key).map(|(_, value)| value)
    }

    pub fn items(&self) -> &[Self] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    pub fn text(&self) -> String {
        if let Self::Scalar(raw) = self { decode(raw) } else { String::new() }
    }

    /// Returns what the CLI makes of keys that are written twice when it rewrites the file: the position of the first,
    /// the value of the last.
    pub fn collapsed(&self) -> Self {
        match self {
            Self::Scalar(raw) => Self::Scalar(raw.clone()),
            Self::Array(items) => Self::Array(items.iter().map(Self::collapsed).collect()),
            Self::Object(members) => {
                let mut collapsed: Vec<(String, Self)> = Vec::new();
                for (key, value) in members {
                    match collapsed.iter_mut().find(|(other, _)| decode(other) == decode(key)) {
                        Some((_, old)) => *old = value.collapsed(),
                        None => collapsed.push((key.clone(), value.collapsed())),
                    }
                }
                Self::Object(collapsed)
            }
        }
    }

    /// Returns the settings without every hook for which `is_ours` is true, and without the groups, events and `hooks`
    /// that become empty. An event or `hooks` whose key is written twice stays and is empty, since without it the CLI
    /// would read the other one.
    pub fn without(&self, is_ours: &dyn Fn(&Self) -> bool) -> Self {
        let mut settings = self.clone();
        let Some(Self::Object(events)) = settings.get_mut("hooks") else {
            return settings;
        };
        let before = events.len();
        for event in (0..events.len()).rev() {
            let name = decode(&events[event].0);
            let same: Vec<_> = (0..events.len()).filter(|at| decode(&events[*at].0) == name).collect();
            if let Self::Array(groups) = &mut events[event].1
                && same.last() == Some(&event)
            {
                let before = groups.len();
                groups.retain_mut(|group| !remove_hooks(group, is_ours));
                if groups.is_empty() && before > 0 && same.len() == 1 {
                    events.remove(event);
                }
            }
        }
        let emptied = events.is_empty() && before > 0;
        if let Self::Object(members) = &mut settings
            && emptied
            && members.iter().filter(|(key, _)| decode(key) == "hooks").count() == 1
        {
            members.retain(|(key, _)| decode(key) != "hooks");
        }
        settings
    }

    /// Returns the settings without events that are empty arrays, and without `hooks` if that is an empty object. These
    /// mean nothing, unless their key is written twice.
    pub fn tidied(&self) -> Self {
        let mut settings = self.clone();
        let drop = |members: &mut Vec<(String, Self)>, name: Option<&str>, empty: &Self| {
            let names: Vec<_> = members.iter().map(|(key, _)| decode(key)).collect();
            members.retain(|(key, value)| {
                let key = decode(key);
                let is_only = names.iter().filter(|name| **name == key).count() == 1;
                !(is_only && value == empty && name.is_none_or(|name| name == key))
            });
        };
        if let Some(Self::Object(events)) = settings.get_mut("hooks") {
            drop(events, None, &Self::Array(Vec::new()));
        }
        if let Self::Object(members) = &mut settings {
            drop(members, Some("hooks"), &Self::Object(Vec::new()));
        }
        settings
    }

    /// Returns every hook that counts, with its event.
    pub fn hooks(&self) -> Vec<(String, &Self)> {
        let mut hooks = Vec::new();
        if let Some(Self::Object(events)) = self.get("hooks") {
            for (number, (name, groups)) in events.iter().enumerate() {
                if !events[number + 1..].iter().any(|(other, _)| decode(other) == decode(name)) {
                    let found = groups.items().iter().filter_map(|group| group.get("hooks")).flat_map(Self::items);
                    hooks.extend(found.map(|hook| (decode(name), hook)));
                }
            }
        }
        hooks
    }
}

/// Returns the settings in `text` without what an installation may change: our hooks and the dashboards' scripts.
pub fn parts_of_others(text: &[u8]) -> Json {
    Json::read(text).without(&|hook| is_ours(hook) || is_script(hook)).tidied()
}

/// Returns whether `text` has a hook for which `is_it` is true.
pub fn has_hook(text: &[u8], is_it: fn(&Json) -> bool) -> bool {
    Json::read(text).hooks().iter().any(|(_, hook)| is_it(hook))
}

/// Removes hooks from a group. Returns whether the group can go, too.
fn remove_hooks(group: &mut Json, is_ours: &dyn Fn(&Json) -> bool) -> bool {
    let Some(Json::Array(hooks)) = group.get_mut("hooks") else {
        return false;
    };
    let before = hooks.len();
    hooks.retain(|hook| !is_ours(hook));
    let emptied = hooks.is_empty() && before > 0;
    let Json::Object(members) = group else {
        return false;
    };
    let mut keys: Vec<_> = members.iter().map(|(key, _)| decode(key)).collect();
    keys.sort();
    emptied && (keys == ["hooks"] || keys == ["hooks", "matcher"])
}

/// Returns whether the hook is ours, as far as the commands of the corpus and the generator go.
pub fn is_ours(hook: &Json) -> bool {
    let text = |key| hook.get(key).map(Json::text).unwrap_or_default();
    let command = text("command").replace(['"', '\''], "");
    let executable = command.split(' ').find(|word| word.contains("session-signals/") && word.contains("/hook-"));
    let foreign_marks = ["echo ", "mine", "cat ", "$(", "# ", "hook-stop.sh", "hook-stopped", "hook-stop/", "my-"];
    let is_foreign = foreign_marks.iter().any(|mark| command.contains(mark)) && !command.contains("/my work/");
    let is_unclosed = text("command").matches('\'').count() % 2 == 1;
    text("type") == "command" && executable.is_some() && !is_foreign && !is_unclosed
}

/// Returns whether the hook is a dashboard's script that is to be replaced, as [`super::writes_signals`] says.
pub fn is_script(hook: &Json) -> bool {
    let line = hook.get("command").map(Json::text).unwrap_or_default();
    let args = hook.get("args").map(|args| args.items().iter().map(Json::text).collect::<Vec<_>>());
    let line = [vec![line], args.unwrap_or_default()].concat().join(" ").replace(['"', '\''], "");
    let names = ["user-prompt-submit", "permission-request", "stop", "session-end"];
    let ends = names.iter().any(|name| {
        ["/", "\\"].iter().any(|slash| {
            [".sh", ".ps1"]
                .iter()
                .any(|extension| line.ends_with(&format!(".claude{slash}hooks{slash}{name}{extension}")))
        })
    });
    let is_command = hook.get("type").is_some_and(|kind| kind.text() == "command");
    is_command && ends && !line.starts_with("echo") && !line.starts_with("python3")
}

/// Returns the decoded string. Anything that is not a string, or has half a surrogate pair, is returned as it is.
pub fn decode(raw: &str) -> String {
    serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(|byte| b" \t\r\n".contains(byte)) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Json {
        self.skip_space();
        let start = self.at;
        match self.text[start] {
            open @ (b'{' | b'[') => self.container(open),
            b'"' => {
                self.at += 1;
                while self.text[self.at] != b'"' {
                    self.at += if self.text[self.at] == b'\\' { 2 } else { 1 };
                }
                self.at += 1;
                Json::Scalar(String::from_utf8(self.text[start..self.at].to_vec()).expect("UTF-8"))
            }
            _ => {
                while self.text.get(self.at).is_some_and(|byte| !b" \t\r\n,]}".contains(byte)) {
                    self.at += 1;
                }
                Json::Scalar(String::from_utf8(self.text[start..self.at].to_vec()).expect("UTF-8"))
            }
        }
    }

    fn container(&mut self, open: u8) -> Json {
        let (mut items, mut members) = (Vec::new(), Vec::new());
        loop {
            self.at += 1; // the bracket or comma
            self.skip_space();
            if !b"]}".contains(&self.text[self.at]) {
                let value = self.value();
                if let (b'{', Json::Scalar(key)) = (open, &value) {
                    self.skip_space();
                    self.at += 1; // the colon
                    members.push((key.clone(), self.value()));
                } else {
                    items.push(value);
                }
                self.skip_space();
            }
            match self.text[self.at] {
                b',' => {}
                close => {
                    assert_eq!(close, open + 2, "brackets match");
                    self.at += 1;
                    return if open == b'{' { Json::Object(members) } else { Json::Array(items) };
                }
            }
        }
    }
}
