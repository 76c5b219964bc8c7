//! The links to `sessions` and `hooks`: where they are made, what they never replace, and when they go.

use std::os::unix::fs::{PermissionsExt, symlink};

use fs_err as fs;
use serde_json::{Value, json};

use super::installation::Installation;
use crate::sandbox::{copy_executable, run_with_input};

const FOLDER: &str = ".local/bin";
const LINKS: [&str; 2] = [".local/bin/sessions", ".local/bin/hooks"];
const RECEIPT: &str = ".claude/hooks/session-signals/user-files-receipt";

/// Makes a home in which `~/.local/bin` exists. Claude Code itself is in it, as its own installer puts it there.
fn home_with_folder() -> Installation {
    let installation = Installation::new().with_small_build();
    installation.write_script(".local/bin/claude", "echo '2.1.329 (Claude Code)'");
    installation
}

fn installed() -> Installation {
    let installation = home_with_folder();
    installation.run_successfully(&["install"]);
    assert_linked(&installation, FOLDER);
    installation
}

/// Checks that both links of a folder lead to the installed copies, and that the copies are complete.
#[track_caller]
fn assert_linked(installation: &Installation, folder: &str) {
    for program in ["sessions", "hooks"] {
        let link = installation.path(folder).join(program);
        assert_eq!(fs::read_link(link).unwrap(), installation.executable_path(program));
        let copy = fs::read(installation.executable_path(program)).unwrap();
        assert!(copy == fs::read(installation.built(program)).unwrap(), "{program} is not complete");
    }
}

/// Returns whether anything is at one of the paths of the links, even a link that leads nowhere.
fn has_links(installation: &Installation) -> bool {
    LINKS.iter().any(|link| installation.path(link).symlink_metadata().is_ok())
}

#[test]
fn the_links_come_and_go() {
    let installation = home_with_folder();
    let before = installation.snapshot();
    let output = installation.run_successfully(&["install"]);
    assert!(output.contains("\nLinks: ~/.local/bin/sessions and ~/.local/bin/hooks\n"), "{output}");
    assert_linked(&installation, FOLDER);
    assert_eq!(installation.find_ids(), [""; 0]);
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!((code, &report["outcome"], &report["links"]), (0, &"unchanged".into(), &json!([])), "{report}");
    // What a link leads to does the same as the program that was built.
    let mut uninstall = installation.command(&installation.path(".local/bin/hooks"));
    let result = run_with_input(uninstall.arg("uninstall"), "");
    assert_eq!(result.code, Some(0), "{result:?}");
    assert!(result.stdout.contains("\nLinks removed: ~/.local/bin/sessions and ~/.local/bin/hooks\n"), "{result:?}");
    assert_eq!(installation.snapshot(), before);
}

#[test]
fn the_folder_is_made_for_a_user_with_a_shell_and_goes_again() {
    let installation = Installation::new().with_small_build();
    let before = installation.snapshot();
    // Without a shell, nobody types `sessions`.
    installation.run_successfully(&["install"]);
    assert!(!installation.path(".local").exists() && !installation.executable_path("sessions").exists());
    let result = installation.run_in_shell("/bin/bash", &[], &["install"]);
    assert_eq!(result.code, Some(0), "{result:?}");
    assert_linked(&installation, FOLDER);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.snapshot(), before);
    // The search path may name a folder that does not exist yet.
    let path = format!("{}:{}/bin:/usr/bin:/bin", installation.path(FOLDER).display(), installation.path("").display());
    let mut hooks = installation.command(&installation.built("hooks"));
    let result = run_with_input(hooks.env("PATH", path).arg("install"), "");
    assert!(result.code == Some(0) && result.stderr.is_empty(), "{result:?}");
    assert_linked(&installation, FOLDER);
}

#[test]
fn a_program_that_a_shell_finds_already_is_not_shadowed() {
    for with_receipt in [false, true] {
        let installation = if with_receipt { installed() } else { home_with_folder() };
        let build = installation.copy_build("package");
        copy_executable(&installation.built("sessions"), &build.folder.join("sessions"));
        let result = build.hooks_on_path(&["install"]);
        assert!(result.code == Some(0) && result.stderr.is_empty(), "{result:?}");
        assert!(!has_links(&installation), "{with_receipt}");
        assert_eq!(result.stdout.contains("Links removed: "), with_receipt, "{result:?}");
        let result = build.hooks_on_path(&["doctor"]);
        assert!(result.code == Some(0) && result.stdout.starts_with("healthy"), "{result:?}");
    }
    // Somebody else's program of that name is named.
    let installation = home_with_folder();
    installation.write_script("bin/sessions", "echo mine");
    let result = installation.run_hooks(&["install"]);
    let note = "`sessions` is ~/bin/sessions already, so ~/.local/bin gets no link of that name";
    assert_eq!(result.stderr, format!("warning: {note}\n"));
    assert!(!installation.path(LINKS[0]).exists() && installation.path(LINKS[1]).exists());
    let result = installation.run_hooks(&["doctor"]);
    assert!(result.code == Some(0) && result.stdout.starts_with(&format!("note: {note}\n")), "{result:?}");
}

#[test]
fn a_link_that_another_program_has_made_needless_is_a_finding() {
    let installation = installed();
    installation.write_script("bin/sessions", "echo newer");
    assert_eq!(installation.find_ids(), ["link-outdated"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert!(!installation.path(LINKS[0]).exists() && installation.path(LINKS[1]).exists());
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn what_somebody_else_put_there_stays() {
    let put_file = |installation: &Installation| drop(installation.write_script(LINKS[0], "echo mine"));
    let put_folder = |installation: &Installation| fs::create_dir_all(installation.path(LINKS[0])).unwrap();
    let put_link = |installation: &Installation| symlink("/bin/true", installation.path(LINKS[0])).unwrap();
    let put_dangling = |installation: &Installation| symlink("/nowhere", installation.path(LINKS[0])).unwrap();
    let puts: [&dyn Fn(&Installation); 4] = [&put_file, &put_folder, &put_link, &put_dangling];
    for put in puts {
        let installation = home_with_folder();
        put(&installation);
        let before = installation.snapshot();
        let result = installation.run_hooks(&["install"]);
        let note = "`hooks` did not make ~/.local/bin/sessions, or somebody changed it since, so it stays as it is";
        assert_eq!((result.code, result.stderr), (Some(0), format!("warning: {note}\n")));
        assert!(installation.path(LINKS[1]).exists());
        assert_eq!(installation.find_ids(), [""; 0]);
        installation.run_successfully(&["uninstall"]);
        assert_eq!(installation.snapshot(), before);
    }
    // The user replaces the link later.
    let installation = installed();
    fs::remove_file(installation.path(LINKS[0])).unwrap();
    put_file(&installation);
    let result = installation.run_hooks(&["uninstall"]);
    assert!(result.code == Some(0) && result.stderr.contains("~/.local/bin/sessions stays, because"), "{result:?}");
    assert!(installation.read_file(LINKS[0]).contains("echo mine") && !installation.path(LINKS[1]).exists());
}

#[test]
fn the_choice_of_a_folder_is_kept() {
    let installation = home_with_folder();
    let before = installation.snapshot();
    installation.run_successfully(&["install", "--bin-dir", "../tools/programs/"]);
    assert_linked(&installation, "tools/programs");
    assert!(!has_links(&installation));
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!((code, &report["outcome"]), (0, &"unchanged".into()), "{report}");
    // Another folder: the old links go, and so do the folders that were made for them.
    let other = installation.path("other").display().to_string();
    installation.run_successfully(&["install", "--bin-dir", &other]);
    assert_linked(&installation, "other");
    assert!(!installation.path("tools").exists());
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.snapshot(), before);
}

#[test]
fn no_links_removes_them_and_is_kept() {
    let installation = installed();
    let (code, report) = installation.run_json(&["install", "--no-links"]);
    assert_eq!((code, &report["outcome"]), (0, &"done".into()), "{report}");
    assert_eq!(report["links"], json!(LINKS.map(|link| installation.path(link))));
    assert!(!has_links(&installation));
    installation.run_successfully(&["install"]);
    installation.run_in_shell("/bin/bash", &[], &["install"]);
    assert!(!has_links(&installation));
    let doctor = installation.run_in_shell("/bin/bash", &[], &["doctor"]);
    assert!(doctor.stdout.starts_with("healthy"), "{doctor:?}");
    let folder = installation.path(FOLDER).display().to_string();
    installation.run_successfully(&["install", "--bin-dir", &folder]);
    assert_linked(&installation, FOLDER);
    assert_eq!(installation.run_hooks(&["install", "--no-links", "--bin-dir", "x"]).code, Some(2));
}

#[test]
fn what_is_missing_is_repaired() {
    let installation = installed();
    // The link leads nowhere.
    fs::remove_file(installation.executable_path("sessions")).unwrap();
    assert_eq!(installation.find_ids(), ["executable-gone"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert_linked(&installation, FOLDER);
    fs::remove_file(installation.executable_path("hooks")).unwrap();
    installation.run_successfully(&["install"]);
    assert_linked(&installation, FOLDER);
    // The link is gone.
    fs::remove_file(installation.path(LINKS[1])).unwrap();
    assert_eq!(installation.find_ids(), ["link-outdated"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains("~/.local/bin/hooks is gone: it was a link to the installed program"), "{output}");
    installation.run_successfully(&["doctor", "--fix"]);
    assert_linked(&installation, FOLDER);
    // The copy is that of another version.
    installation.write_script(".claude/hooks/session-signals/sessions", "echo older");
    assert_eq!(installation.find_ids(), ["executable-stale"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert_linked(&installation, FOLDER);
}

#[test]
fn the_links_follow_a_configuration_directory_that_was_moved() {
    let installation = home_with_folder();
    let (old, new) = (installation.path("old"), installation.path("new"));
    assert_eq!(installation.run_hooks_in(&old, &["install"]).code, Some(0));
    fs::rename(&old, &new).unwrap();
    let doctor = installation.run_hooks_in(&new, &["doctor", "--json"]);
    let checkup: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let finding = checkup["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == "link-outdated");
    let sentence = "~/.local/bin/sessions leads to where the installed program was before";
    assert_eq!(finding.unwrap()["sentence"], sentence, "{checkup}");
    assert_eq!(installation.run_hooks_in(&new, &["install"]).code, Some(0));
    assert_eq!(fs::read_link(installation.path(LINKS[0])).unwrap(), new.join("hooks/session-signals/sessions"));
    assert_eq!(installation.run_hooks_in(&new, &["uninstall"]).code, Some(0));
    assert!(!has_links(&installation));
}

#[test]
fn a_link_belongs_to_the_installation_to_which_it_leads() {
    let installation = home_with_folder();
    let (first, second) = (installation.path("first"), installation.path("second"));
    let target = |config: &std::path::Path| config.join("hooks/session-signals/sessions");
    assert_eq!(installation.run_hooks_in(&first, &["install"]).code, Some(0));
    let result = installation.run_hooks_in(&second, &["install"]);
    assert!(result.code == Some(0) && result.stderr.is_empty(), "{result:?}");
    assert!(!target(&second).exists());
    assert_eq!(installation.run_hooks_in(&second, &["uninstall"]).code, Some(0));
    assert_eq!(fs::read_link(installation.path(LINKS[0])).unwrap(), target(&first));
    // When the first one goes, the next installation of the second one makes the links.
    installation.run_hooks_in(&second, &["install"]);
    assert_eq!(installation.run_hooks_in(&first, &["uninstall"]).code, Some(0));
    assert!(!has_links(&installation));
    installation.run_hooks_in(&second, &["install"]);
    assert_eq!(fs::read_link(installation.path(LINKS[0])).unwrap(), target(&second));
    // The second one was deleted by hand: its link leads nowhere, and nobody can know whether its disk comes back.
    fs::remove_dir_all(&second).unwrap();
    let result = installation.run_hooks_in(&first, &["install"]);
    let note = "~/.local/bin/sessions is a link of another installation and leads nowhere: remove it with `rm ~/.local/bin/sessions`";
    assert!(result.code == Some(0) && result.stderr.contains(note), "{result:?}");
    fs::remove_file(installation.path(LINKS[0])).unwrap();
    installation.run_hooks_in(&first, &["install"]);
    assert_eq!(fs::read_link(installation.path(LINKS[0])).unwrap(), target(&first));
}

#[test]
fn the_links_do_not_depend_on_the_scope() {
    for scope in ["project", "local"] {
        let installation = home_with_folder();
        let before = installation.snapshot();
        assert_eq!(installation.run_hooks(&["install", "--scope", scope]).code, Some(0));
        assert_linked(&installation, FOLDER);
        // Other settings still start the hooks.
        installation.run_successfully(&["install"]);
        let result = installation.run_hooks(&["uninstall"]);
        let kept = "~/.local/bin/sessions and ~/.local/bin/hooks stay, because other settings or lines of your own";
        assert!(result.code == Some(0) && result.stderr.contains(kept), "{result:?}");
        assert_linked(&installation, FOLDER);
        installation.run_successfully(&["uninstall", "--scope", scope]);
        let mut left = installation.snapshot();
        left.retain(|(name, _)| !name.starts_with("project"));
        assert_eq!(left, before);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_a_warning() {
    let installation = Installation::new().with_small_build();
    installation.write_file(".local", "no folder\n");
    let result = installation.run_in_shell("/bin/bash", &[], &["install"]);
    assert!(result.code == Some(0) && result.stderr.contains("warning: not written: "), "{result:?}");
    assert!(result.stderr.contains(".local"), "{result:?}");
    assert!(installation.settings_path().exists());
    let doctor = installation.run_in_shell("/bin/bash", &[], &["doctor"]);
    let note = "note: a new shell does not find `sessions`: `hooks install` makes a link in ~/.local/bin, or says why";
    assert!(doctor.code == Some(0) && doctor.stdout.starts_with(note), "{doctor:?}");
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.snapshot(), [(".local".to_owned(), format!("{:?}", b"no folder\n"))]);
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which needs root"]
fn a_folder_on_a_read_only_file_system_is_a_warning() {
    let installation = home_with_folder();
    let hooks = installation.built("hooks").display().to_string();
    let script =
        format!("mount -t tmpfs -o ro none ~/.local/bin && {hooks} install && {hooks} doctor && {hooks} uninstall");
    let result = run_with_input(installation.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
    assert_eq!(result.code, Some(0), "{result:?}");
    assert!(result.stderr.contains("warning: not written: ") && result.stderr.contains("(os error 30)"), "{result:?}");
    assert!(result.stdout.contains("healthy: "), "{result:?}");
    assert!(!installation.path(RECEIPT).exists());
}

/// Checks that this folder is refused before anything is changed, also in a dry run.
#[track_caller]
fn assert_folder_refused(installation: &Installation, folder: &str, reason: &str) {
    let before = installation.snapshot();
    let sentence = format!(
        "hooks install: no link can be made in ~/{folder} ({reason}): choose another folder with --bin-dir, or use --no-links\n"
    );
    for more in [&[][..], &["--dry-run"]] {
        let arguments = ["install", "--bin-dir", &installation.path(folder).display().to_string()].map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let result = installation.run_bound_by_modes(&arguments);
        assert_eq!((result.code, &*result.stderr, &*result.stdout), (Some(1), &*sentence, ""));
        assert_eq!(installation.snapshot(), before);
    }
}

#[test]
fn a_chosen_folder_that_cannot_be_written_is_refused() {
    for has_links in [false, true] {
        let installation = if has_links { installed() } else { home_with_folder() };
        installation.write_file("taken", "no folder\n");
        assert_folder_refused(&installation, "taken/bin", "Not a directory (os error 20)");
        assert_folder_refused(&installation, "taken", "Not a directory (os error 20)");
        fs::create_dir(installation.path("closed")).unwrap();
        fs::set_permissions(installation.path("closed"), PermissionsExt::from_mode(0o500)).unwrap();
        assert_folder_refused(&installation, "closed", "Permission denied (os error 13)");
        assert_folder_refused(&installation, "closed/bin", "Permission denied (os error 13)");
        assert!(!has_links || LINKS.iter().all(|link| installation.path(link).exists()));
    }
    // Links that are there already need not be written.
    let installation = home_with_folder();
    let tools = installation.path("tools").display().to_string();
    installation.run_successfully(&["install", "--bin-dir", &tools]);
    fs::set_permissions(&tools, PermissionsExt::from_mode(0o500)).unwrap();
    let again = installation.run_bound_by_modes(&["install", "--bin-dir", &tools]);
    fs::set_permissions(&tools, PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!((again.code, &*again.stderr), (Some(0), ""));
}

/// No check tells in advance that a disk is full.
#[test]
#[ignore = "needs strace"]
fn a_link_stays_if_the_one_in_a_new_folder_cannot_be_made() {
    let installation = installed();
    let tools = installation.path("tools").display().to_string();
    let mut strace = installation.command("strace".as_ref());
    strace.args(["-o", "/dev/null", "-e", "inject=symlink,symlinkat:error=ENOSPC", "-P", &format!("{tools}/sessions")]);
    strace.arg(installation.built("hooks")).args(["install", "--bin-dir", &tools]);
    let result = run_with_input(&mut strace, "");
    assert!(result.code == Some(3) && result.stderr.starts_with("error: not written: "), "{result:?}");
    assert!(result.stderr.contains("No space left on device"), "{result:?}");
    assert!(result.stderr.ends_with(". ~/.local/bin/sessions stays\n"), "{result:?}");
    assert!(installation.path(LINKS[0]).exists() && !installation.path(LINKS[1]).exists());
    assert!(installation.path("tools/hooks").exists());
    let output = installation.run_hooks(&["doctor"]).stdout;
    let finding = "link-outdated: ~/.local/bin/sessions is no longer needed: you chose ~/tools for it\n";
    assert!(output.starts_with(finding), "{output}");
    // The next run tries again.
    installation.run_successfully(&["doctor", "--fix"]);
    assert_linked(&installation, "tools");
    assert!(!has_links(&installation));
}

#[test]
fn a_link_stays_if_its_place_in_a_new_folder_is_taken() {
    let installation = installed();
    installation.write_script("tools/sessions", "echo mine");
    let tools = installation.path("tools").display().to_string();
    let result = installation.run_hooks(&["install", "--bin-dir", &tools]);
    assert!(result.code == Some(0) && result.stderr.contains("did not make ~/tools/sessions"), "{result:?}");
    assert!(installation.path(LINKS[0]).exists() && !installation.path(LINKS[1]).exists(), "{result:?}");
    assert!(installation.path("tools/hooks").is_symlink());
    assert_eq!(installation.find_ids(), [""; 0]);
    installation.run_successfully(&["uninstall"]);
    assert!(!has_links(&installation) && installation.read_file("tools/sessions").contains("echo mine"));
}

#[test]
fn a_dry_run_names_the_links_and_writes_nothing() {
    let installation = home_with_folder();
    let before = installation.snapshot();
    let warnings = |arguments: &[&str]| installation.run_json(arguments).1["warnings"].clone();
    let links = "~/.local/bin/sessions and ~/.local/bin/hooks";
    assert_eq!(warnings(&["install", "--dry-run"]), json!([format!("{links} would be written")]));
    assert_eq!(installation.snapshot(), before);
    installation.run_successfully(&["install"]);
    let before = installation.snapshot();
    assert_eq!(warnings(&["install", "--dry-run"]), json!([]));
    assert_eq!(warnings(&["install", "--dry-run", "--no-links"]), json!([format!("{links} would be removed")]));
    let removed = warnings(&["uninstall", "--dry-run"]);
    assert_eq!(removed[0], "~/.local/bin/sessions, ~/.local/bin/hooks would be removed");
    assert_eq!(installation.snapshot(), before);
}

#[test]
fn a_receipt_that_cannot_be_read_removes_nothing() {
    let installation = installed();
    installation.write_file(RECEIPT, "half");
    assert_eq!(installation.find_ids(), [""; 0]);
    // A link belongs to the installation to which it leads, so the next installation knows it again.
    installation.run_successfully(&["install"]);
    installation.run_successfully(&["uninstall"]);
    assert!(!has_links(&installation));
}

#[test]
fn a_run_that_cannot_decide_leaves_the_links() {
    let installation = installed();
    // This build has no `sessions`, so it cannot say that the link is not needed.
    let alone = installation.copy_build("alone");
    let result = alone.hooks(&["install"]);
    assert!(result.code == Some(0) && !result.stdout.contains("Links"), "{result:?}");
    assert_linked(&installation, FOLDER);
    let result = alone.hooks(&["doctor"]);
    assert!(result.code == Some(0) && result.stdout.starts_with("healthy"), "{result:?}");
    // Without HOME nobody knows where `~/.local/bin` is.
    for arguments in [&["install", "--json"][..], &["doctor", "--json"]] {
        let mut hooks = installation.command(&installation.built("hooks"));
        hooks.env_remove("HOME").env("CLAUDE_CONFIG_DIR", installation.path(".claude"));
        let result = run_with_input(hooks.args(arguments), "");
        assert!(result.code == Some(0) && result.stderr.is_empty(), "{result:?}");
        assert_linked(&installation, FOLDER);
    }
}

#[test]
fn one_fault_of_an_executable_is_one_finding() {
    let installation = installed();
    installation.write_script("bin/systemctl", "exit 0");
    installation.run_successfully(&["install", "--service"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    fs::remove_file(installation.executable_path("sessions")).unwrap();
    assert_eq!(installation.find_ids(), ["executable-gone"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert_linked(&installation, FOLDER);
}
