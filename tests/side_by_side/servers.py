"""The servers that are measured beside each other. Each is started by `sse bench` itself, anew for each run."""

import os
import random
import re
import resource
import shlex
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens at. It is below those that the kernel gives to connections, which are many here."""
    while True:
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", random.randint(10_000, 30_000)))
                return listener.getsockname()[1]
            except OSError:
                pass


@dataclass
class Server:
    heading: str
    # Given a directory for its files and whether there are several topics, the arguments of `sse bench`.
    arguments: Callable[[Path, bool], list[str]]
    version: str = ""


def example(name: str, heading: str, programs: Path) -> Server:
    def arguments(_: Path, topics: bool) -> list[str]:
        address = f"127.0.0.1:{free_port()}"
        # A shell that becomes the server is no process beside it.
        command = f"exec {shlex.quote(str(programs / 'examples' / name))} {address}"
        return [f"http://{address}/events/bench{'-{t}' if topics else ''}", "--spawn", command]

    return Server(heading, arguments)


def nchan() -> Server | str:
    """nginx with the nchan module, one worker; or why it cannot be had."""
    # Debian has nginx where only root looks for programs.
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if not program:
        return "nginx is not installed (on Debian: apt-get install nginx libnginx-mod-nchan)"
    built = subprocess.run([program, "-V"], stderr=subprocess.PIPE, text=True, check=True).stderr
    directory = re.search(r"--modules-path=(\S+)", built)
    module = Path(directory[1] if directory else "") / "ngx_nchan_module.so"
    if not module.is_file():
        return "nginx has no nchan module here (on Debian: apt-get install libnginx-mod-nchan)"

    def arguments(files: Path, _: bool) -> list[str]:
        address = f"127.0.0.1:{free_port()}"
        # Its worker stays who we are, so that it can reach its files.
        user = "user root;" if os.geteuid() == 0 else ""
        most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1] % (1 << 32), 20_000)
        configuration = files / "nginx.conf"
        configuration.write_text(
            f"""load_module {module};
            daemon off; {user} worker_processes 1; worker_rlimit_nofile {most}; pid {files}/pid; error_log stderr crit;
            events {{ worker_connections {most - 100}; }}
            http {{
              access_log off; keepalive_requests 1000000000; tcp_nodelay on;
              client_body_temp_path {files}/body; proxy_temp_path {files}/proxy; fastcgi_temp_path {files}/fastcgi;
              uwsgi_temp_path {files}/uwsgi; scgi_temp_path {files}/scgi;
              nchan_shared_memory_size 256M; nchan_message_buffer_length 10000;
              server {{
                listen {address} backlog=4096;
                location ~ ^/sub/(.+)$ {{
                  nchan_subscriber eventsource; nchan_subscriber_first_message newest; nchan_channel_id $1;
                }}
                location ~ ^/pub/(.+)$ {{ nchan_publisher; nchan_channel_id $1; }}
              }}
            }}
            """
        )
        command = shlex.join(["exec", program, "-c", str(configuration), "-p", str(files), "-e", "stderr"])
        return ["--preset", "nchan", f"http://{address}", "--spawn", command]

    return Server("nchan", arguments, built.splitlines()[0].rsplit(maxsplit=1)[-1])


def all_servers(programs: Path) -> tuple[dict[str, Server], list[str]]:
    """Those that can be had here, by their names in a plan, and why others cannot. Our programs lie in a directory."""
    servers = {
        "serve": Server("`sse serve`", lambda _, __: []),
        "floor": example("floor", "the floor", programs),
        "axum": example("plain_axum", "plain axum", programs),
    }
    if isinstance(other := nchan(), Server):
        return servers | {"nchan": other}, []
    return servers, [other]
