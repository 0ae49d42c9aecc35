//! `sentrynet watch`: passes over the groups whenever they are due, until stopped.

mod html;
pub(crate) mod log_view;
mod reload;
pub(crate) mod view;

use std::io;
use std::io::Write;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::html::Page;
use self::log_view::Plain;
use self::reload::File;
use self::view::View;
use crate::cli::arguments::{RunArguments, choose, duration};
use crate::cli::dashboard::Screen;
use crate::cli::exit::Exit;
use crate::cli::load;
use crate::cli::load::Loaded;
use crate::cli::output::{ignore_broken_pipe, refuse};
use crate::cli::terminal::diagnostics;
use crate::cli::undelivered::{Kept, Undelivered};
use crate::config::{Config, Group};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::net::{Network, Resolver};
use crate::runner::Runner;
use crate::runner::watch::{Event, Order, Watch};
use crate::telemetry::{Mode, Telemetry};

/// What to watch, and where results go.
#[derive(Args, Debug)]
pub(crate) struct WatchArguments {
    #[command(flatten)]
    run: RunArguments,
    /// How long runs that are out may go on after SIGTERM or Ctrl-C.
    #[arg(long, value_name = "DURATION", default_value = "8s", value_parser = duration)]
    grace: Duration,
}

/// Watches what the arguments ask for, and tells what happens.
pub(crate) async fn watch(
    arguments: WatchArguments,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let WatchArguments { run: arguments, grace } = arguments;
    // What changes after this look is noticed.
    let file = File::look(&arguments.config.config).await;
    let Some(Loaded { config, warnings }) = diagnostics::admit(configuration(&arguments).await, err)? else {
        return Ok(Exit::InvalidInput);
    };
    if !arguments.quiet {
        diagnostics::warn(&warnings, err)?;
    }
    let page = match arguments.page_file() {
        Ok(file) => file.map(Page::keep),
        Err(error) => return refuse(err, &error),
    };
    let network = Network::new(Resolver::system());
    let runner = Runner::new(network, arguments.overrides(), Telemetry::init(Mode::Watch));
    let (give_orders, orders) = unbounded_channel();
    let (events, seen) = unbounded_channel();
    stop_on_signals(give_orders.clone())?;
    let name = arguments.config.config.display().to_string();
    let plain = Plain::new(arguments.json, arguments.quiet, name.clone());
    let undelivered = Undelivered::on_terminal(runner.telemetry().stderr());
    let runner = Undelivered::log(runner, undelivered.as_ref());
    let mut view: Box<dyn View> = match Screen::is_possible() && !arguments.json && !arguments.quiet {
        true => Box::new(Screen::new(plain, name, give_orders.clone(), runner.telemetry().stderr())),
        false => Box::new(plain),
    };
    tokio::spawn(file.follow(signal(SignalKind::hangup())?, arguments.clone(), give_orders));
    let watching = Watch::new(runner, events).run(config, orders, grace);
    let (watched, shown) = tokio::join!(watching, follow(&mut *view, seen, page, out, err));
    // The terminal is given back, whatever was shown there.
    let is_read = view.is_read();
    drop(view);
    shown?;
    let kept = undelivered.and_then(|undelivered| undelivered.kept(&arguments)).filter(|_| is_read);
    if let Some(Kept { envelopes, file, command }) = kept {
        let noun = if envelopes == 1 { "envelope is" } else { "envelopes are" };
        ignore_broken_pipe(writeln!(err, "{envelopes} {noun} kept in {file}; later, deliver with\n    {command}"))?;
    }
    match watched {
        Ok(()) => Ok(Exit::Success),
        Err(error) => refuse(err, &error),
    }
}

/// Shows events until there are no more, on the page too.
async fn follow(
    view: &mut dyn View,
    mut seen: UnboundedReceiver<Event>,
    mut page: Option<Page>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    loop {
        let trouble = async { page.as_mut()?.trouble().await };
        let event = tokio::select! {
            event = seen.recv() => event,
            Some(trouble) = trouble => Some(Event::Notice(trouble)),
        };
        let Some(event) = event else { break };
        if let Some(page) = &page {
            page.note(&event);
        }
        ignore_broken_pipe(view.show(&event, out, err))?;
    }
    match page.and_then(Page::end) {
        Some(trouble) => ignore_broken_pipe(view.show(&Event::Notice(trouble), out, err)),
        None => Ok(()),
    }
}

/// SIGTERM and SIGINT are orders to stop.
fn stop_on_signals(orders: UnboundedSender<Order>) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        loop {
            let came = tokio::select! { came = terminate.recv() => came, came = interrupt.recv() => came };
            if came.is_none() || orders.send(Order::Stop).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// The configuration as far as the arguments choose it.
///
/// # Errors
///
/// It cannot be used, or holds nothing of what is asked for.
async fn configuration(arguments: &RunArguments) -> Result<Loaded, Diagnostics> {
    let path = &arguments.config.config;
    let Loaded { config, warnings } = load::load(path).await?;
    let groups = match choose(arguments, &config) {
        Ok(chosen) => chosen.into_iter().map(|(group, probes)| Group { probes, ..group.clone() }).collect(),
        Err(why) => {
            // It lists titles and tags, which may hold secrets.
            let why = config.redactor.text(&why);
            return Err(Diagnostic::of_file(path.display().to_string(), why).into());
        }
    };
    Ok(Loaded { config: Config { groups, ..config }, warnings })
}
