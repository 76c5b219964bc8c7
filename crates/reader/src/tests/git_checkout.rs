//! Git checkouts and their remotes.

use std::path::Path;
use std::process::Command;

use crate::git_checkout::GitCheckout;
use crate::git_remote::GitRemote;

#[test]
fn a_relative_path_is_not_looked_up_in_our_own_directory() {
    // The tests run in a directory of this repository.
    for path in ["", "src", "."] {
        assert_eq!(GitCheckout::read(Path::new(path)), None, "{path}");
    }
}

#[test]
fn the_page_of_a_remote_has_no_user_and_no_password() {
    let page = |url: &str| GitRemote::from_url(url).map(|remote| (remote.id, remote.url.unwrap_or_default()));
    for (url, id, page_url) in [
        ("https://github.com/owner/name.git", "owner/name", "https://github.com/owner/name"),
        ("https://github.com/owner/name/", "owner/name", "https://github.com/owner/name"),
        ("HTTPS://github.com/owner/name", "owner/name", "https://github.com/owner/name"),
        ("git@github.com:owner/name.git", "owner/name", "https://github.com/owner/name"),
        ("ssh://git@github.com:22/owner/name.git", "owner/name", "https://github.com/owner/name"),
        ("git://example.org/name.git", "name", "https://example.org/name"),
        ("https://user:secret@github.com/owner/name.git", "owner/name", "https://github.com/owner/name"),
        ("https://secret@github.com/owner/name", "owner/name", "https://github.com/owner/name"),
        ("https://user:p@ss@github.com/owner/name", "owner/name", "https://github.com/owner/name"),
        ("https://gitlab.example.org:8443/a/b/c.git", "a/b/c", "https://gitlab.example.org:8443/a/b/c"),
        ("http://git.example.org/a/b", "a/b", "http://git.example.org/a/b"),
        ("git@work:owner/name.git", "owner/name", ""),
        ("ssh://git@work/owner/name", "owner/name", ""),
        ("ssh://git@localhost/srv/git/name", "srv/git/name", ""),
        ("git@localhost:srv/git/name", "srv/git/name", ""),
        ("git://localhost/name", "name", ""),
        // The configuration of ssh does not matter here.
        ("http://localhost:3000/owner/name", "owner/name", "http://localhost:3000/owner/name"),
        ("https://gitea/owner/name", "owner/name", "https://gitea/owner/name"),
    ] {
        let expected = Some((id.to_owned(), page_url.to_owned()));
        assert_eq!(page(url), expected, "{url}");
    }
    for url in [
        "",
        "/srv/git/name.git",
        "../name.git",
        "./a:b",
        "C:\\name",
        "file:///srv/git/name.git",
        "ext::sh -c true",
        "transport::address",
        "https://github.com",
        "https://github.com/",
        "https://github.com/..",
        "https:///owner/name",
        "https://user:pa/ss@github.com/owner/name",
        "https://git hub.com/owner/name",
        "https://[::1]/owner/name",
        "git@github.com:",
        // The short form has no place for a password: git takes `user` for the host.
        "user:secret@example.org:a/b",
        "https://github.com/owner/\u{1b}name",
        "https://github.com/a//b",
        "javascript:alert(1)",
        // What looks like the path may be the rest of a password.
        "http://git.example.org/a/b?private_token=secret#secret",
        "https://jane.doe:12/sec?ret@github.com/owner/name",
        "https://ghp.tok/sec#x@github.com/o/n",
        "https://user:12/ss?x@github.com/owner/name",
        "https://user:1/ss%40github.com/owner/name",
        "user:sec?ret@example.org:a/b",
        "jane:hunter#2@github.com:o/n.git",
        "https:user:sec?ret@h.com/o/n",
        "https://github.com/o/n;token=secret",
        "ssh://git@example.org/~jane/name",
        "https://github.com/o/n\u{202e}",
    ] {
        assert_eq!(page(url), None, "{url}");
    }
}

#[test]
fn the_branch_and_the_remote_of_a_checkout_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(directory.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        git.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(arguments);
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    };
    let read = |path: &str| GitCheckout::read(&directory.path().join(path));
    let id = |path: &str| read(path).unwrap().remote.map(|remote| remote.id);
    git(&["init", "-q", "-b", "main", "main"]);
    assert_eq!(read("main"), Some(GitCheckout { branch: Some("main".into()), remote: None }));
    git(&["-C", "main", "remote", "add", "fork", "git@example.org:fork/name.git"]);
    assert_eq!(id("main"), Some("fork/name".into()), "the only remote");
    git(&["-C", "main", "remote", "add", "origin", "https://user:secret@example.org/owner/name.git"]);
    assert_eq!(id("main"), Some("owner/name".into()));
    git(&["-C", "main", "commit", "-q", "--allow-empty", "-m", "first"]);
    git(&["-C", "main", "worktree", "add", "-q", "-b", "topic/1", "../tree"]);
    fs_err::create_dir_all(directory.path().join("tree/deep/er")).unwrap();
    let tree = read("tree/deep/er").unwrap();
    assert_eq!(tree.branch.as_deref(), Some("topic/1"));
    assert_eq!(tree.remote.unwrap().url.as_deref(), Some("https://example.org/owner/name"));
    let source = directory.path().join("main");
    let add = ["-c", "protocol.file.allow=always", "-C", "main", "submodule", "add", "-q", source.to_str().unwrap()];
    git(&[&add[..], &["module"]].concat());
    assert_eq!(id("main/module"), None, "the remote of the submodule is a path of this machine");
    git(&["-C", "main", "checkout", "-q", "--detach"]);
    assert_eq!(read("main").unwrap().branch.map(|commit| commit.len()), Some(7));
    assert_eq!(GitCheckout::read(Path::new("/")), None);
}

#[test]
fn the_configuration_is_read_as_git_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    let urls = [
        "[remote \"origin\"]\n\turl = https://a.b/c/d\n",
        "[remote \"origin\"] url=https://a.b/c/d",
        "[REMOTE \"origin\"]\nURL = https://a.b/c/d # comment\n",
        "[remote \"origin\"]\nurl = \"https://a.b/c/d\" ; comment",
        "[remote \"origin\"]\nurl = \"https://a.b/#c\"/d \n",
        "[remote \"origin\"]\nurl = https://a.b/\\\nc/d\n",
        "[remote \"origin\"]\nurl = https://a.b/c\\\\d\n",
        "[remote \"or\\igin\"]\nurl = https://a.b/c/d\n",
        "[remote.origin]\nurl = https://a.b/c/d\n",
        "[remote.ORIGIN]\nurl = https://a.b/c/d\n",
        "[remote \"Origin\"]\nurl = https://x.y/c/d\n[remote \"origin\"]\nurl = https://a.b/c/d\n",
        "[core]\n\turl = https://x.y/z/z\n[remote \"origin\"]\npushurl = https://x.y/z/z\nurl = https://a.b/c/d\nurl = https://e.f/g/h\n",
        "# [remote \"origin\"]\n; url = x\n  [remote \"origin\"]\n  url=https://a.b/c/d\r\n",
        "[remote \"origin\"]\nfetch\nurl = https://a.b/c/d\n[branch \"url\"]\nremote = origin\n",
        "[remote \"origin\"]\nvalue = \"a\\\nurl = no\"\nurl = https://a.b/c/d\n",
    ];
    for config in urls {
        fs_err::write(&path, config).unwrap();
        let mut git = Command::new("git");
        let output =
            git.args(["config", "--file"]).arg(&path).args(["--get-all", "remote.origin.url"]).output().unwrap();
        let expected = String::from_utf8(output.stdout).unwrap();
        let expected = expected.lines().next().and_then(GitRemote::from_url);
        assert!(output.status.success(), "{config}");
        assert_eq!(GitRemote::from_config(config), expected, "{config}");
    }
    for config in ["", "[", "[remote", "[remote \"origin", "[remote \"origin\"]\nurl", "[remote \"origin\"]\nurl = \"a"]
    {
        assert_eq!(GitRemote::from_config(config), None, "{config}");
    }
}
