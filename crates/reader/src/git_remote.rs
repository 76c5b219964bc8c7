//! Where a git repository came from, without the name and the password of its user.

/// The longest URL of a remote that is looked at, in bytes.
const MAX_URL_LEN: usize = 2048;

/// The repository on another host from which a repository was cloned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitRemote {
    /// The path on that host without `.git`, such as `owner/name`.
    pub id: String,
    /// The address of its page, such as `https://github.com/owner/name`. `None` if the URL is none of HTTP and its host is a short
    /// name, such as `work` or `localhost`: the configuration of ssh may give such a name another meaning.
    pub url: Option<String>,
}

impl GitRemote {
    /// Returns the remote `origin` of this text of a configuration file, or else the first remote. Files that it includes and
    /// `insteadOf` are not looked at.
    pub(crate) fn from_config(config: &str) -> Option<Self> {
        let remotes = remote_urls(config);
        let (_, url) = remotes.iter().find(|(name, _)| name == "origin").or(remotes.first())?;
        Self::from_url(url)
    }

    /// Understands the URL of a remote. `None` for a path of this machine, and for a URL of which it is not certain where the
    /// name and the password of the user end.
    #[must_use]
    pub fn from_url(url: &str) -> Option<Self> {
        if url.len() > MAX_URL_LEN || url.chars().any(|character| character.is_control() || character.is_whitespace()) {
            return None;
        }
        let (scheme, authority, path) = split_url(url)?;
        // A user's name and password stand before the last `@`.
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
            _ => (host, None),
        };
        let is_host_character = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_host_character) {
            return None;
        }
        let path = path.trim_matches('/');
        let id = path.strip_suffix(".git").unwrap_or(path);
        // A password may hold `/`, `?`, `#` and `:`. Then a part of it stands where the path seems to begin. So nothing is cut off
        // here, and a path with a character that the path of a repository hardly has is refused: `@`, `%40`, `?`, `#`, `;`. A `~`
        // would begin the name of a user.
        let is_path_character = |character: char| character.is_alphanumeric() || "._-+/".contains(character);
        let is_odd = |part: &str| part.is_empty() || part == "." || part == "..";
        if !id.chars().all(is_path_character) || id.split('/').any(is_odd) {
            return None;
        }
        let has_page = name.contains('.') || matches!(scheme, "http" | "https");
        let url = has_page.then(|| match (scheme, port) {
            ("http" | "https", Some(port)) if !port.is_empty() => format!("{scheme}://{name}:{port}/{id}"),
            ("http", _) => format!("http://{name}/{id}"),
            // The port of ssh is not the one of the page.
            _ => format!("https://{name}/{id}"),
        });
        Some(Self { id: id.to_owned(), url })
    }
}

/// Splits a URL into its scheme, the part with the host, and the path. The short form `user@host:path` has the scheme `ssh`.
fn split_url(url: &str) -> Option<(&'static str, &str, &str)> {
    if let Some((scheme, rest)) = url.split_once("://") {
        let scheme = match &*scheme.to_ascii_lowercase() {
            "https" => "https",
            "http" => "http",
            "ssh" | "git+ssh" | "ssh+git" | "git" => "ssh",
            _ => return None,
        };
        let (authority, path) = rest.split_once('/')?;
        return Some((scheme, authority, path));
    }
    let (authority, path) = url.split_once(':')?;
    // `./path:with-colon` is a path, and `transport::address` is for a program of its own.
    let is_short_form = !authority.contains('/') && !path.starts_with(':');
    is_short_form.then_some(("ssh", authority, path))
}

/// Returns the name and the first URL of each remote, in the order of the text.
fn remote_urls(config: &str) -> Vec<(String, String)> {
    let mut remotes: Vec<(String, String)> = Vec::new();
    let mut remote = None;
    let mut lines = config.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim_start();
        if line.starts_with('[') {
            let Some((name, rest)) = parse_section(line) else {
                remote = None;
                continue;
            };
            remote = name;
            // A variable may stand in the line of its section.
            line = rest.trim_start();
        }
        let Some(remote) = &remote else { continue };
        let name_len = line.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
        let (name, rest) = line.split_at(name_len);
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        let value = parse_value(value, &mut lines);
        if name.eq_ignore_ascii_case("url") && !remotes.iter().any(|(name, _)| name == remote) {
            remotes.extend(value.map(|value| (remote.clone(), value)));
        }
    }
    remotes
}

/// Returns the name of the remote if this is the head of its section, such as `[remote "origin"]`, and what follows the head.
/// `None` if the head has no end.
fn parse_section(line: &str) -> Option<(Option<String>, &str)> {
    let line = line.strip_prefix('[')?;
    let name_len = line.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
    let (section, rest) = line.split_at(name_len);
    let is_remote = section.eq_ignore_ascii_case("remote");
    let Some(quoted) = rest.trim_start().strip_prefix('"') else {
        let (_, rest) = rest.split_once(']')?;
        // The old form `[remote.origin]`.
        let old = section.split_once('.').filter(|(section, _)| section.eq_ignore_ascii_case("remote"));
        return Some((old.map(|(_, name)| name.to_ascii_lowercase()), rest));
    };
    let (mut name, mut characters) = (String::new(), quoted.chars());
    loop {
        match characters.next()? {
            '"' => break,
            '\\' => name.push(characters.next()?),
            character => name.push(character),
        }
    }
    let (_, rest) = characters.as_str().split_once(']')?;
    Some((is_remote.then_some(name), rest))
}

/// Reads a value as git does: quotes, escapes, comments, and lines that end with `\`. `None` if the value is malformed.
fn parse_value<'a>(text: &'a str, lines: &mut impl Iterator<Item = &'a str>) -> Option<String> {
    let (mut value, mut is_quoted) = (String::new(), false);
    // How much of the value counts: spaces at the end, outside quotes, do not.
    let mut len = 0;
    let mut characters = text.trim_start().chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                len = value.len();
                continue;
            }
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('b') => value.push('\u{8}'),
                Some(escaped @ ('"' | '\\')) => value.push(escaped),
                Some(_) => return None,
                None => {
                    characters = lines.next().unwrap_or_default().chars();
                    continue;
                }
            },
            '#' | ';' if !is_quoted => break,
            ' ' | '\t' | '\r' if !is_quoted => {
                value.push(character);
                continue;
            }
            character => value.push(character),
        }
        len = value.len();
    }
    value.truncate(len);
    (!is_quoted).then_some(value)
}
