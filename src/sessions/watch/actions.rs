//! What Enter and `o` do. Each returns a sentence for the last row of the screen.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::Duration;

use session_signals_reader::Session;

use crate::program_command::{own_program, program_command};

/// The port of `sessions serve`, unless it is told another one.
pub const PAGE_PORT: u16 = 4450;

/// How long the server may take for its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// So much of the answer has the title of the page.
const MAX_ANSWER_LEN: u64 = 16 << 10;

/// Brings the terminal of the session to the front.
pub fn jump_to(session: &Session) -> String {
    let name = session.project.as_deref().unwrap_or(&session.session_id);
    if !session.is_open() {
        return format!("{name}: the session has ended; c copies the command that resumes it");
    }
    if let Some(machine) = &session.machine {
        return format!("{name} runs on {machine}: go to it there; c copies the command that resumes it");
    }
    run_jump(own_program().as_os_str(), &session.session_id, name)
}

/// Runs `PROGRAM jump ID`. Returns the first line of its error, or of its output if it has none.
pub fn run_jump(program: &OsStr, id: &str, name: &str) -> String {
    let output = program_command(program).args(["jump", id]).stdin(Stdio::null()).output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return "cannot jump: the file of this program is gone; leave with q, and start `sessions --watch` again"
                .to_owned();
        }
        Err(error) => return format!("cannot jump: {error}"),
    };
    let first_line = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.strip_prefix("sessions: ").unwrap_or(line).to_owned())
    };
    let line = first_line(&output.stderr).or_else(|| first_line(&output.stdout));
    match line {
        Some(line) => line,
        None if output.status.success() => format!("{name}: its terminal is in front"),
        None => format!("cannot jump: {}", output.status),
    }
}

/// Opens the page in the user's browser, if the server answers.
pub fn open_page(port: u16, opener: Option<&str>) -> String {
    let address = format!("http://127.0.0.1:{port}/");
    if !is_page_served(port) {
        return format!("nothing serves {address}: run `sessions serve`, or `hooks install --service` for every login");
    }
    let Some(opener) = opener else {
        return format!("there is no desktop here: open {address} in a browser");
    };
    let mut command = program_command(opener);
    command.arg(&address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A browser for terminals would draw over the list. In a group of its own it cannot read the terminal.
    match command.process_group(0).status() {
        Ok(status) if status.success() => format!("opened {address}"),
        Ok(_) => format!("{opener} found no browser: open {address} yourself"),
        Err(error) => format!("cannot run {opener} ({error}): open {address} yourself"),
    }
}

/// Returns whether our page is there. Another program may have taken the port.
fn is_page_served(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let read_answer = || {
        let mut connection = TcpStream::connect_timeout(&address, ANSWER_TIMEOUT)?;
        connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        // What came before an error is enough if it has the title.
        let _ = connection.take(MAX_ANSWER_LEN).read_to_end(&mut answer);
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    read_answer().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") && answer.contains("<title>sessions</title>"))
}
