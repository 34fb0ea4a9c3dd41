//! Runs carried out behind the answer to a request. What becomes of them stands in the run.

use std::sync::Arc;

use yutang_domain::{id::ImportRunId, import::RunState, permission::Operation};
use yutang_store::import;

use super::{Request, RunShown};
use crate::{App, Caller, Result, macros::in_tx};

impl App {
    /// Reads the whole file, begins a run of it or takes up the interrupted one, and carries it out
    /// behind the answer.
    ///
    /// # Errors
    /// The file is unreadable: nothing is stored.
    pub async fn start_import(&self, caller: &Caller, request: &Request) -> Result<RunShown> {
        let (id, plan) = self.begin_import(caller, request).await?;
        let (app, by) = (self.clone(), caller.clone());
        self.behind(id, async move {
            app.carry_out(&by, id, Arc::clone(&plan), |_| {})
                .await
                .map(drop)
        });
        self.show_import(caller, id).await
    }

    /// Goes on with an interrupted run behind the answer.
    ///
    /// # Errors
    /// It is not interrupted, or another process is at it.
    pub async fn start_import_resume(&self, caller: &Caller, id: ImportRunId) -> Result<RunShown> {
        let run = self.retake_import(caller, id).await?;
        let (app, by) = (self.clone(), caller.clone());
        self.behind(
            id,
            async move { app.go_on(&by, &run, |_| {}).await.map(drop) },
        );
        self.show_import(caller, id).await
    }

    /// Takes a run back behind the answer.
    ///
    /// # Errors
    /// It is being carried out, or was never begun.
    pub async fn start_import_undo(&self, caller: &Caller, id: ImportRunId) -> Result<RunShown> {
        caller.may(Operation::ImportUndo)?;
        self.take_back_behind(caller, id, RunState::Undone).await
    }

    /// Has a run stopped and taken back: by the process that carries it out, else behind the answer.
    ///
    /// # Errors
    /// It is neither running nor interrupted.
    pub async fn start_import_cancel(&self, caller: &Caller, id: ImportRunId) -> Result<RunShown> {
        if self.ask_to_stop(caller, id).await? {
            return self.take_back_behind(caller, id, RunState::Cancelled).await;
        }
        self.show_import(caller, id).await
    }

    async fn take_back_behind(
        &self,
        caller: &Caller,
        id: ImportRunId,
        end: RunState,
    ) -> Result<RunShown> {
        self.begin_undo(caller, id, end).await?;
        let (app, by) = (self.clone(), caller.clone());
        self.behind(id, async move {
            let outcome = app.carry_undo_out(&by, id, end).await;
            if let Err(error) = &outcome {
                app.note_failure(&by, id, error.code(), &error.to_string())
                    .await;
            }
            outcome
        });
        self.show_import(caller, id).await
    }

    /// Writes down why taking a run back stopped; asking again goes on with it.
    async fn note_failure(&self, caller: &Caller, id: ImportRunId, code: &str, detail: &str) {
        let noted: Result<()> = async {
            in_tx!(self, Write, tx => {
                let mut run = import::get(tx, caller.workspace, id).await?;
                run.holder = String::new();
                run.error_code = Some(code.to_owned());
                run.error_detail = Some(detail.to_owned());
                Ok(import::update(tx, caller.workspace, &run).await?)
            })
        }
        .await;
        if let Err(error) = noted {
            tracing::warn!(run = %id, %error, "a failure could not be written down");
        }
    }

    /// Works until done or until the program stops; a run cut short is found by its heartbeat.
    fn behind(&self, id: ImportRunId, work: impl Future<Output = Result<()>> + Send + 'static) {
        let stop = self.stopping();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                outcome = work => if let Err(error) = outcome {
                    tracing::warn!(run = %id, error.code = error.code(), %error, "an import stopped");
                }
            }
        });
    }
}
