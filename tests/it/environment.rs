//! Variables as standing defaults: an empty one is none, and what is typed wins over what they say.

use std::process::{Command, Output};

use rustix::process::{Pid, Signal, kill_process};

use crate::listen::ended;
use crate::process::{Broker, sse, stderr, stdout};
use crate::scripted::Answer::Close;
use crate::scripted::{Scripted, start_unix, stream};
use crate::send::published;

/// The variables of a command.
fn variables(command: &str) -> Vec<String> {
    let all = sse::cli::command();
    let of = all.get_subcommands().find(|of| of.get_name() == command).expect("a command");
    let variables = of.get_arguments().filter_map(|option| option.get_env());
    variables.map(|name| name.to_str().expect("a name").to_owned()).collect()
}

/// Names and values.
type Variables<'v> = &'v [(&'v str, &'v str)];

/// Runs it with these variables.
fn run(arguments: &[&str], variables: Variables) -> Output {
    sse().args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn with_empty_variables(arguments: &[&str]) -> Command {
    let mut command = sse();
    command.args(arguments).envs(variables(arguments[0]).into_iter().map(|name| (name, "")));
    command
}

#[test]
fn an_empty_variable_is_none_for_every_option_of_every_command() {
    assert!(["serve", "listen", "send", "bench"].iter().all(|command| variables(command).len() > 10));
    let server = Scripted::start(vec![Close(stream("data: 1\n\n")), published("7")]);
    let output = with_empty_variables(&["listen", &server.url("/"), "-n", "1", "-o", "data"]).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
    let output = with_empty_variables(&["send", &server.url("/"), "x"]).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "7\n"), "{}", stderr(&output));
    for request in server.requests(2) {
        assert_eq!((request.header("authorization"), request.header("cookie")), (None, None));
    }
    // The one with a subject of its own says what is missing.
    let output = with_empty_variables(&["bench", "--publish-url", "http://127.0.0.1:1/"]).output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(2), "sse: --publish-url needs --subscribe-url\n")
    );
    let mut broker = Broker::start_as(&mut with_empty_variables(&["serve", "--listen", "127.0.0.1:0"]));
    kill_process(Pid::from_child(&broker.child), Signal::TERM).unwrap();
    assert_eq!(ended(&mut broker.child).code(), Some(0));
}

#[test]
fn an_empty_variable_does_not_keep_another_from_counting() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let variables = [("SSE_USER", ""), ("SSE_TOKEN", "t"), ("SSE_URL", "")];
    let output = run(&["listen", &server.url("/"), "-n", "1"], &variables);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(server.request().text("authorization"), Some("Bearer t"));
}

#[test]
fn what_is_typed_wins_over_a_variable_that_it_excludes() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).display().to_string();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(file("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let [cert, key, socket] = ["cert.pem", "key.pem", "socket"].map(file);
    let broker = Broker::start(&["--tls-cert", &cert, "--tls-key", &key]);
    let by_tls = format!("https://{}/events/a", broker.address);
    let _requests = start_unix(socket.as_ref(), (0..2).map(|_| published("7")).collect());
    let proxy = Scripted::start(vec![published("7")]);
    let gone = "http://127.0.0.1:1";
    let cases: [(&[&str], Variables); 9] = [
        (&[&by_tls, "--cacert", &cert], &[("SSE_INSECURE", "1")]),
        (&[&by_tls, "--cacert", &cert], &[("SSE_INSECURE", "0")]),
        (&[&by_tls, "-k"], &[("SSE_CACERT", "/no/such/file")]),
        (&[&by_tls], &[("SSE_CACERT", &cert), ("SSE_INSECURE", "no")]),
        (&[&by_tls], &[("SSE_CACERT", ""), ("SSE_INSECURE", "yes")]),
        (&["http://x/", "--unix-socket", &socket], &[("SSE_PROXY", gone)]),
        (&["http://x/"], &[("SSE_UNIX_SOCKET", &socket), ("SSE_PROXY", "")]),
        (&["http://x/", "--proxy", &proxy.url("")], &[("SSE_UNIX_SOCKET", "/no/such/socket")]),
        (&[&by_tls, "-k"], &[("SSE_RETRIES", ""), ("SSE_HEADER", "X-Key: a"), ("SSE_TIMEOUT", "10s")]),
    ];
    for (arguments, variables) in cases {
        let output = run(&[&["send"], arguments, &["x"]].concat(), variables);
        assert_eq!(output.status.code(), Some(0), "{arguments:?} {variables:?}: {}", stderr(&output));
    }
    let mut serve = sse();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--tls-self-signed"]);
    drop(Broker::start_as(serve.envs([("SSE_TLS_CERT", "/no/such/file"), ("SSE_TLS_KEY", "/no/such/file")])));
    let mut serve = sse();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--tls-cert", &cert, "--tls-key", &key]);
    drop(Broker::start_as(serve.env("SSE_TLS_SELF_SIGNED", "1")));
}

#[test]
fn the_form_that_is_typed_wins_over_that_of_the_variable_and_two_that_are_typed_are_one_too_many() {
    let listen = |options: &[&str], output: &str| {
        let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
        let output = run(&[&["listen", &server.url("/"), "-n", "1"], options].concat(), &[("SSE_OUTPUT", output)]);
        (output.status.code(), stdout(&output), stderr(&output))
    };
    for variable in ["", "json", "raw"] {
        for option in [["-f", "<{data}>"], ["--jq", "\"<\\(.)>\""]] {
            assert_eq!(listen(&option, variable), (Some(0), "<1>\n".to_owned(), String::new()), "{variable}");
            let (code, _, said) = listen(&[&option[..], &["-o", "json"]].concat(), variable);
            assert!(code == Some(2) && said.contains("cannot be used with"), "{variable}: {said}");
        }
        let (code, _, said) = listen(&["-o", "data", "--diagnose"], variable);
        assert!(code == Some(2) && said.contains("--diagnose has a form of its own"), "{variable}: {said}");
    }
    let (_, report, said) = listen(&["--diagnose", "--for", "100ms"], "raw");
    assert!(report.contains("1 event"), "{report}{said}");
}

#[test]
fn what_variables_alone_say_may_make_no_sense() {
    let output = run(&["send", "https://x/", "x"], &[("SSE_INSECURE", "1"), ("SSE_CACERT", "/no/such/file")]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("cannot be used with"), "{}", stderr(&output));
    let output = run(&["listen", "https://x/"], &[("SSE_RETRY", "soon")]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("invalid value 'soon'"), "{}", stderr(&output));
}

#[test]
fn the_help_names_a_variable_also_while_it_is_empty() {
    for help in ["-h", "--help"] {
        let output = run(&["listen", help], &[("SSE_TOKEN", "")]);
        assert!(stdout(&output).contains("SSE_TOKEN") && output.status.code() == Some(0), "{}", stderr(&output));
    }
}
