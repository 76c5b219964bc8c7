//! Which scripts `hooks install` replaces: scripts with the names that session dashboards such as claude-code-ui use, if they
//! write signals.

use serde_json::json;

use super::installation::{Installation, json_text};

/// Returns what install does with a script of this text: `replaced`, `kept`, or `kept with a warning`.
fn treatment_of_script(name: &str, script: &str) -> &'static str {
    let installation = Installation::new();
    let path = installation.write_file(&format!(".claude/hooks/{name}"), script);
    let command =
        if name == "stop.ps1" { format!("pwsh -File {}", path.display()) } else { path.display().to_string() };
    let hook = json!({ "type": "command", "command": command });
    installation
        .write_file(".claude/settings.json", &json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string());
    let (code, report) = installation.run_json(&["install", "--dry-run"]);
    assert_eq!(code, 0, "{report}");
    let warned = report["warnings"].as_array().unwrap().iter().any(|one| json_text(one).contains(&command));
    match (report["replaced"].as_array().unwrap().len(), warned) {
        (1, false) => "replaced",
        (0, false) => "kept",
        (0, true) => "kept with a warning",
        other => panic!("{other:?}: {report}"),
    }
}

const SIGNALS: &str = "SIGNALS_DIR=\"$HOME/.claude/session-signals\"\nINPUT=$(cat)\nID=$(echo \"$INPUT\" | jq -r '.session_id // empty')\n";

#[track_caller]
fn assert_all(name: &str, head: &str, scripts: &[&str], expected: &str) {
    for script in scripts {
        assert_eq!(treatment_of_script(name, &format!("{head}{script}")), expected, "{script}");
    }
}

#[test]
fn scripts_that_write_signals_are_replaced() {
    let scripts = [
        "if [ -n \"$ID\" ]; then\n  echo \"$INPUT\" | jq -c '. + {stopped_at: (now | tostring)}' > \"$SIGNALS_DIR/$ID.stop.json\"\nfi\n",
        "echo \"$INPUT\" >\"$SIGNALS_DIR\"/$ID.stop.json",
        "echo \"$INPUT\" >>${SIGNALS_DIR}/${ID}.working.json",
        "FILE=$SIGNALS_DIR/$ID.ended.json; echo \"$INPUT\" >| \"$FILE\"",
        "echo \"$INPUT\" | tee \"$SIGNALS_DIR/$ID.stop.json\" >/dev/null",
        "TMP=$(mktemp \"$SIGNALS_DIR/.tmp.XXXXXX\")\necho \"$INPUT\" > \"$TMP\" && mv -f \"$TMP\" \"$SIGNALS_DIR/$ID.stop.json\"",
        "cp /tmp/x.stop.json \"$SIGNALS_DIR\"",
        "cd \"$SIGNALS_DIR\" && cat > \"$ID.stop.json\" <<EOF\n{}\nEOF\n",
        "publish() { local kind=stop; jq . <<<\"$INPUT\" > \"${CLAUDE_CONFIG_DIR:-$HOME/.claude}/session-signals/$ID.$kind.json\"; }\npublish",
        "touch ~/.claude/session-signals/\"$ID\".working.json",
        "echo \"$INPUT\" > \"$CLAUDE_CONFIG_DIR/session-signals/$ID.stop.json\"",
        "echo \"$INPUT\" > ~/.claude//./hooks/../session-signals/$ID.stop.json",
        "cd ~/.claude && cat > session-signals/x.stop.json",
        "bash -c \"echo {} > ~/.claude/session-signals/x.stop.json\"",
        "[[ -n $ID ]] && printf '%s' \"$INPUT\" &> $SIGNALS_DIR/$ID.stop.json",
    ];
    assert_all("stop.sh", &format!("#!/usr/bin/env bash\n{SIGNALS}"), &scripts, "replaced");
    assert_all("stop.sh", "", &["cat > ~/.claude/session-signals/x.stop.json"], "replaced");
}

#[test]
fn scripts_that_read_or_delete_signals_are_kept() {
    let scripts = [
        "cat \"$SIGNALS_DIR\"/*.working.json > /tmp/overview",
        "ls \"$SIGNALS_DIR\" | wc -l >> ~/count.log 2>&1",
        "jq -r .cwd \"$SIGNALS_DIR/$ID.stop.json\" 2>/dev/null",
        "jq -r .cwd < \"$SIGNALS_DIR/$ID.stop.json\"",
        "for f in \"$SIGNALS_DIR\"/*.stop.json; do\n  [ -e \"$f\" ] || continue\n  echo \"$f\" >&2\ndone",
        "[ -e \"$SIGNALS_DIR/$ID.permission.json\" ] && say 'an approval'",
        "if [[ \"$SIGNALS_DIR/a.stop.json\" > \"$SIGNALS_DIR/b.stop.json\" ]]; then echo; fi",
        "rm -f \"$SIGNALS_DIR/$ID.stop.json\" \"$SIGNALS_DIR/$ID.working.json\"",
        "while read -r line; do echo $line; done < \"$SIGNALS_DIR/$ID.stop.json\"",
        "mv \"$SIGNALS_DIR/$ID.ended.json\" ~/archive/",
        "cp \"$SIGNALS_DIR\"/*.json ~/archive",
        "# echo \"$INPUT\" > \"$SIGNALS_DIR/$ID.stop.json\"\necho done",
        "cat <<'EOF'\necho > ~/.claude/session-signals/x.stop.json\nEOF\n",
        "echo 'a > ~/.claude/session-signals/x.stop.json'",
        "echo seen >> \"$SIGNALS_DIR/notes.log\"",
        "grep -l working \"$SIGNALS_DIR\"/*.json | tee /tmp/list",
        "TMP=$(mktemp); cat \"$SIGNALS_DIR/$ID.stop.json\" > \"$TMP\"",
        "curl -s -d @\"$SIGNALS_DIR/$ID.stop.json\" http://127.0.0.1:1/ >/dev/null 2>&1 &",
        // Another directory of the same name.
        "cp \"$SIGNALS_DIR/$ID.stop.json\" ~/backup/session-signals/",
        "cat \"$SIGNALS_DIR/$ID.stop.json\" > ~/archive/session-signals/$ID.stop.json",
        "cp \"$SIGNALS_DIR/$ID.stop.json\" /mnt/nas/session-signals",
        "cp \"$SIGNALS_DIR/$ID.stop.json\" \"$HOME/backup/.claude/session-signals/\"",
        "echo \"$INPUT\" > /home/alice/.claude/session-signals/$ID.stop.json",
        "cd ~/backup && cat > session-signals/$ID.stop.json",
        "gzip ~/backup/session-signals/x.stop.json",
    ];
    assert_all("stop.sh", &format!("#!/bin/sh\n{SIGNALS}"), &scripts, "kept");
    assert_all("stop.sh", "#!/bin/sh\n", &["say done\n"], "kept");
}

#[test]
fn unclear_scripts_are_kept_with_a_warning() {
    let scripts = [
        "FILE=$1; cat \"$SIGNALS_DIR/$ID.stop.json\" > \"$FILE\"",
        "publish() { echo \"$INPUT\" > \"$SIGNALS_DIR/$ID.$1.json\"; }; publish stop",
        ". ~/lib.sh; publish",
        "python3 - \"$SIGNALS_DIR\" <<EOF\nEOF\n",
        "my-publisher --to \"$SIGNALS_DIR\"",
        "F=\"$SIGNALS_DIR/$ID.stop.json\"; jq . \"$F\"; F=/tmp/log; echo > \"$F\"",
        "for f in \"$SIGNALS_DIR\"/*; do echo > \"$f\"; done",
        "eval \"$(cat ~/line)\"",
        "cp \"$SIGNALS_DIR/$ID.stop.json\" \"$BACKUP/session-signals/\"",
        "echo \"$INPUT\" > \"$(dirname \"$0\")/../session-signals/$ID.stop.json\"",
        "echo \"$INPUT\" > session-signals/$ID.stop.json",
    ];
    assert_all("stop.sh", &format!("#!/bin/sh\n{SIGNALS}"), &scripts, "kept with a warning");
    let python = "#!/usr/bin/env python3\nopen('/home/you/.claude/session-signals/x.stop.json')\n";
    assert_all("stop.sh", python, &[""], "kept with a warning");
}

#[test]
fn another_path_of_the_signal_directory_is_recognised() {
    let installation = Installation::new();
    installation.write_file("real/sessions/note", "");
    std::os::unix::fs::symlink(installation.path("real"), installation.path(".claude")).unwrap();
    installation.write_file("real/session-signals/note", "");
    let script = format!("cat > {}/session-signals/x.stop.json\n", installation.path("real").display());
    let path = installation.write_file(".claude/hooks/stop.sh", &script);
    let hook = json!({ "type": "command", "command": path });
    installation
        .write_file(".claude/settings.json", &json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string());
    assert_eq!(installation.run_json(&["install", "--dry-run"]).1["replaced"].as_array().unwrap().len(), 1);
}

#[test]
fn a_named_pipe_in_place_of_a_script_is_not_read() {
    let installation = Installation::new();
    let pipe = installation.path("stop.sh");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let hook = json!({ "type": "command", "command": pipe });
    installation
        .write_file(".claude/settings.json", &json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string());
    let mut hooks = installation.command(&crate::sandbox::executable_path("hooks"));
    hooks.timeout(std::time::Duration::from_secs(30)).args(["install", "--dry-run"]).assert().code(0);
}

#[test]
fn a_hostile_script_is_read_in_a_short_time() {
    let deep = |open: &str, close: &str| format!("x={}{}", open.repeat(100_000), close.repeat(100_000));
    let doubled: Vec<String> = (0..20_000).map(|at| format!("v{}=$v{at}$v{at}\n", at + 1)).collect();
    for script in [
        deep("${a:-", "}"),
        deep("$(", ")"),
        deep("`", ""),
        deep("\"$(\"", ""),
        format!("v0=long\n{}", doubled.concat()),
        "(".repeat(900_000),
    ] {
        treatment_of_script("stop.sh", &format!("#!/bin/sh\n{SIGNALS}\n{script}\n"));
        treatment_of_script("stop.ps1", &format!("$d = \"session-signals\"\n{script}\n"));
    }
}

#[test]
fn powershell_scripts_are_treated_alike() {
    let head = "# Writes $SignalsDir\\x.stop.json\n$SignalsDir = \"$env:USERPROFILE\\.claude\\session-signals\"\n$text = $input | Out-String\n$json = $text | ConvertFrom-Json\n$id = $json.session_id\n";
    let writers = [
        "if ($id) {\n  $json | ConvertTo-Json -Compress | Out-File -FilePath \"$SignalsDir\\$id.stop.json\" -Encoding utf8 -NoNewline\n}\n",
        "try { Set-Content -Path \"$SignalsDir\\$id.stop.json\" -Value $text } catch { }",
        "$text > \"$SignalsDir\\$id.stop.json\"",
        "$file = Join-Path $SignalsDir \"$id.stop.json\"\n$text | set-content $file",
        "[System.IO.File]::WriteAllText(\"$SignalsDir\\$id.stop.json\", $text)",
        "Move-Item $tmp \"$SignalsDir\\$id.stop.json\"",
        "New-Item -ItemType File -Path \"$SignalsDir\\$id.working.json\"",
    ];
    assert_all("stop.ps1", head, &writers, "replaced");
    let readers = [
        "Get-Content \"$SignalsDir\\$id.stop.json\" | Out-File C:\\seen.txt",
        "if (-not (Test-Path $SignalsDir)) { New-Item -ItemType Directory -Path $SignalsDir -Force | Out-Null }",
        "Remove-Item \"$SignalsDir\\$id.stop.json\"",
        "Copy-Item \"$SignalsDir\\$id.stop.json\" C:\\archive\\",
        "foreach ($f in Get-ChildItem $SignalsDir) { Write-Host $f }",
        "# Set-Content \"$SignalsDir\\$id.stop.json\"\n<#\nSet-Content \"$SignalsDir\\$id.stop.json\"\n#>",
        "Write-Host 'Set-Content'",
        "Copy-Item \"$SignalsDir\\$id.stop.json\" \"C:\\backup\\session-signals\\$id.stop.json\"",
        "Set-Content \"$HOME/backup/session-signals/$id.stop.json\" $text",
    ];
    assert_all("stop.ps1", head, &readers, "kept");
    assert_all(
        "stop.ps1",
        head,
        &[
            "Set-Content $args[0] x",
            "Invoke-Expression $line",
            "Publish -To $SignalsDir",
            "Set-Content \"$backup\\session-signals\\$id.stop.json\" $text",
        ],
        "kept with a warning",
    );
}
