//! Layouts of git repositories. The program git is the oracle.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::git_checkout::GitCheckout;
use crate::git_checkouts::GitCheckouts;

/// A repository on the branch `main`, with a remote.
struct Repository {
    directory: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { directory: tempfile::tempdir().unwrap() };
        repository.git(".", &["init", "-q", "-b", "main"]).unwrap();
        repository.git(".", &["remote", "add", "origin", "https://example.org/owner/name.git"]).unwrap();
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs git in a directory of the repository, and returns what it prints. `None` if it fails.
    fn git(&self, directory: &str, arguments: &[&str]) -> Option<String> {
        let mut git = Command::new("git");
        git.current_dir(self.path(directory)).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        git.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
        let output = git.args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    /// Returns the branch and the id of the remote, as git says them.
    fn expected(&self, directory: &str) -> (Option<String>, Option<String>) {
        let url = self.git(directory, &["config", "remote.origin.url"]);
        let id = url.map(|url| url.trim_start_matches("https://example.org/").trim_end_matches(".git").to_owned());
        (self.git(directory, &["symbolic-ref", "--short", "HEAD"]), id)
    }

    fn found(&self, directory: &str) -> (Option<String>, Option<String>) {
        let checkout = GitCheckout::read(&self.path(directory)).unwrap_or_default();
        (checkout.branch, checkout.remote.map(|remote| remote.id))
    }
}

/// Returns a branch and the id of a remote.
fn pair(branch: Option<&str>, id: Option<&str>) -> (Option<String>, Option<String>) {
    (branch.map(str::to_owned), id.map(str::to_owned))
}

#[test]
fn a_configuration_that_is_a_symbolic_link_is_read() {
    let repository = Repository::new();
    fs_err::rename(repository.path(".git/config"), repository.path("shared-config")).unwrap();
    symlink("../shared-config", repository.path(".git/config")).unwrap();
    assert_eq!(repository.expected("."), pair(Some("main"), Some("owner/name")));
    assert_eq!(repository.found("."), repository.expected("."));
    // A link to something else than a file does not block.
    for target in ["/dev/zero", "/nonexistent", "config"] {
        fs_err::remove_file(repository.path(".git/config")).unwrap();
        symlink(target, repository.path(".git/config")).unwrap();
        assert_eq!(repository.found("."), pair(Some("main"), None), "{target}");
    }
}

#[test]
fn a_head_that_is_a_symbolic_link_names_the_branch() {
    let repository = Repository::new();
    fs_err::remove_file(repository.path(".git/HEAD")).unwrap();
    symlink("refs/heads/topic/1", repository.path(".git/HEAD")).unwrap();
    assert_eq!(repository.expected(".").0.as_deref(), Some("topic/1"));
    assert_eq!(repository.found("."), repository.expected("."));
}

#[test]
fn a_git_folder_that_is_no_repository_does_not_end_the_search() {
    let repository = Repository::new();
    let below = repository.path("below");
    fs_err::create_dir_all(below.join(".git")).unwrap();
    let expected = pair(Some("main"), Some("owner/name"));
    for missing in ["objects", "refs", "HEAD"] {
        assert_eq!(repository.expected("below"), expected, "{missing}");
        assert_eq!(repository.found("below"), expected, "{missing}");
        match missing {
            "HEAD" => {}
            missing => fs_err::create_dir(below.join(".git").join(missing)).unwrap(),
        }
    }
    fs_err::write(below.join(".git/HEAD"), "ref: refs/heads/inner\n").unwrap();
    assert_eq!(repository.expected("below"), pair(Some("inner"), None));
    assert_eq!(repository.found("below"), repository.expected("below"));
    // A file that names no repository ends the search of git, too.
    fs_err::remove_dir_all(below.join(".git")).unwrap();
    fs_err::write(below.join(".git"), "nonsense").unwrap();
    assert_eq!(repository.expected("below"), pair(None, None));
    assert_eq!(repository.found("below"), pair(None, None));
}

#[test]
fn a_repository_with_reftables_has_no_branch_that_is_not_there() {
    let repository = Repository::new();
    let is_supported = repository.git(".", &["init", "-q", "-b", "main", "--ref-format=reftable", "tables"]).is_some();
    if !is_supported {
        // The layout that newer versions of git write.
        repository.git(".", &["init", "-q", "tables"]).unwrap();
        fs_err::write(repository.path("tables/.git/HEAD"), "ref: refs/heads/.invalid\n").unwrap();
    }
    assert_eq!(fs_err::read_to_string(repository.path("tables/.git/HEAD")).unwrap(), "ref: refs/heads/.invalid\n");
    let found = GitCheckout::read(&repository.path("tables")).unwrap();
    assert_eq!(found.branch, None, "the tables are not read");
}

#[test]
fn a_configuration_is_read_again_only_if_it_changed() {
    let repository = Repository::new();
    let (directory, config) = (repository.path("."), repository.path(".git/config"));
    let mut checkouts = GitCheckouts::default();
    let mut id = || {
        checkouts.clear();
        let checkout = checkouts.find(Path::new(&directory)).unwrap();
        checkout.remote.as_ref().map(|remote| remote.id.clone())
    };
    assert_eq!(id().as_deref(), Some("owner/name"));
    // Nothing tells of this change.
    let modified = fs_err::metadata(&config).unwrap().modified().unwrap();
    let text = fs_err::read_to_string(&config).unwrap();
    fs_err::write(&config, text.replace("owner/name", "owner/eman")).unwrap();
    let file = fs_err::File::options().write(true).open(&config).unwrap().into_file();
    file.set_modified(modified).unwrap();
    assert_eq!(id().as_deref(), Some("owner/name"));
    file.set_modified(modified + Duration::from_secs(1)).unwrap();
    assert_eq!(id().as_deref(), Some("owner/eman"));
    repository.git(".", &["remote", "set-url", "origin", "https://example.org/owner/next.git"]).unwrap();
    assert_eq!(id().as_deref(), Some("owner/next"));
    fs_err::remove_file(&config).unwrap();
    assert_eq!(id(), None);
}
