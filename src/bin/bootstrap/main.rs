//! The Lambda function: the runtime around [`Function`].

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod extension;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use sentrynet::event_loop;
use sentrynet::runner::Function;
use sentrynet::runner::summary::Summary;
use sentrynet::telemetry::{Mode, Telemetry};
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};

fn main() -> Result<(), lambda_runtime::Error> {
    event_loop::runtime()?.block_on(start())
}

async fn start() -> Result<(), lambda_runtime::Error> {
    let function = Arc::new(Function::from_env(Telemetry::init(Mode::Function)));
    let end = signal(SignalKind::terminate())?;
    extension::ask_for_sigterm().await;
    let served = function.clone();
    let serving = lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let function = served.clone();
        async move { serve(&function, event).await }
    }));
    // An invocation that is running when shutdown begins goes on meanwhile, and responds.
    tokio::select! {
        ended = serving => ended,
        () = shut_down(&function, end) => Ok(()),
    }
}

/// Waits for the end of the sandbox, and does what can be done in what time there is.
async fn shut_down(function: &Function, mut end: Signal) {
    // None: no signal will come any more.
    if end.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
    function.shut_down().await;
    tracing::info!("shut down");
}

async fn serve(function: &Function, event: LambdaEvent<Value>) -> Result<Summary, Diagnostic> {
    let deadline = instant_of(event.context.deadline());
    match function.handle(event.payload, deadline).await {
        Ok(finished) => {
            let summary = finished.summary;
            let (runs, failed, skipped) = (summary.runs, summary.failed, summary.skipped);
            let (lost, spooled) = (summary.delivery.lost, summary.delivery.spooled);
            tracing::info!(
                group = summary.group,
                runs,
                failed,
                skipped,
                lost,
                spooled,
                duration_ms = summary.duration_ms,
                stall_ms = summary.worst_stall_ms(),
                "done"
            );
            Ok(summary)
        }
        Err(error) => Err(Diagnostic { error_type: error.name().to_owned(), error_message: error.to_string() }),
    }
}

/// Lambda states the deadline in wall-clock time. One that is past already comes from an emulator.
fn instant_of(deadline: SystemTime) -> Option<Instant> {
    let left = deadline.duration_since(SystemTime::now()).ok().filter(|left| !left.is_zero())?;
    Some(Instant::now() + left.min(Duration::from_secs(900)))
}
