//! A real nginx in front of a server.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

/// It ends when dropped.
pub struct Nginx {
    child: Child,
    address: SocketAddr,
    _files: TempDir,
}

impl Nginx {
    /// Starts it on a free port. All of its paths lead to the server; on those that end in `passed` it keeps nothing back, on
    /// those that begin with `/compressed` it compresses what comes, and on `/events` it says for whom it asks.
    pub fn to(server: SocketAddr) -> Self {
        let files = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let directory = files.path().to_str().unwrap();
        std::fs::write(files.path().join("nginx.conf"), configuration(directory, address, server)).unwrap();
        // It inherits the socket, as from a nginx that it replaces: nobody else gets the port meanwhile, and connections
        // wait until it takes them.
        let child = Command::new("nginx")
            .args(["-p", directory, "-c", "nginx.conf", "-e", "stderr"])
            .env("NGINX", "0;")
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx: tests/run installs it");
        Self { child, address, _files: files }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its worker behind.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

/// Its buffers are as they come, and it speaks HTTP/1.0 to the server, as most versions do.
fn configuration(directory: &str, address: SocketAddr, server: SocketAddr) -> String {
    // Its worker stays who we are, so that it can reach its files.
    let user = if getuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off; {user} pid {directory}/pid;
        events {{}}
        http {{
            access_log off; proxy_http_version 1.0;
            client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
            fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
            server {{
                listen {address};
                location /buffered {{ proxy_pass http://{server}; }}
                location /passed {{ proxy_pass http://{server}; proxy_buffering off; }}
                location /events {{
                    proxy_pass http://{server}; proxy_buffering off; proxy_http_version 1.1;
                    proxy_set_header Connection ''; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                }}
                location /compressed {{
                    proxy_pass http://{server}; gzip on; gzip_types text/event-stream; gzip_proxied any;
                    location /compressed/passed {{ proxy_pass http://{server}; proxy_buffering off; }}
                }}
            }}
        }}"
    )
}
