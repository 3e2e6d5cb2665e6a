//! nginx with the nchan module, one worker, if it is there: on Debian `apt-get install nginx libnginx-mod-nchan`.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::Signal;

use super::{Kind, Server};
use crate::pinning::{self, Cores};

/// What ends nginx at once, with its worker.
pub const STOP: Signal = Signal::TERM;

/// How long it may take to listen.
const START_LIMIT: Duration = Duration::from_secs(10);

const MODULE: &str = "ngx_nchan_module.so";

/// Why it cannot run here, if it cannot.
pub fn missing() -> Option<String> {
    let Some(module) = module() else {
        return Some("nginx is not installed (on Debian: apt-get install nginx libnginx-mod-nchan)".into());
    };
    (!module.is_file())
        .then(|| "nginx has no nchan module here (on Debian: apt-get install libnginx-mod-nchan)".to_owned())
}

/// The version of nginx, as it says.
pub fn version() -> Option<String> {
    let output = Command::new("nginx").arg("-v").output().ok()?;
    Some(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Where the module lies if it is installed.
fn module() -> Option<PathBuf> {
    let output = Command::new("nginx").arg("-V").output().ok()?;
    let built = String::from_utf8_lossy(&output.stderr).into_owned();
    let path = built.split_whitespace().find_map(|word| word.strip_prefix("--modules-path="))?;
    Some(PathBuf::from(path).join(MODULE))
}

/// Starts it on a free port.
pub fn start() -> anyhow::Result<Server> {
    let files = tempfile::tempdir()?;
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let configuration = files.path().join("nginx.conf");
    std::fs::write(&configuration, text(address, &files.path().display().to_string())?)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&configuration).arg("-p").arg(files.path()).args(["-e", "stderr"]);
    command.stdin(Stdio::null());
    let child = pinning::on(Cores::Server, || command.spawn()).context("cannot start nginx")?;
    let server = Server { kind: Kind::Nchan, address, child, _stdout: None, files: Some(files) };
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        if begun.elapsed() > START_LIMIT {
            bail!("nginx did not start");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(server)
}

fn text(address: SocketAddr, directory: &str) -> anyhow::Result<String> {
    let module = module().context("there is no nginx")?;
    let (module, user) = (module.display(), user());
    Ok(format!(
        "load_module {module};
daemon off; {user} worker_processes 1; worker_rlimit_nofile 20000; pid {directory}/pid; error_log stderr crit;
events {{ worker_connections 19000; }}
http {{
  access_log off; keepalive_requests 1000000000; tcp_nodelay on;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  nchan_shared_memory_size 256M; nchan_message_buffer_length 10000;
  server {{
    listen {address} backlog=4096;
    location ~ ^/sub/(.+)$ {{ nchan_subscriber eventsource; nchan_subscriber_first_message newest; nchan_channel_id $1; }}
    location ~ ^/pub/(.+)$ {{ nchan_publisher; nchan_channel_id $1; }}
  }}
}}
"
    ))
}

/// Its worker stays who we are, so that it can reach its files.
fn user() -> &'static str {
    if rustix::process::getuid().is_root() { "user root;" } else { "" }
}
