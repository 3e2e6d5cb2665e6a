//! nchan, the real one: nginx with the module that Debian packages as libnginx-mod-nchan, on a free port with a
//! configuration of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{assert_clean, bench};
use crate::bench::fails;
use crate::process::wait_until;

/// How often another port is tried: between finding a free one and listening there somebody else may take it.
const TRIES: usize = 5;

/// A running nginx; it ends with its worker when dropped.
struct Nchan {
    master: Child,
    address: SocketAddr,
    _files: TempDir,
}

impl Nchan {
    fn start() -> Self {
        (0..TRIES).find_map(|_| Self::try_start()).expect("nginx with nchan starts: tests/run installs it")
    }

    fn try_start() -> Option<Self> {
        let files = tempfile::tempdir().expect("a directory");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let configuration = files.path().join("nginx.conf");
        std::fs::write(&configuration, text(address, &files.path().display().to_string())).expect("a file");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&configuration).arg("-p").arg(files.path()).args(["-e", "stderr"]);
        let master = command.stdin(Stdio::null()).spawn().expect("nginx starts: tests/run installs it");
        let mut nginx = Self { master, address, _files: files };
        let mut over = false;
        wait_until("nginx listens", || {
            over = nginx.master.try_wait().expect("a child").is_some();
            over || TcpStream::connect(address).is_ok()
        });
        (!over).then_some(nginx)
    }
}

impl Drop for Nchan {
    fn drop(&mut self) {
        // Killed, it would leave its worker behind.
        let _ = kill_process(Pid::from_child(&self.master), Signal::TERM);
        let _ = self.master.wait();
    }
}

fn text(address: SocketAddr, directory: &str) -> String {
    // Its worker stays who we are, so that it can reach its files.
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    format!(
        "load_module {module};
daemon off; {user} worker_processes 1; pid {directory}/pid; error_log stderr crit;
events {{ worker_connections 500; }}
http {{
  access_log off; client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen {address};
    location ~ ^/sub/(.+)$ {{ nchan_subscriber; nchan_subscriber_first_message newest; nchan_channel_id $1; }}
    location ~ ^/pub/(.+)$ {{ nchan_publisher; nchan_channel_id $1; }}
    location /closed/ {{ return 403 'no publishing here'; }}
  }}
}}
",
        module = module().display()
    )
}

/// Where the module lies.
fn module() -> PathBuf {
    let output = Command::new("nginx").arg("-V").output().expect("nginx is there: tests/run installs it");
    let built = String::from_utf8_lossy(&output.stderr).into_owned();
    let directory = built.split_whitespace().find_map(|word| word.strip_prefix("--modules-path="));
    PathBuf::from(directory.expect("nginx takes modules")).join("ngx_nchan_module.so")
}

#[test]
fn nchan_is_measured_as_it_is_documented() {
    let nginx = Nchan::start();
    let base = format!("http://{}", nginx.address);
    assert_clean(&bench(&["--preset", "nchan", &base, "--topic", "a b/ä"]));
    assert_clean(&bench(&["--preset", "nchan", &base, "--publishers", "2", "--threads", "2", "--topic", "two"]));
}

#[test]
fn locations_of_ones_own_can_be_given_instead() {
    let nginx = Nchan::start();
    let url = |path: &str| format!("http://{}{path}", nginx.address);
    assert_clean(&bench(&["--preset", "nchan", &url(""), "--subscribe-url", &url("/sub/x"), "--topic", "x"]));
    let output = bench(&["--preset", "nchan", &url(""), "--publish-url", &url("/closed/x")]);
    fails(&output, 3, &["status 403: no publishing here", "hint: ", "`nchan_publisher` at /pub/TOPIC"]);
}
