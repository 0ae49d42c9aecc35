//! `sentrynet watch`: runs probes whenever they are due, until it is stopped.

mod live_report;
mod log_view;
mod reload;
mod view;

use std::io;
use std::io::Write;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::live_report::LiveReport;
use self::log_view::LogView;
use self::reload::WatchedFile;
use self::view::View;
use crate::cli::arguments::{ENVIRONMENT, ProbeArguments, duration};
use crate::cli::dashboard::Dashboard;
use crate::cli::exit::Exit;
use crate::cli::load;
use crate::cli::load::Loaded;
use crate::cli::output::{ignore_broken_pipe, refuse};
use crate::cli::terminal::diagnostics;
use crate::cli::undelivered::{Kept, Undelivered};
use crate::net::{Network, Resolver};
use crate::runner::Runner;
use crate::runner::watch::{Event, Order, Watch};
use crate::telemetry::{Mode, Telemetry};
use crate::wording::counted;

/// Run probes whenever they are due, until stopped: SentryNet without AWS.
///
/// Reloads the configuration when the file changes, and on SIGHUP; if the new one is invalid, the last valid one stays in
/// use. SIGTERM or Ctrl-C stops: runs in flight finish and are delivered; a second signal cuts them short. What could not be
/// delivered is then written to standard error or, if that is a terminal, to a file in the current directory. On a terminal,
/// the state of all probes is shown as a table, and `q` stops like Ctrl-C.
#[derive(Args, Debug)]
#[command(after_help = format!("{ENVIRONMENT}\n\nExit codes:\n  0  it was stopped\n  \
    2  the configuration or an argument is invalid"))]
pub(crate) struct WatchArguments {
    #[command(flatten)]
    run: ProbeArguments,
    /// How long runs in flight may go on after SIGTERM or Ctrl-C.
    #[arg(long, value_name = "DURATION", default_value = "8s", value_parser = duration)]
    grace: Duration,
}

/// Watches the probes that the arguments choose, and shows what happens.
pub(crate) async fn watch(
    arguments: WatchArguments,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let WatchArguments { run: arguments, grace } = arguments;
    // Before the configuration is read, so that no change goes unnoticed.
    let file = WatchedFile::open(&arguments.config.config).await;
    let Some(Loaded { config, warnings }) = diagnostics::admit(load::chosen(&arguments).await, err)? else {
        return Ok(Exit::InvalidInput);
    };
    if !arguments.quiet {
        diagnostics::warn(&warnings, err)?;
    }
    let report = match arguments.report_file() {
        Ok(file) => file.map(LiveReport::start),
        Err(error) => return refuse(err, &error),
    };
    let network = Network::new(Resolver::system());
    let runner = Runner::new(network, arguments.overrides(), Telemetry::init(Mode::Watch));
    let (send_order, orders) = unbounded_channel();
    let (events, received) = unbounded_channel();
    stop_on_signals(send_order.clone())?;
    let name = arguments.config.config.display().to_string();
    let log = LogView::new(arguments.json, arguments.quiet, name.clone());
    let undelivered = Undelivered::on_terminal(runner.telemetry().stderr());
    let runner = Undelivered::log(runner, undelivered.as_ref());
    let dashboard = (Dashboard::is_possible() && !arguments.json && !arguments.quiet)
        .then(|| Dashboard::new(name, send_order.clone(), runner.telemetry().stderr()));
    let mut view = View::new(log, dashboard);
    tokio::spawn(file.follow(signal(SignalKind::hangup())?, arguments.clone(), send_order));
    let watching = Watch::new(runner, events).run(config, orders, grace);
    let (watched, shown) = tokio::join!(watching, follow(&mut view, received, report, out, err));
    // Dropping the dashboard restores the terminal.
    let is_read = view.is_read();
    drop(view);
    shown?;
    let kept = undelivered.and_then(|undelivered| undelivered.kept(&arguments)).filter(|_| is_read);
    if let Some(Kept { envelopes, file, command }) = kept {
        let envelopes = counted(envelopes, "envelope");
        ignore_broken_pipe(writeln!(err, "{envelopes} kept in {file}; to deliver later, run\n    {command}"))?;
    }
    match watched {
        Ok(()) => Ok(Exit::Success),
        Err(error) => refuse(err, &error),
    }
}

/// Shows events until there are no more, and adds them to the HTML report.
async fn follow(
    view: &mut View,
    mut events: UnboundedReceiver<Event>,
    mut report: Option<LiveReport>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    loop {
        let error = async { report.as_mut()?.error().await };
        let event = tokio::select! {
            event = events.recv() => event,
            Some(error) = error => Some(Event::Notice(error)),
        };
        let Some(event) = event else { break };
        if let Some(report) = &report {
            report.add(&event);
        }
        ignore_broken_pipe(view.show(&event, out, err))?;
    }
    match report.and_then(LiveReport::finish) {
        Some(error) => ignore_broken_pipe(view.show(&Event::Notice(error), out, err)),
        None => Ok(()),
    }
}

/// Turns SIGTERM and SIGINT into orders to stop.
fn stop_on_signals(orders: UnboundedSender<Order>) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! { signal = terminate.recv() => signal, signal = interrupt.recv() => signal };
            if signal.is_none() || orders.send(Order::Stop).is_err() {
                return;
            }
        }
    });
    Ok(())
}
