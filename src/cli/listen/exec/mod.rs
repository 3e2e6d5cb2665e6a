//! `--exec`: a shell command for each event, one after the other or several at a time.
//!
//! A command that cannot start or ends badly is a [`Problem`] to tell, and the stream goes on. What is running when an
//! [`Exec`] is dropped, as it is by Ctrl-C, gets SIGTERM and is not waited for: see `command`. How far the events are
//! done, for those who resume from there, is `progress`.

mod command;
mod problem;
mod progress;

use std::future::pending;
use std::num::NonZeroUsize;

use tokio::task::JoinSet;

use super::arrival::name;
use crate::wire::Message;
use command::{Running, Variable};
pub(super) use problem::Problem;
use progress::Progress;

/// A command and what runs of it: as many at a time as there are jobs, each with a copy of its event.
pub(super) struct Exec {
    command: String,
    jobs: NonZeroUsize,
    running: JoinSet<(u64, Option<Problem>)>,
    progress: Progress,
    failures: u64,
    /// What has not been told yet: no more than has come up since, at most two for each job.
    problems: Vec<Problem>,
    /// What has been told to be too large for the environment.
    too_large: Vec<Variable>,
}

impl Exec {
    /// Nothing runs yet.
    pub(super) fn new(command: String, jobs: NonZeroUsize) -> Self {
        Self {
            command,
            jobs,
            running: JoinSet::new(),
            progress: Progress::default(),
            failures: 0,
            problems: Vec::new(),
            too_large: Vec::new(),
        }
    }

    /// Waits until there is room for one more job. If the future is dropped, nothing is lost.
    pub(super) async fn room(&mut self) {
        while self.running.len() >= self.jobs.get() {
            self.join().await;
        }
    }

    /// Starts the command for an event, if there is [`Exec::room`], and waits for the end of a single job. If the future is
    /// dropped, the command goes on.
    pub(super) async fn run(&mut self, message: &Message) {
        self.start(message);
        if self.jobs.get() == 1 {
            self.join().await;
        }
    }

    /// How many commands run.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// Takes note of an event for which nothing is to be run: it is done when all before it are.
    pub(super) fn pass(&mut self, message: &Message) {
        let number = self.progress.begin(&message.last_event_id);
        self.progress.end(number);
    }

    /// Waits until one of the running commands has ended; for ever if none runs. If the future is dropped, nothing is
    /// lost. While nothing else calls for attention, this tells when there is news.
    pub(super) async fn ended(&mut self) {
        if !self.join().await {
            pending::<()>().await;
        }
    }

    /// Waits until all that runs has ended; returns how many commands have failed.
    pub(super) async fn finish(&mut self) -> u64 {
        while self.join().await {}
        self.failures
    }

    /// What went wrong since the last call, to be told.
    pub(super) fn problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// The ID of the last event that is done and before which all are done, well or badly; `None` before the first.
    pub(super) fn done_through(&self) -> Option<&str> {
        self.progress.done_through()
    }

    fn start(&mut self, message: &Message) {
        let number = self.progress.begin(&message.last_event_id);
        let event = name(message);
        match Running::start(&self.command, message) {
            Ok((running, too_large)) => {
                for variable in too_large {
                    self.tell_once(variable, &event);
                }
                self.running.spawn(async move {
                    let problem = match running.end().await {
                        Ok(status) if status.success() => None,
                        Ok(status) => Some(Problem::Failed { event, status }),
                        Err(cause) => Some(Problem::Lost { event, cause }),
                    };
                    (number, problem)
                });
            }
            Err(cause) => self.end(number, Some(Problem::NotStarted { event, cause })),
        }
    }

    fn tell_once(&mut self, variable: Variable, event: &str) {
        if !self.too_large.contains(&variable) {
            self.too_large.push(variable);
            self.problems.push(Problem::TooLarge { event: event.to_owned(), variable });
        }
    }

    /// Waits until a command has ended; returns whether there was one.
    async fn join(&mut self) -> bool {
        match self.running.join_next().await {
            Some(Ok((number, problem))) => self.end(number, problem),
            // Nothing in there panics or is aborted.
            Some(Err(_)) => {}
            None => return false,
        }
        true
    }

    fn end(&mut self, number: u64, problem: Option<Problem>) {
        self.progress.end(number);
        if let Some(problem) = problem {
            self.failures += 1;
            self.problems.push(problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use futures_util::FutureExt as _;
    use tempfile::TempDir;

    use super::*;

    fn event(id: &str, data: &str) -> Message {
        Message { event_type: "order".into(), data: data.into(), last_event_id: id.into() }
    }

    /// An empty directory, and a command that works in it.
    fn exec(command: &str, jobs: usize) -> (TempDir, Exec) {
        let directory = tempfile::tempdir().unwrap();
        let command = format!("cd '{}'; {command}", directory.path().display());
        (directory, Exec::new(command, NonZeroUsize::new(jobs).unwrap()))
    }

    impl Exec {
        async fn take(&mut self, message: &Message) {
            self.room().await;
            self.run(message).await;
        }
    }

    fn read(directory: &TempDir, name: &str) -> String {
        std::fs::read_to_string(directory.path().join(name)).unwrap()
    }

    fn said(exec: &mut Exec) -> Vec<String> {
        exec.problems().iter().map(ToString::to_string).collect()
    }

    /// What a command waits for, with a while loop of its own.
    fn create(directory: &Path, name: &str) {
        std::fs::write(directory.join(name), "").unwrap();
    }

    const WAIT_FOR_ID: &str = r#"while [ ! -e "$SSE_ID" ]; do sleep 0.01; done; echo "$SSE_ID" >> order"#;

    #[tokio::test]
    async fn a_command_has_the_event_in_its_environment_and_the_data_on_stdin() {
        let (directory, mut exec) =
            exec(r#"printf '%s|%s|%s|' "$SSE_TYPE" "$SSE_ID" "$SSE_DATA" > out; cat >> out"#, 1);
        exec.take(&event("7", "two\nlines ä")).await;
        assert_eq!(read(&directory, "out"), "order|7|two\nlines ä|two\nlines ä");
        assert_eq!((exec.finish().await, exec.done_through()), (0, Some("7")));
    }

    #[tokio::test]
    async fn a_single_job_keeps_the_order() {
        let (directory, mut exec) = exec(r#"[ "$SSE_ID" = 1 ] && sleep 0.1; echo "$SSE_ID" >> order"#, 1);
        for id in ["1", "2", "3"] {
            exec.take(&event(id, "")).await;
            assert_eq!(exec.done_through(), Some(id));
        }
        assert_eq!(read(&directory, "order"), "1\n2\n3\n");
    }

    #[tokio::test]
    async fn several_jobs_run_at_a_time_and_no_more_than_that() {
        let (directory, mut exec) = exec(WAIT_FOR_ID, 2);
        exec.take(&event("1", "")).await;
        exec.take(&event("2", "")).await;
        create(directory.path(), "3");
        let third = event("3", "");
        let mut third = Box::pin(exec.take(&third));
        assert!(third.as_mut().now_or_never().is_none(), "there is no room for a third");
        create(directory.path(), "2");
        third.await;
        assert_eq!(exec.done_through(), None, "the first is not done");
        exec.ended().await;
        assert_eq!((read(&directory, "order").as_str(), exec.done_through()), ("2\n3\n", None));
        create(directory.path(), "1");
        assert_eq!(exec.finish().await, 0);
        assert_eq!((read(&directory, "order").as_str(), exec.done_through()), ("2\n3\n1\n", Some("3")));
    }

    #[tokio::test]
    async fn events_for_which_nothing_runs_are_done_in_their_turn() {
        let (directory, mut exec) = exec(WAIT_FOR_ID, 2);
        exec.pass(&event("0", ""));
        assert_eq!(exec.done_through(), Some("0"));
        exec.take(&event("1", "")).await;
        exec.pass(&event("2", ""));
        assert_eq!(exec.done_through(), Some("0"));
        create(directory.path(), "1");
        exec.ended().await;
        assert_eq!(exec.done_through(), Some("2"));
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_with_its_event_and_the_next_runs() {
        let (directory, mut exec) = exec("case $SSE_ID in 1) exit 3;; 2) kill -9 $$;; *) echo > fine; esac", 1);
        exec.take(&event("1", "")).await;
        assert_eq!(said(&mut exec), ["the command for event 1 failed: exit status: 3"]);
        exec.take(&event("2", "")).await;
        exec.take(&event("", "")).await;
        assert_eq!(said(&mut exec), ["the command for event 2 failed: signal: 9 (SIGKILL)"]);
        assert_eq!(exec.finish().await, 2);
        assert_eq!(read(&directory, "fine"), "\n");
    }

    #[tokio::test]
    async fn a_command_that_cannot_start_is_told() {
        let mut exec = Exec::new("true\0".to_owned(), NonZeroUsize::MIN);
        exec.take(&event("1", "")).await;
        let said = said(&mut exec);
        assert!(said[0].starts_with("the command for event 1 cannot be started: "), "{said:?}");
        assert_eq!((exec.finish().await, exec.done_through()), (1, Some("1")));
    }

    #[tokio::test]
    async fn a_command_need_not_read_its_stdin() {
        let (_directory, mut exec) = exec("exec <&-; true", 1);
        exec.take(&event("1", &"x".repeat(100 << 10))).await;
        assert_eq!((exec.finish().await, said(&mut exec)), (0, vec![]));
    }

    #[tokio::test]
    async fn large_data_is_on_stdin_while_the_command_writes_too() {
        let (directory, mut exec) = exec("cat > out; echo ${SSE_DATA-none} > data", 1);
        let data = "0123456789abcdef".repeat(1 << 16);
        exec.take(&event("1", &data)).await;
        exec.take(&event("2", &data)).await;
        assert!(read(&directory, "out") == data, "all of it");
        assert_eq!(read(&directory, "data"), "none\n");
        let once = said(&mut exec);
        assert!(once.len() == 1 && once[0].contains("SSE_DATA") && once[0].contains("stdin"), "{once:?}");
    }

    #[tokio::test]
    async fn what_no_environment_can_hold_is_left_out_of_it() {
        let (directory, mut exec) = exec("env | grep ^SSE_ > out; cat >> out", 1);
        let mut message = event(&"i".repeat((128 << 10) - "SSE_ID=".len() - 1), "a\0b");
        message.event_type = "t".repeat((128 << 10) - "SSE_TYPE=".len());
        exec.take(&message).await;
        assert_eq!(read(&directory, "out"), format!("SSE_ID={}\na\0b", message.last_event_id));
        let said = said(&mut exec);
        assert!(said.len() == 2 && said[0].starts_with("SSE_TYPE") && said[1].starts_with("SSE_DATA"), "{said:?}");
        assert!(said.iter().all(|said| said.len() < 400), "IDs and types are shortened: {said:?}");
    }

    #[tokio::test]
    async fn what_runs_when_it_is_dropped_gets_the_signal_to_end_and_so_does_what_it_started() {
        let command = "trap 'echo told > told; exit' TERM; mkfifo fifo; sleep 1000 > fifo & wait";
        let (directory, mut exec) = exec(command, 2);
        exec.take(&event("1", "")).await;
        let fifo = directory.path().join("fifo");
        while !fifo.exists() {
            tokio::task::yield_now().await;
        }
        let open = tokio::task::spawn_blocking(|| std::fs::File::open(fifo));
        let mut started = open.await.unwrap().unwrap();
        drop(exec);
        let end = tokio::task::spawn_blocking(move || std::io::Read::read(&mut started, &mut [0]));
        assert_eq!(end.await.unwrap().unwrap(), 0, "what was started is no more");
        while !directory.path().join("told").exists() {
            tokio::task::yield_now().await;
        }
    }
}
