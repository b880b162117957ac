//! Ctrl-C as a wish to stop: the first one asks the work to end with what it
//! has, the second one ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that an interrupt ended.
const INTERRUPTED: i32 = 130;

/// Whether the user asked to stop.
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on. Where that is not possible, Ctrl-C ends the
    /// program as it would without.
    pub fn listen() -> Interrupt {
        let asked = Arc::new(AtomicBool::new(false));
        let flag = asked.clone();
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(INTERRUPTED);
            }
        });
        Interrupt(asked)
    }

    /// Whether Ctrl-C was pressed.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
