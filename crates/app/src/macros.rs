//! Transactions of verbs. An async closure cannot yet promise that its future may move between
//! threads, so the loop of attempts is written out by a macro.

/// `in_tx!(app, Write, tx => { … })`: runs the block in a transaction, commits it, and runs it
/// again if it lost a race. The block is an async body whose value is a `Result`.
macro_rules! in_tx {
    ($app:expr, $mode:ident, $tx:ident => $body:expr) => {{
        let mut attempts = $app.store().attempts(yutang_store::Mode::$mode);
        loop {
            let mut held = attempts.begin().await?;
            let outcome: $crate::Result<_> = {
                let $tx = &mut held;
                async { $body }.await
            };
            match attempts.end(held, outcome).await {
                std::ops::ControlFlow::Break(outcome) => break outcome,
                std::ops::ControlFlow::Continue(()) => {}
            }
        }
    }};
}
pub(crate) use in_tx;
