//! A stand-in for WSL: a Linux on Windows, and a drive of Windows.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use fs_err as fs;
use tempfile::TempDir;

use crate::install::installation::{Installation, NEWEST_CLI};
use crate::sandbox::{Outcome, executable_path, payload};

/// A home in a Linux whose kernel says that it runs on Windows, and a drive of Windows in it.
///
/// The drive is NTFS, the file system of Windows, and refuses names that Windows refuses. Every file has the same permissions, and
/// nobody can change them: so WSL shows a drive if it is not told to keep permissions. It cannot rename without replacing, and cannot
/// exchange two files. Unlike on Windows, it tells upper from lower case. All of it exists only for the processes that
/// [`Self::command`] starts, and ends with this value.
pub struct WindowsComputer {
    installation: Installation,
    /// Holds the mounts. It ends when its standard input is closed.
    holder: Child,
    input: Option<ChildStdin>,
    folder: TempDir,
}

impl WindowsComputer {
    /// Starts it. On the drive, `umask` has the permissions that no file has: `000` is what WSL shows, and `077` is a drive that is
    /// yours alone.
    pub fn start(umask: &str) -> Self {
        let (installation, folder) = (Installation::new(), TempDir::new().unwrap());
        let script = r#"
            cd "$0"
            mkdir ntfs drive
            truncate -s 1G image
            PATH=$PATH:/usr/sbin:/sbin
            mkntfs --quick --force --quiet image >/dev/null 2>&1
            ntfs-3g image ntfs -o "umask=$1,windows_names,no_def_opts,big_writes" >&2
            mount -t tmpfs 'C:\' drive
            mkdir drive/Users
            bindfs --chmod-deny --chown-deny ntfs drive/Users >&2
            echo 6.6.87.2-microsoft-standard-WSL2 >osrelease
            mount --bind osrelease /proc/sys/kernel/osrelease
            mkdir -p drive/Users/name/AppData/Roaming/npm
            echo ready
            read -r _ || true
            umount --lazy drive/Users drive ntfs"#;
        let mut holder = Command::new("unshare");
        holder.args(["--mount", "--propagation", "private", "sh", "-euc", script]).arg(folder.path()).arg(umask);
        let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("unshare");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "the drive of Windows was not mounted");
        let input = holder.stdin.take();
        let computer = Self { installation, holder, input, folder };
        // Claude Code of Windows is on the PATH of WSL, as a script beside the programs that npm made for Windows.
        let script = format!("#!/bin/sh\necho '{NEWEST_CLI} (Claude Code)'\n");
        fs::write(computer.seen(&computer.windows_programs().join("claude")), script).unwrap();
        computer
    }

    /// Removes the Claude Code of the Linux.
    pub fn remove_claude(&self) {
        fs::remove_file(self.installation.path("bin/claude")).unwrap();
    }

    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    fn drive(&self) -> PathBuf {
        self.folder.path().join("drive")
    }

    /// Returns the configuration directory of the user on the drive.
    pub fn windows_config(&self) -> PathBuf {
        self.drive().join("Users/name/.claude")
    }

    /// Returns the directory of the programs that npm has installed on Windows.
    fn windows_programs(&self) -> PathBuf {
        self.drive().join("Users/name/AppData/Roaming/npm")
    }

    /// Returns the path by which the test itself reaches a file of the drive.
    pub fn seen(&self, path: &Path) -> PathBuf {
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(path.strip_prefix("/").unwrap())
    }

    /// Returns a command that runs there, with this configuration directory if there is one. Its PATH has the folders of Windows
    /// first, and then those of Linux.
    pub fn command(&self, program: impl AsRef<OsStr>, config_dir: Option<&Path>) -> Command {
        let home = self.installation.path("");
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.holder.id())).arg("--").arg(program);
        let search =
            format!("{}:{1}/bin:{1}/.local/bin:/usr/bin:/bin", self.windows_programs().display(), home.display());
        command.env_clear().env("HOME", &home).env("PATH", search).env("WSL_DISTRO_NAME", "Debian").current_dir(&home);
        command.env("CLAUDE_PID", std::process::id().to_string());
        command.envs(config_dir.map(|config_dir| ("CLAUDE_CONFIG_DIR", config_dir)));
        command
    }

    /// Runs `hooks` or `sessions` there.
    pub fn run(&self, program: &str, arguments: &[&str], config_dir: Option<&Path>) -> Outcome {
        self.command(executable_path(program), config_dir).args(arguments).output().unwrap().into()
    }

    /// Runs what is registered for an event, as Claude Code does.
    pub fn run_registered(&self, settings: &serde_json::Value, event: &str, config_dir: Option<&Path>) -> Outcome {
        let entry = &settings["hooks"][event][0]["hooks"][0];
        let line = entry["command"].as_str().expect(event);
        let mut command = if entry["args"].is_array() {
            self.command(line, config_dir)
        } else {
            let mut shell = self.command("sh", config_dir);
            shell.args(["-c", line]);
            shell
        };
        let input = self.installation.write_file("payload", &payload("session", event, ""));
        command.stdin(fs::File::open(input).unwrap().into_file()).output().unwrap().into()
    }
}

impl Drop for WindowsComputer {
    fn drop(&mut self) {
        // The programs that serve the file systems end when these are not mounted any more.
        drop(self.input.take());
        let _ = self.holder.wait();
    }
}
