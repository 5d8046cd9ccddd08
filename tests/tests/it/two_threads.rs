//! Work for both of the cores that a test may count on.

use tokio::runtime::Builder;

/// Does one half of the work on each of two threads, with a runtime of its own; on virtual time if that is wanted. Gives what
/// came of the halves 0 and 1.
pub(crate) fn on_two_threads<T: Send>(virtual_time: bool, half: impl AsyncFn(usize) -> T + Sync) -> [T; 2] {
    let run = |number| {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(virtual_time)
            .build()
            .unwrap();
        runtime.block_on(half(number))
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| run(1));
        [run(0), other.join().unwrap()]
    })
}
