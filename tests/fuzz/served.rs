//! A broker in this process, for inputs that are what a client sends.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use sse::broker::{Broker, Farewell, Limits, Policy, SlowConsumer, Style};
use sse::metrics::Metrics;
use sse::server::{self, Bounds, Identity, Origin, PerAddress, Places, Proxies, Settings};
use sse::store::{Allowance, Memory, Retention};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// The threads of the broker.
const NAME: &str = "served";

/// What has not come after this long will not come.
const PATIENCE: Duration = Duration::from_secs(20);

static ADDRESS: LazyLock<SocketAddr> = LazyLock::new(start);

/// One of its threads has panicked.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

fn start() -> SocketAddr {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name().is_some_and(|name| name == NAME || name.starts_with("shard-")) {
            HAS_PANICKED.store(true, Ordering::SeqCst);
        }
        before(info);
    }));
    let runtime = Builder::new_multi_thread().worker_threads(1).thread_name(NAME).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || runtime.block_on(serve(listener)));
    address
}

async fn serve(listener: TcpListener) {
    let retention = Retention { events: 1000, bytes: 1 << 20, age: PATIENCE };
    let allowance = Allowance { idempotency_window: PATIENCE, state_bytes: 1 << 20 };
    let style = Style { heartbeat: PATIENCE, comment: String::new(), farewell: Farewell::default() };
    let policy =
        Policy { styles: Arc::new([style]), slow_consumer: SlowConsumer::CatchUp, tail_bytes: 1 << 20, shards: 1 };
    let limits = Limits { connections: 1000, connections_per_address: u32::MAX, connections_per_user: u32::MAX };
    let metrics = Metrics::default();
    let log = Arc::new(Memory::new(retention, allowance));
    let broker = Broker::start(log, limits, policy, metrics.clone()).expect("its threads");
    let settings = Settings {
        identity: Identity::new(None, Places::default(), None),
        routes: Vec::new(),
        origins: vec![Origin::Loopback],
        hosts: Some(Vec::new()),
        proxies: ["loopback".parse().expect("a word for proxies")].into_iter().collect::<Proxies>(),
        tls_only: None,
        max_event_size: 1 << 10,
        max_sockets: 1000,
        sockets_per_address: PerAddress { most: 1000, of_loopback: false },
        max_topics: 10,
        subscribe_rate: None,
        bounds: Bounds { publish: None, publish_of_address: None, bad_tokens: None, requests: 100 },
        header_timeout: PATIENCE / 2,
        body_timeout: PATIENCE / 2,
        max_head_size: 8 << 10,
        drain: Duration::ZERO,
    };
    server::run(listener, broker, settings, None, metrics, std::future::pending()).await;
}

/// Sends bytes and nothing after them; returns what comes back, a stream up to its head.
pub fn exchange(bytes: &[u8]) -> Vec<u8> {
    let mut connection = TcpStream::connect(*ADDRESS).expect("it listens");
    connection.set_read_timeout(Some(PATIENCE)).expect("a time");
    // It may have heard enough, and hung up.
    let _ = connection.write_all(bytes);
    let _ = connection.shutdown(Shutdown::Write);
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match connection.read(&mut part) {
            Ok(count @ 1..) => answer.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("the connection stays open: {answer:?}"),
            _ => break,
        }
        if answer.windows(17).any(|found| found == b"text/event-stream") {
            break;
        }
    }
    assert!(!HAS_PANICKED.load(Ordering::SeqCst), "the broker has panicked");
    answer
}
