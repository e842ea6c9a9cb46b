//! What the tests over real sockets share: the companion as a process, WebSocket clients, a browser
//! played by a script.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tungstenite::handshake::client::generate_key;
use tungstenite::http::Request;
use tungstenite::{Message, WebSocket};

/// Arguments of a `serve` that only this computer reaches.
pub(crate) const ON_LOOPBACK: [&str; 6] = ["serve", "--open", "--port", "0", "--bind", "127.0.0.1"];

/// After this long a test that waits for something has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The companion's command line, with a home of its own.
pub(crate) fn companion(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lan-broadcaster-host"));
    command.env("HOME", home.path());
    for variable in [
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "LAN_BROADCASTER_LOG",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Runs the companion to its end.
pub(crate) fn run(home: &TempDir, arguments: &[&str]) -> Output {
    companion(home)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What a process printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `serve`, listening on the loopback address; ended when dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
    _home: TempDir,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = companion(&home);
        command.args(ON_LOOPBACK).args(arguments);
        Self::spawn(home, command)
    }

    /// Starts a command that is the companion's, or leads to it, and prints a loopback address first.
    pub(crate) fn spawn(home: TempDir, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("a line before the end").unwrap();
        let port = first.strip_prefix("listening ws://127.0.0.1:").unwrap();
        let port = port.strip_suffix('/').unwrap().parse().unwrap();
        Self {
            child,
            port,
            lines,
            _home: home,
        }
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        memory(&self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process's resident memory in bytes (proc(5)).
pub(crate) fn memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim()
        .strip_suffix(" kB")
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

/// Waits for a process's end; how long that took.
pub(crate) fn wait(child: &mut Child) -> (ExitStatus, Duration) {
    let since = Instant::now();
    (child.wait().unwrap(), since.elapsed())
}

pub(crate) type Client = WebSocket<TcpStream>;

/// Joins the room of this path as a plain client.
pub(crate) fn join(port: u16, path: &str) -> Client {
    join_as(port, path, None)
}

/// Joins with a subprotocol, where one is given.
pub(crate) fn join_as(port: u16, path: &str, protocol: Option<&str>) -> Client {
    join_over(socket(port), port, path, protocol)
}

/// The same over a connection that is there.
pub(crate) fn join_over(
    socket: TcpStream,
    port: u16,
    path: &str,
    protocol: Option<&str>,
) -> Client {
    let authority = format!("127.0.0.1:{port}");
    let mut request = Request::builder()
        .uri(format!("ws://{authority}{path}"))
        .header("Host", &authority)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", generate_key());
    if let Some(protocol) = protocol {
        request = request.header("Sec-WebSocket-Protocol", protocol);
    }
    let (client, _) = tungstenite::client(request.body(()).unwrap(), socket).unwrap();
    client
}

/// A connection without a word said.
pub(crate) fn socket(port: u16) -> TcpStream {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// Says something and reads all that comes back until the other side closes.
pub(crate) fn exchange(port: u16, words: &[u8]) -> String {
    let mut socket = socket(port);
    socket.write_all(words).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    text(&answer)
}

/// What an enveloped member is told next. Pings, which come where a test takes long, are not said to it.
pub(crate) fn hear(client: &mut Client) -> serde_json::Value {
    loop {
        if let Message::Text(text) = client.read().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

/// Reads until the close frame; its code.
pub(crate) fn close_code(client: &mut Client) -> u16 {
    loop {
        if let Message::Close(frame) = client.read().unwrap() {
            return frame.unwrap().code.into();
        }
    }
}

/// Sends a marker through the room until the other members have seen it, so that all are known to have
/// joined. Members join when the hub has heard of them, which the handshake's end comes after.
pub(crate) fn exchange_marks(clients: &mut [Client]) {
    for sender in 0..clients.len() {
        clients[sender]
            .send(Message::text(format!("mark {sender}")))
            .unwrap();
        for receiver in (0..clients.len()).filter(|&receiver| receiver != sender) {
            assert_eq!(
                clients[receiver].read().unwrap(),
                Message::text(format!("mark {sender}"))
            );
        }
    }
}

/// A browser, as the companion sees it: pipes with framed messages.
pub(crate) struct Browser {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    waiting: std::collections::VecDeque<serde_json::Value>,
    pub(crate) home: TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = companion(&home)
            .arg(lan_broadcaster_host::origin::ExtensionId::ours().origin())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            stdin,
            stdout,
            waiting: Default::default(),
            home,
        }
    }

    pub(crate) fn send(&mut self, messages: serde_json::Value) {
        self.send_bytes(messages.to_string().as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, text: &[u8]) {
        let length = u32::try_from(text.len()).unwrap();
        self.send_raw(&length.to_ne_bytes());
        self.send_raw(text);
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn close(&mut self) {
        self.stdin = None;
    }

    /// The next report of this kind; others before it are passed over.
    pub(crate) fn expect(&mut self, kind: &str) -> serde_json::Value {
        loop {
            while let Some(report) = self.waiting.pop_front() {
                if report["kind"] == kind {
                    return report;
                }
            }
            let more = self
                .read()
                .unwrap_or_else(|| panic!("stdout ended before {kind}"));
            self.waiting.extend(more);
        }
    }

    /// The next message's reports; `None` at the end.
    pub(crate) fn read(&mut self) -> Option<Vec<serde_json::Value>> {
        let mut length = [0; 4];
        self.stdout.read_exact(&mut length).ok()?;
        let mut bytes = vec![0; u32::from_ne_bytes(length) as usize];
        self.stdout.read_exact(&mut bytes).unwrap();
        Some(serde_json::from_slice(&bytes).unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
